"""Starts ``sohoa`` commands by fork, from one process that has imported the application.

A command is a process of its own, with its own environment, folder and streams. Only the second
of CPU that Python needs for the imports is spent once per test session, not once per command.
The process that forks has no threads.
"""

from __future__ import annotations

import atexit
import gc
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

from planted import forked

_TESTS = Path(__file__).parents[2]


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
    with (
        tempfile.TemporaryDirectory(prefix="sohoa-command-") as place,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        request = {"words": list(words), "env": dict(env), "folder": str(folder)}
        Path(place, "request").write_text(json.dumps(request), encoding="utf-8")
        Path(place, "in").write_text(stdin, encoding="utf-8")
        connection.connect(_server())
        connection.sendall(place.encode() + b"\n")
        with connection.makefile("r", encoding="ascii") as answers:
            process = int(answers.readline())
            connection.settimeout(seconds)
            try:
                status = int(answers.readline())
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["sohoa", *words], seconds) from None
        out, err = (Path(place, name).read_text(encoding="utf-8") for name in ("out", "err"))
    return status, out, err


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
        with connection.makefile("rw", encoding="utf-8") as stream:
            place = Path(stream.readline().rstrip("\n"))
            command = os.fork()
            if not command:
                connection.close()
                _command(place)
            stream.write(f"{command}\n")
            stream.flush()
            _, status = os.waitpid(command, 0)
            stream.write(f"{os.waitstatus_to_exitcode(status)}\n")
    finally:
        os._exit(0)


def _command(place: Path) -> None:
    status = 1
    try:
        request = json.loads((place / "request").read_text("utf-8"))
        create = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        for number, (name, flags) in enumerate(
            (("in", os.O_RDONLY), ("out", create), ("err", create))
        ):
            os.dup2(os.open(place / name, flags, 0o600), number)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["env"])
        status = forked.main_ended(request["words"])
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve(sys.argv[1])
