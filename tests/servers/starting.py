"""Starting a real server for the tests: on a free port, its data in a temporary folder.

    with postgres() as address: ...

An address in the environment (``SOHOA_TEST_POSTGRES``, ``SOHOA_TEST_REDIS``, ``SOHOA_TEST_MINIO``)
uses a running server instead; beside that of MinIO go ``SOHOA_TEST_MINIO_ADMIN`` and
``SOHOA_TEST_MINIO_PASSWORD``. A server that cannot be started fails the tests with the sentence
that says what to do; nothing is skipped.
"""

from __future__ import annotations

import contextlib
import fcntl
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_START_SECONDS = 60.0
# A database writes all it has to the disk before it ends; others may keep the disk busy.
_STOP_SECONDS = 120.0


class ServerMissingError(Exception):
    """A server the tests need is not on this machine; the text says what to do."""


@dataclass
class Server:
    """A program that answers on a port; can be stopped, killed and started again on its data.

    Attributes:
        command: with all its arguments.
        log: the file that takes what it prints.
        ready: whether it answers.
        environment: all of its environment; None for that of the tests.
        stop_signal: what asks it to end.
        folder: where it works; None for that of the tests.
    """

    command: Sequence[str]
    log: Path
    ready: Callable[[], bool]
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    folder: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it and wait until it answers.

        One that ends at once is started again: what a killed one left (PostgreSQL's shared
        memory) may still be in use for a moment.
        """
        ends = time.monotonic() + _START_SECONDS
        self._process = self._spawn()
        while not self.ready():
            if time.monotonic() > ends:
                said = self.log.read_text(errors="replace")[-2000:]
                self.kill()
                raise ServerMissingError(f"{self.command[0]} did not start; it said: {said}")
            time.sleep(0.05)
            if self._process.poll() is not None:
                time.sleep(0.5)
                self._process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def stop(self) -> int | None:
        """Ask it to end, and wait for it; its exit code, None where it had to be killed."""
        code = None
        if self._process is not None:
            self._process.send_signal(self.stop_signal)
            try:
                code = self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
        return code

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Let it answer nothing any more, its connections open (SIGSTOP)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End a pause."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        """Running for as long as the context lasts."""
        self.start()
        try:
            yield self
        finally:
            self.stop()


_PORTS = range(20_000, 32_000)  # below those that Linux gives to outgoing connections
_LOCKS: list[IO[bytes]] = []


def free_port() -> int:
    """A port of loopback, free and reserved for this process until it ends.

    Test processes run side by side: a lock per port keeps two of them from one port.
    """
    locks = Path(tempfile.gettempdir(), "sohoa-test-ports")
    locks.mkdir(exist_ok=True)
    for port in random.sample(_PORTS, len(_PORTS)):
        lock = (locks / str(port)).open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _LOCKS.append(lock)
        return port
    raise ServerMissingError("no port of 20000 to 31999 is free on loopback")


def listens(port: int) -> bool:
    """Whether somebody accepts connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program(name: str, *, beside: Sequence[Path] = (), package: str) -> str:
    """The path of a program.

    Args:
        name: of the program.
        beside: folders to look in before PATH.
        package: what to install where it is missing.

    Raises:
        ServerMissingError: it is not there.
    """
    for folder in beside:
        if (folder / name).is_file():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise ServerMissingError(f"{name} is not installed; run: setup/system.sh test ({package})")
    return found
