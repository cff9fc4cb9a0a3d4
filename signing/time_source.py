"""A time-stamping authority reached over HTTP (RFC 3161 §3.4)."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

from dossier.errors import Misconfigured, TransientFault

LONGEST_ANSWER = 256 * 1024  # bytes; a token with its chain is some 5 KB


def no_answer(why: str) -> TransientFault:
    """The fault that says that there is no timestamp, and so no signature."""
    return TransientFault(
        "tsa.no-answer",
        f"the time-stamping authority gave no usable answer ({why}); nothing was signed, "
        "it is tried again",
    )


class HttpTimeSource:
    """Asks one authority, and follows nothing it may point to. Safe to share by threads.

    Args:
        url: ``http://`` or ``https://``; without user name or password.
        timeout: seconds for the whole exchange once connected; connecting has as many again.
        max_bytes: of the answer.

    Raises:
        Misconfigured: ``tsa.bad-url``.
    """

    def __init__(self, url: str, *, timeout: float = 10.0, max_bytes: int = LONGEST_ANSWER) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as e:
            raise _bad_url() from e
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise _bad_url()
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout, self._max_bytes = timeout, max_bytes
        self._tls = ssl.create_default_context() if self._secure else None

    def timestamp(self, request: bytes) -> bytes:
        """The DER of the TimeStampResp, as it came.

        Raises:
            TransientFault: ``tsa.no-answer``: no connection, too slow, too long, not status 200
                (redirects are not followed), or not ``application/timestamp-reply``.
        """
        connection = self._connection()
        try:
            connection.connect()
            with _deadline(connection, self._timeout):
                return self._exchange(connection, request)
        except TimeoutError as e:
            raise no_answer("too slow") from e
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise no_answer(f"no connection or no HTTP: {type(e).__name__}") from e
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._tls
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _exchange(self, connection: http.client.HTTPConnection, request: bytes) -> bytes:
        connection.request(
            "POST",
            self._target,
            body=request,
            headers={
                "Content-Type": "application/timestamp-query",
                "Accept": "application/timestamp-reply",
                "Connection": "close",
            },
        )
        with contextlib.closing(connection.getresponse()) as response:
            return self._answer(response)

    def _answer(self, response: http.client.HTTPResponse) -> bytes:
        if response.status != HTTPStatus.OK:
            raise no_answer(f"status {response.status}")
        kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        if kind != "application/timestamp-reply":
            raise no_answer("not a timestamp reply")
        answer = response.read(self._max_bytes + 1)
        if len(answer) > self._max_bytes:
            raise no_answer("too long")
        if response.length:  # fewer bytes than its Content-Length says
            raise no_answer("cut short")
        return answer


def _bad_url() -> Misconfigured:
    return Misconfigured(
        "tsa.bad-url",
        "the address of the time-stamping authority must be http:// or https:// with a host and "
        "without user name or password",
    )


@contextlib.contextmanager
def _deadline(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the connection when the time is up: a socket's own timeout begins anew at each byte."""
    passed = threading.Event()
    held = connection.sock  # the connection forgets it as soon as the answer's head is read

    def cut() -> None:
        passed.set()
        with contextlib.suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as e:
        if passed.is_set():
            raise TimeoutError from e
        raise
    finally:
        timer.cancel()
