"""The process inside the sandbox that forks one process for each job.

``python -m pages.sandbox.fork_server CONFIGURATION``. It imports what jobs need, once, and never
opens a hostile file itself. A fork costs 10 ms where the imports cost 0.4 s, and a job that was
taken over ends before the next one begins.

The control socket (SOCK_SEQPACKET) carries one message for each job, with the job's own socket as
ancillary data; the server answers when the job and all that it started have ended:

    request   {"module": ..., "prepare": ["module:function", arguments] or null, "cpu": seconds}
    END       the job's answer has arrived: what is left of the job is killed
    answer    {"status": as of Popen.returncode, "peak": bytes, "cpu": seconds}

The job never holds the control socket, so it cannot answer for another one.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from typing import Any, Self

from pages.sandbox import job, landlock, seccomp
from pages.sandbox.rlimits import forbid_core_dumps, limit_cpu, limit_process, limit_processes

END = b"end"
_NICER = 10
_LONGEST_REQUEST = 64 * 1024
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the server must know.

    Attributes:
        control: descriptor of the control socket.
        memory: bytes of address space for the server and for each job.
        read: files and folders that jobs may read.
        write: folders and devices that jobs may write to.
        namespaces: whether bubblewrap put it in namespaces of its own.
        landlock: whether to restrict files.
        seccomp: whether to restrict system calls.
        programs: whether jobs may start programs.
    """

    control: int
    memory: int
    read: list[str]
    write: list[str]
    namespaces: bool
    landlock: bool
    seccomp: bool
    programs: bool

    def to_json(self) -> str:
        """As ``from_json`` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What ``to_json`` wrote."""
        return cls(**json.loads(text))


def main(configuration: Configuration) -> None:
    """Serve until the control socket closes."""
    limit_process(memory=configuration.memory)
    if configuration.namespaces:
        limit_processes()
    # Requests to the service go before background reading.
    os.nice(_NICER)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _restrict_files(configuration)
    prepared: set[str] = set()
    with socket.socket(fileno=configuration.control) as control:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, _LONGEST_REQUEST, 1)
            if not message:
                return
            if message == END:  # the job had ended already
                continue
            request = json.loads(message)
            _prepare(request, prepared)
            answer = _run(request, descriptors[0], control, configuration)
            control.send(json.dumps(answer).encode())


def _prepare(request: dict[str, Any], prepared: set[str]) -> None:
    """Import what the job needs, and load its engine, so that the fork has them."""
    key = json.dumps([request["module"], request["prepare"]])
    if key in prepared:
        return
    prepared.add(key)
    # The job raises the same error, where it can be reported.
    with contextlib.suppress(Exception):
        importlib.import_module(request["module"])
        if request["prepare"] is not None:
            name, arguments = request["prepare"]
            module, _, function = name.partition(":")
            getattr(importlib.import_module(module), function)(**arguments)
    # Memory that the collector does not touch stays shared with the forks.
    gc.collect()
    gc.freeze()


def _run(
    request: dict[str, Any], channel: int, control: socket.socket, configuration: Configuration
) -> dict[str, Any]:
    server = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            control.close()
            _confine(server, cpu=request["cpu"], configuration=configuration)
            job.serve(channel)
            status = 0
        finally:
            os._exit(status)
    os.close(channel)
    hung_up = _wait(pid, control)
    _kill_all(pid)
    _, status, usage = os.wait4(pid, 0)
    _reap()
    if hung_up:
        sys.exit()
    return {
        "status": os.waitstatus_to_exitcode(status),
        "peak": usage.ru_maxrss * 1024,
        "cpu": usage.ru_utime + usage.ru_stime,
    }


def _confine(server: int, *, cpu: float, configuration: Configuration) -> None:
    """Give up all rights that the job does not need. Runs in the fork."""
    os.setsid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:  # it ended before the signal was set
        os._exit(1)
    limit_cpu(cpu)
    # A layer of its own: the job cannot trace the server, nor one job another.
    _restrict_files(configuration)
    forbid_core_dumps()
    if configuration.seccomp:
        seccomp.install(programs=configuration.programs)


def _restrict_files(configuration: Configuration) -> None:
    if configuration.landlock:
        landlock.restrict(
            read=configuration.read, write=configuration.write, programs=configuration.programs
        )


def _wait(pid: int, control: socket.socket) -> bool:
    """Wait until the job ends or the parent has its answer; whether the parent hung up."""
    descriptor = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([descriptor, control.fileno()], [], [])
    finally:
        os.close(descriptor)
    return control.fileno() in ready and not control.recv(_LONGEST_REQUEST)


def _kill_all(pid: int) -> None:
    """End the job and all that it started; its group cannot be left (no ``setsid`` in the job)."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    if os.getpid() == 1:  # of a namespace that holds nothing else
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)


def _reap() -> None:
    """Wait for what has ended; never for what still runs."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(Configuration.from_json(sys.argv[1]))
