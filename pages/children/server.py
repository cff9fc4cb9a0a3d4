"""Our side of a fork server: the process, and the way to it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pages.children.answers import LONGEST_ANSWER, parse_answer
from pages.children.faults import ChildCrashed, ChildFault, ChildKilled, ChildTimedOut
from pages.children.job_files import JobFiles
from pages.children.layers import Layers
from pages.sandbox import bubblewrap, view
from pages.sandbox.fork_server import END, Configuration

_HEADER = struct.Struct(">I")
_ENDING_SECONDS = 2.0
_LONGEST_STATUS = 4096


@dataclass(frozen=True, slots=True)
class Job:
    """A request to a fork server.

    Attributes:
        name: ``package.module:function``.
        arguments: its keyword arguments, JSON values.
        prepare: ``package.module:function`` and its arguments, which loads what the job needs;
            called once in each fork server.
        deadline: seconds, of wall clock and of CPU time.
        what: what is being worked on, for errors.
    """

    name: str
    arguments: dict[str, Any]
    prepare: tuple[str, dict[str, Any]] | None
    deadline: float
    what: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job's process ended, as the fork server saw it."""

    status: int
    peak_bytes: int
    cpu_seconds: float


class ForkServer:
    """One fork server. Used by one thread at a time, but killed from any.

    Args:
        memory_bytes: RLIMIT_AS of the server and of each job.
        layers: what confines it.
        programs: whether jobs may start programs.
        scratch: where the folders of its jobs are made.

    Raises:
        OSError: it could not be started.
    """

    def __init__(
        self, memory_bytes: int, *, layers: Layers, programs: bool, scratch: Path | None
    ) -> None:
        self._killing = threading.Lock()
        self._busy = False
        self.files = JobFiles(scratch)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        configuration = Configuration(
            control=theirs.fileno(),
            memory=memory_bytes,
            read=[
                *view.system_paths(),
                *view.readable_paths(),
                *view.devices(),
                str(self.files.read),
            ],
            write=[str(self.files.write), "/dev/null"],
            namespaces=layers.namespaces,
            landlock=layers.landlock,
            seccomp=layers.seccomp,
            programs=programs,
        )
        try:
            self._process = self._start(configuration, layers, theirs)
        except OSError:
            self._control.close()
            self.files.remove()
            raise
        finally:
            theirs.close()
        self.pid = self._process.pid

    def _start(
        self, configuration: Configuration, layers: Layers, theirs: socket.socket
    ) -> subprocess.Popen[bytes]:
        environment = view.environment(scratch=self.files.write)
        command = [
            sys.executable,
            "-P",
            "-m",
            "pages.sandbox.fork_server",
            configuration.to_json(),
        ]
        if layers.namespaces:
            command = bubblewrap.command(
                command,
                environment=environment,
                read=[self.files.read],
                write=[self.files.write],
            )
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            # What libraries print may hold the text of a page.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env=environment,
            cwd="/",
            start_new_session=True,
            umask=0o077,
        )

    def run(self, job: Job) -> tuple[dict[str, Any], Ended]:
        """Run a job in a process of its own; its answer, and how the process ended.

        Raises:
            ChildTimedOut: the server must be killed.
            ChildCrashed, ChildKilled: the job ended without an answer.
        """
        until = time.monotonic() + job.deadline
        self._busy = True
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    self._send(job, theirs)
                answer = self._converse(job, ours, until)
                if answer is not None:
                    # A job has nothing left to do: one that lingers is ended.
                    self._control.send(END)
                ended = self._status(until)
            except TimeoutError:
                raise ChildTimedOut(
                    "child.timed-out", f"{job.what}: not done within {job.deadline:g} seconds"
                ) from None
            except OSError:
                raise self._server_ended(job.what) from None
        self._busy = False
        if answer is None:
            raise _fault(ended.status, job)
        return parse_answer(answer, what=job.what), ended

    @property
    def idle(self) -> bool:
        """Whether the server can take a job: the last one has ended."""
        return not self._busy

    def _send(self, job: Job, theirs: socket.socket) -> None:
        request = {
            "module": job.name.partition(":")[0],
            "prepare": job.prepare,
            "cpu": max(job.deadline, 1.0),
        }
        self._control.settimeout(max(job.deadline, 0.001))
        socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno()])

    def _converse(self, job: Job, ours: socket.socket, until: float) -> bytes | None:
        """The body of the answer; None where the job ended without one."""
        body = json.dumps({"job": job.name, "arguments": job.arguments}, allow_nan=False).encode()
        try:
            ours.settimeout(_left(until))
            ours.sendall(_HEADER.pack(len(body)) + body)
            (length,) = _HEADER.unpack(_receive(ours, _HEADER.size, until))
            if length <= LONGEST_ANSWER:
                return _receive(ours, length, until)
        except ConnectionError:
            return None
        raise ChildCrashed("child.crashed", f"{job.what}: the answer is too long to be one")

    def _status(self, until: float) -> Ended:
        """What the server says of the job that has answered, or hung up."""
        self._control.settimeout(_left(until))
        message = self._control.recv(_LONGEST_STATUS)
        if not message:
            raise ConnectionResetError
        status = json.loads(message)
        return Ended(status["status"], status["peak"], status["cpu"])

    def _server_ended(self, what: str) -> ChildFault:
        try:
            status = self._process.wait(timeout=_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            return ChildCrashed("child.crashed", f"{what}: the fork server hung up")
        # bubblewrap passes on the signal that ended it as 128 + its number.
        if status in {-signal.SIGKILL, 128 + signal.SIGKILL}:
            return ChildKilled("child.killed", f"{what}: the process was killed from outside")
        return ChildCrashed("child.crashed", f"{what}: the fork server ended with status {status}")

    def kill(self) -> None:
        """End the server, its job and all that the job started. May be called twice."""
        with self._killing:
            if self._process.returncode is None:
                # The server ends its job when we hang up, then itself.
                with contextlib.suppress(OSError):
                    self._control.shutdown(socket.SHUT_RDWR)
                try:
                    self._process.wait(timeout=_ENDING_SECONDS)
                except subprocess.TimeoutExpired:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(self.pid, signal.SIGKILL)
                    self._process.kill()
                    self._process.wait()
                self.files.remove()

    def hang_up(self) -> None:
        """Close our end; only for the thread that uses the server."""
        self._control.close()


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _receive(ours: socket.socket, length: int, until: float) -> bytes:
    parts: list[bytes] = []
    while length:
        ours.settimeout(_left(until))
        part = ours.recv(min(length, 1 << 20))
        if not part:
            raise ConnectionResetError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _fault(status: int, job: Job) -> ChildFault:
    """How a job's process ended without an answer."""
    if status == -signal.SIGXCPU:
        return ChildTimedOut(
            "child.timed-out", f"{job.what}: used up {job.deadline:g} seconds of CPU time"
        )
    if status == -signal.SIGKILL:
        return ChildKilled("child.killed", f"{job.what}: the process was killed from outside")
    how = f"with status {status}"
    if status < 0:
        with contextlib.suppress(ValueError):
            how = f"by {signal.Signals(-status).name}"
    return ChildCrashed("child.crashed", f"{job.what}: the process ended {how}")
