"""A caller without a token is refused before its body is read, however slowly it sends it."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from functional.cli.running import Commands
from functional.http.serving import SCOPES, serving

_CONNECTIONS = 300
_PATIENCE = 60.0  # seconds
_HEAD = (
    "POST /v1/dossiers/A-1/papers HTTP/1.1\r\n"
    "Host: x\r\n{authorization}Content-Length: 1000000\r\n\r\n"
)


def _refused(connection: socket.socket) -> bytes:
    """What a connection gets until the service closes it."""
    connection.settimeout(_PATIENCE)
    parts = []
    while part := connection.recv(4096):
        parts.append(part)
    return b"".join(parts)


def test_connections_that_send_a_body_slowly_without_a_token_are_closed(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    with serving(commands) as service, ExitStack() as stack:
        address = urlsplit(service.url)
        place = (str(address.hostname), int(address.port or 0))
        slow = []
        for number in range(_CONNECTIONS):
            connection = stack.enter_context(socket.create_connection(place, timeout=_PATIENCE))
            wrong = "Authorization: Bearer soh_wrong_token\r\n" if number % 2 else ""
            connection.sendall(_HEAD.format(authorization=wrong).encode() + b"%PDF")
            slow.append(connection)
        for connection in slow:
            answer = _refused(connection)
            assert answer.startswith(b"HTTP/1.1 401 ")
            assert b"token.not-valid" in answer
        # A genuine token is still served.
        token = service.new_token(*[word for scope in SCOPES for word in ("--scope", scope)])
        served = service.client(token).post("/v1/dossiers/A-1/papers", content=b"no scan")
        assert served.json()["code"] == "scan.not-a-known-type"
