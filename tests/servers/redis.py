"""A real Redis for the tests."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servers.starting import Server, free_port, program


@dataclass(frozen=True)
class Redis:
    """A running Redis.

    Attributes:
        address: ``redis://...``, the database's number left out.
        server: None where it was started by somebody else.
    """

    address: str
    server: Server | None


@contextlib.contextmanager
def redis() -> Iterator[Redis]:
    """A Redis that keeps nothing on the disk: restarted, it is empty."""
    given = os.environ.get("SOHOA_TEST_REDIS", "")
    if given:
        yield Redis(given.rstrip("/"), None)
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sohoa-redis-") as folder:
        server = Server(
            command=(
                program("redis-server", package="redis-server"),
                *("--port", str(port), "--bind", "127.0.0.1", "--dir", folder),
                *("--save", "", "--appendonly", "no", "--databases", "64"),
            ),
            log=Path(folder, "log"),
            ready=lambda: _answers(port),
        )
        with server.running():
            yield Redis(f"redis://127.0.0.1:{port}", server)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as asked:
            asked.sendall(b"PING\r\n")
            return asked.recv(7) == b"+PONG\r\n"
    except OSError:
        return False
