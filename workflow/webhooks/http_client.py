"""One message and the status of its answer, by one deadline.

The time that a socket is given holds for each of its operations: who answers a byte at a time is
never late for any. So each is given what is left of the whole.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LARGEST_ANSWER = 4096  # bytes that are read of its body; nothing is done with them
_FAILURES = (OSError, http.client.HTTPException, ValueError)


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
    """POST a message, follow no redirect.

    Args:
        url: where to, as ``check_webhook_url`` lets it through.
        body: the message.
        headers: besides those that HTTP asks for.
        seconds: in which all is over. Only how long a name may be looked up, the system decides.

    Returns:
        The status of the answer, whatever becomes of its body; 0 where there was none in time.
    """
    end = time.monotonic() + seconds
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection, context = _spoken(parts.scheme, parts.hostname or "", parts.port)
        with closing(_connected(connection.host, connection.port, end)) as plain:
            line = plain if context is None else _in_tls(plain, context, connection.host, end)
            with closing(line):
                connection.sock = _Line(line, end)
                connection.request("POST", target, body, dict(headers))
                answer = connection.getresponse()
                # Who is cut short while writing the body may take it for a failure of ours.
                with closing(answer), suppress(*_FAILURES):
                    answer.read(_LARGEST_ANSWER)
                return answer.status
    except _FAILURES:
        return 0


def _spoken(
    scheme: str, host: str, port: int | None
) -> tuple[http.client.HTTPConnection, ssl.SSLContext | None]:
    """Who speaks HTTP over a line that it is given."""
    # Without a port, an address of IPv6 would be cut at its last colon.
    if scheme != "https":
        return http.client.HTTPConnection(host, port or http.client.HTTP_PORT), None
    context = ssl.create_default_context()
    https = http.client.HTTPSConnection(host, port or http.client.HTTPS_PORT, context=context)
    return https, context


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(host: str, port: int, end: float) -> socket.socket:
    """A connection with the first address that takes one; each has its share of the time."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failed = OSError("no address")
    for tried, (family, kind, protocol, _, address) in enumerate(found):
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(_left(end) / (len(found) - tried))
            line.connect(address)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            line.close()
            failed = error
        else:
            return line
    raise failed


def _in_tls(line: socket.socket, context: ssl.SSLContext, host: str, end: float) -> socket.socket:
    """The line in TLS; its handshake ends as a whole in the time that the line has."""
    line.settimeout(_left(end))
    return context.wrap_socket(line, server_hostname=host)


class _Line(io.RawIOBase):
    """What ``http.client`` needs of a socket; whoever gave it closes it."""

    def __init__(self, line: socket.socket, end: float) -> None:
        self._line, self._end = line, end

    def _in_time(self) -> socket.socket:
        self._line.settimeout(_left(self._end))
        return self._line

    def sendall(self, data: bytes) -> None:
        self._in_time().sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        # Of its own: `http.client` closes the line before the answer's body was read.
        return io.BufferedReader(_Line(self._line, self._end))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._in_time().recv_into(buffer)
