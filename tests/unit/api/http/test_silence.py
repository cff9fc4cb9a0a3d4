"""Connections of silent or stalled clients are closed."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from api.http import http_protocol, middleware
from api.http.http_protocol import LimitedHttpProtocol
from api.http.middleware import RequestLimits


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


async def _admit(_scope: Scope) -> None:
    """Everybody is known."""


@pytest.fixture
def patience() -> tuple[float, float]:
    """Seconds for which a head and for which a body is waited for."""
    return 60.0, 60.0


@pytest.fixture
def port(patience: tuple[float, float], monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server that waits for so long."""
    monkeypatch.setattr(http_protocol, "_HEAD_SECONDS", patience[0])
    monkeypatch.setattr(middleware, "SILENCE_SECONDS", patience[1])
    config = uvicorn.Config(
        RequestLimits(_echo, largest_file=lambda *_: 0, admit=_admit),
        http=LimitedHttpProtocol,
        log_config=None,
        lifespan="off",
        ws="none",
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def _answer(port: int, said: bytes) -> bytes:
    """All that is answered until the server hangs up."""
    heard = b""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as line,
        contextlib.suppress(ConnectionError),
    ):
        line.sendall(said)
        while piece := line.recv(4096):
            heard += piece
    return heard


_HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
_CLOSING = b"Connection: close\r\n\r\n"


@pytest.mark.parametrize("patience", [(0.3, 60.0)])
@pytest.mark.parametrize("said", [b"", b"POST", _HEAD, _HEAD + b"\r\nbody" + _HEAD])
def test_who_does_not_say_what_they_want_is_hung_up_on(port: int, said: bytes) -> None:
    heard = _answer(port, said)
    # What was asked before that may have been answered.
    assert heard == b"" or (b"body" in said and heard.count(b"HTTP/1.1 200 ") == 1)


@pytest.mark.parametrize("patience", [(60.0, 0.3)])
def test_a_stalled_request_is_answered_with_408(port: int) -> None:
    heard = _answer(port, _HEAD + _CLOSING + b"{}")
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert b"http.too-slow" in heard


def test_who_says_all_is_answered_also_the_second_time(port: int) -> None:
    heard = _answer(port, _HEAD + b"\r\nbody" + _HEAD + _CLOSING + b"body")
    assert heard.count(b"HTTP/1.1 200 ") == 2


def test_a_body_must_end_within_the_deadline_of_the_whole(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then is never silent for long."""
    monkeypatch.setattr(middleware, "_REQUEST_SECONDS", 1.0)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head)
        connection.settimeout(0.1)
        answer = b""
        for _ in range(600):
            with contextlib.suppress(TimeoutError):
                answer += connection.recv(4096)
            if answer:
                break
            connection.sendall(b"x")
    assert b"http.too-slow" in answer or answer.startswith(b"HTTP/1.1 408")
