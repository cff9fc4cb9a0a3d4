"""Starts ``sohoa`` commands by fork, from one process that has imported the application.

A command is a process of its own, with its own environment, folder and streams. Only the second
of CPU that Python needs for the imports is spent once per test session, not once per command.
The process that forks has no threads.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from planted import forked

_TESTS = Path(__file__).parents[2]
_LONGEST_REQUEST = 256 * 1024
_STREAMS = 3
# Imported by `sohoa serve`, and by the commands of a province.
_SERVERS = (
    "api.cli.processes", "api.cli.serve", "api.cli.token", "api.cli.user", "api.http.service",
    "archive.s3_setup", "archive.s3_store", "psycopg", "uvicorn.protocols.http.httptools_impl",
    "workflow.pipeline.celery.progress_reporter", "workflow.pipeline.celery.queue",
    "workflow.pipeline.celery.worker",
)  # fmt: skip


class Process:
    """A command that runs, with what the tests need of ``subprocess.Popen``.

    Args:
        words: of the command line, without ``sohoa``.
        env: its whole environment.
        folder: where it runs.
        stdin: descriptor of its standard input; nothing where None.
        stdout: descriptor of its standard output; a pipe, ``stdout``, where None.
        stderr: descriptor of its error stream.
    """

    def __init__(
        self,
        words: Sequence[object],
        *,
        env: Mapping[str, str],
        folder: Path,
        stderr: int,
        stdin: int | None = None,
        stdout: int | None = None,
    ) -> None:
        self.args = ["sohoa", *map(str, words)]
        self.stdout: IO[str] | None = None
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_server())
        request = {"words": self.args[1:], "env": dict(env), "folder": str(folder)}
        with contextlib.ExitStack() as stack:

            def closed_here(descriptor: int) -> int:
                stack.callback(os.close, descriptor)
                return descriptor

            if stdin is None:
                stdin = closed_here(os.open(os.devnull, os.O_RDONLY))
            if stdout is None:
                reading, writing = os.pipe()
                self.stdout = os.fdopen(reading, encoding="utf-8")
                stdout = closed_here(writing)
            streams = [stdin, stdout, stderr]
            socket.send_fds(self._connection, [json.dumps(request).encode() + b"\n"], streams)
        self._answers = self._connection.makefile("r", encoding="ascii")
        self.pid = int(self._answers.readline())

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._answers.readline())
            self._answers.close()
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


def run(
    words: Sequence[str], *, env: Mapping[str, str], folder: Path, stdin: str, seconds: float
) -> tuple[int, str, str]:
    """Run one command; its exit code, standard output and standard error.

    Args:
        words: of the command line, without ``sohoa``.
        env: the whole environment of the command.
        folder: where it runs.
        stdin: its standard input.
        seconds: after which it is killed.

    Raises:
        subprocess.TimeoutExpired: it was killed.
    """
    with contextlib.ExitStack() as stack:
        given, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(_STREAMS))
        given.write(stdin.encode())
        given.seek(0)
        process = Process(
            words,
            env=env,
            folder=folder,
            stdin=given.fileno(),
            stdout=out.fileno(),
            stderr=err.fileno(),
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode())
    return status, texts[0], texts[1]


@cache
def _server() -> str:
    """The address of the process that forks; it ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="sohoa-warm-")
    address = str(Path(folder.name, "socket"))
    root = _TESTS.parent
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SOHOA_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "functional.cli.warm", address],
        env={**clean, "PYTHONPATH": f"{root}{os.pathsep}{_TESTS}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"

    def end() -> None:
        server.communicate()
        folder.cleanup()

    atexit.register(end)
    return address


def _serve(address: str) -> None:
    forked.import_all()
    for module in _SERVERS:
        importlib.import_module(module)
    gc.freeze()
    # Processes that answer a connection are not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if listener not in ready:
                return  # the tests have ended
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> None:
    """In a process of its own: fork the command, wait for it, send its exit code."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        message, streams, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, _STREAMS)
        while not message.endswith(b"\n"):
            message += connection.recv(_LONGEST_REQUEST)
        command = os.fork()
        if not command:
            connection.close()
            _command(json.loads(message), streams)
        # The reader of a pipe waits until all who could write have closed it. Our own streams
        # are those of the process that forks.
        for descriptor in streams:
            os.close(descriptor)
        connection.sendall(b"%d\n" % command)
        _, status = os.waitpid(command, 0)
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _command(request: dict[str, object], streams: list[int]) -> None:
    status = 1
    try:
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
            os.close(descriptor)
        words, env = request["words"], request["env"]
        assert isinstance(words, list)
        assert isinstance(env, dict)
        os.chdir(str(request["folder"]))
        os.environ.clear()
        os.environ.update(env)
        status = forked.main_ended(words)
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve(sys.argv[1])
