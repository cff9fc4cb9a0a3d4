"""A proxy before a server that misbehaves on demand, as networks and servers do on a bad day.

    with proxy(server.address) as between:
        with between.misbehaving(Fault.LOSES_ANSWER, only="PUT"):
            ...

Each connection carries one request, read whole before anything else is done.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

_LINE_END, _HEAD_END = b"\r\n", b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONDITION = re.compile(rb"\r\nif-none-match:", re.IGNORECASE)
_CHUNK = 1 << 16
_HELD_SECONDS = 60.0


class Fault(Enum):
    """What goes wrong."""

    DOWN = auto()  # nobody listens
    SILENT = auto()  # the request is delivered once the fault is over; its answer comes too late
    BUSY = auto()  # 503, as S3 says it
    FULL = auto()  # 507, as MinIO says it
    BAD_GATEWAY = auto()  # 502 in HTML, as a proxy says it
    CUTS_REQUEST = auto()  # half of the body is delivered
    CUTS_ANSWER = auto()  # half of the answer's body comes back
    LOSES_ANSWER = auto()  # the request is done, the answer is lost
    KNOWS_NO_CONDITION = auto()  # 501 to a PUT with If-None-Match
    FORGETS_CONDITION = auto()  # If-None-Match is not delivered


_ANSWERS = {
    Fault.BUSY: (503, "Service Unavailable", "SlowDown"),
    Fault.FULL: (507, "Insufficient Storage", "XMinioStorageFull"),
    Fault.KNOWS_NO_CONDITION: (501, "Not Implemented", "NotImplemented"),
}


@dataclass
class _Bad:
    """A fault that is on."""

    fault: Fault
    only: str
    over: threading.Event


class Proxy:
    """A proxy at an address of its own.

    Attributes:
        address: ``HOST:PORT``, where it listens.
        played: how many requests it has spoilt.
    """

    def __init__(self, server: str) -> None:
        self._host, _, port = server.partition(":")
        self._port = int(port)
        self._bad: _Bad | None = None
        self._changed = threading.Condition()
        self._under_way = 0
        self.played = 0
        self._own_port = 0
        self._listening: _Listener | None = None
        self._listen()
        self.address = f"127.0.0.1:{self._own_port}"

    @contextlib.contextmanager
    def misbehaving(self, fault: Fault, *, only: str = "") -> Iterator[None]:
        """Misbehave for as long as the context lasts.

        Args:
            fault: how.
            only: the method of the requests it happens to; empty for all of them.
        """
        self._bad = _Bad(fault, only, threading.Event())
        if fault is Fault.DOWN:
            self.close()
        try:
            yield
        finally:
            bad, self._bad = self._bad, None
            bad.over.set()
            if fault is Fault.DOWN:
                self._listen()

    def settle(self) -> None:
        """Return when every request that came has been dealt with."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._under_way, _HELD_SECONDS)

    def _listen(self) -> None:
        self._listening = _Listener(self, self._own_port)
        self._own_port = self._listening.server_address[1]
        threading.Thread(target=self._listening.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Listen no more; what was begun is done first."""
        if self._listening is not None:
            self._listening.shutdown()
            self._listening.server_close()
            self._listening = None

    def serve(self, client: socket.socket) -> None:
        """Take one request, and do with it what is on."""
        head, body = _read_request(client)
        if not head:
            return
        method = head.split(b" ", 1)[0].decode("ascii")
        bad = self._bad
        if bad is None or bad.only not in {"", method} or not _concerns(bad.fault, head):
            client.sendall(self._asked(head, body))
            return
        with self._changed:
            self.played += 1
        self._spoil(bad, client, head, body)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Something is under way for as long as the context lasts."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _spoil(self, bad: _Bad, client: socket.socket, head: bytes, body: bytes) -> None:
        fault = bad.fault
        if fault in _ANSWERS:
            status, reason, code = _ANSWERS[fault]
            said = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()
            client.sendall(_answer(status, reason, "application/xml", said))
        elif fault is Fault.BAD_GATEWAY:
            client.sendall(_answer(502, "Bad Gateway", "text/html", b"<h1>Bad Gateway</h1>"))
        elif fault is Fault.CUTS_REQUEST:
            with self._connected() as server:
                server.sendall(head + body[: len(body) // 2])
        elif fault is Fault.SILENT:
            bad.over.wait(_HELD_SECONDS)
            self._asked(head, body)
        elif fault is Fault.FORGETS_CONDITION:
            client.sendall(self._asked(_CONDITION.sub(b"\r\nX-Forgotten:", head), body))
        else:
            answer = self._asked(head, body)
            if fault is Fault.CUTS_ANSWER:
                begins = answer.index(_HEAD_END) + len(_HEAD_END)
                client.sendall(answer[: begins + (len(answer) - begins) // 2])

    def _asked(self, head: bytes, body: bytes) -> bytes:
        """The server's whole answer."""
        line, _, rest = head.partition(_LINE_END)
        with self._connected() as server:
            server.sendall(line + b"\r\nConnection: close\r\n" + rest + body)
            return b"".join(iter(lambda: server.recv(_CHUNK), b""))

    def _connected(self) -> socket.socket:
        return socket.create_connection((self._host, self._port), timeout=_HELD_SECONDS)


def _concerns(fault: Fault, head: bytes) -> bool:
    return (
        fault not in {Fault.KNOWS_NO_CONDITION, Fault.FORGETS_CONDITION}
        or _CONDITION.search(head) is not None
    )


def _read_request(client: socket.socket) -> tuple[bytes, bytes]:
    """Head, with its empty line, and body of a request; both empty where there is none."""
    got = b""
    while _HEAD_END not in got:
        chunk = client.recv(_CHUNK)
        if not chunk:
            return b"", b""
        got += chunk
    head, _, rest = got.partition(_HEAD_END)
    length = _LENGTH.search(head)
    body = bytearray(rest)
    while length is not None and len(body) < int(length[1]):
        chunk = client.recv(_CHUNK)
        if not chunk:
            return b"", b""
        body += chunk
    return head + _HEAD_END, bytes(body)


def _answer(status: int, reason: str, kind: str, body: bytes) -> bytes:
    return (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode("ascii") + body


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, proxy: Proxy, port: int) -> None:
        self._proxy = proxy
        super().__init__(("127.0.0.1", port), socketserver.BaseRequestHandler)

    def finish_request(self, request: object, client_address: object) -> None:
        """Serve one connection; a side that has gone is what this is for."""
        del client_address
        assert isinstance(request, socket.socket)
        request.settimeout(_HELD_SECONDS)
        with self._proxy.working(), contextlib.suppress(OSError):
            self._proxy.serve(request)


@contextlib.contextmanager
def proxy(server: str) -> Iterator[Proxy]:
    """A proxy before a server.

    Args:
        server: ``HOST:PORT``, plain HTTP.
    """
    between = Proxy(server)
    try:
        yield between
    finally:
        between.close()
