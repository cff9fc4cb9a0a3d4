"""One POST and the status of its answer, within one deadline, to an allowed address.

httpx applies a timeout to each operation, so a receiver that answers a byte at a time never
exceeds it. Here each operation gets what is left of the whole. The network backend resolves the
host, judges its addresses and connects to one that it has judged: a second lookup cannot differ.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

import httpcore
import httpx

from workflow.webhooks.targets import TargetPolicy, TargetRefused

_MAX_ANSWER = 4096  # bytes that are read of an answer's body; nothing is done with them
_FAILURES = (
    OSError,
    ValueError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpx.HTTPError,
    httpx.InvalidURL,
)

Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver, which has a time limit of its own.

    Raises:
        OSError: it has none.
        UnicodeError: the name cannot be one.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    policy: TargetPolicy,
    resolve: Resolve = resolve,
) -> int:
    """POST a message; follow no redirect, use no proxy.

    Args:
        url: the target, as ``TargetPolicy.check_url`` accepts it.
        body: the message.
        headers: besides those of HTTP itself.
        seconds: the deadline of the whole exchange, s.
        policy: which addresses are allowed.
        resolve: gives the addresses of a host.

    Returns:
        The status of the answer, even if its body fails; 0 where there was none in time.

    Raises:
        TargetRefused: no address of the host is allowed.
    """
    status, _ = exchange(
        "POST",
        url,
        body,
        headers,
        seconds=seconds,
        policy=policy,
        max_bytes=_MAX_ANSWER,
        resolve=resolve,
    )
    return status


def exchange(
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    policy: TargetPolicy,
    max_bytes: int,
    resolve: Resolve = resolve,
) -> tuple[int, bytes]:
    """One request and its answer; follow no redirect, use no proxy.

    Args:
        method: of the request.
        url: the target.
        body: of the request.
        headers: besides those of HTTP itself.
        seconds: the deadline of the whole exchange, s.
        policy: which addresses are allowed.
        max_bytes: of the answer's body that are read.
        resolve: gives the addresses of a host.

    Returns:
        The status of the answer, 0 where there was none in time; and its body, empty where it
        failed or was longer.

    Raises:
        TargetRefused: no address of the host is allowed.
    """
    backend = _JudgingBackend(time.monotonic() + seconds, policy, resolve)
    transport = _Transport(backend)
    content = b""
    try:
        with (
            httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client,
            client.stream(method, url, content=body, headers=dict(headers)) as response,
        ):
            # A connection closed early may look like a failure of ours to the receiver.
            with suppress(*_FAILURES):
                content = _read(response.iter_raw(), max_bytes)
            return response.status_code, content
    except _FAILURES:
        return 0, b""


def _read(chunks: Iterator[bytes], max_bytes: int) -> bytes:
    """The whole body; empty where it is longer."""
    found = bytearray()
    while len(found) <= max_bytes and (chunk := next(chunks, b"")):
        found += chunk
    return bytes(found) if len(found) <= max_bytes else b""


class _JudgingBackend(httpcore.NetworkBackend):
    """Connects to judged addresses only, until a deadline."""

    def __init__(self, end: float, policy: TargetPolicy, resolve: Resolve) -> None:
        self._end, self._policy, self._resolve = end, policy, resolve
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first allowed address that answers; each gets its share of the time."""
        del timeout
        found = self._resolve(host, port)
        allowed = [address for address in found if self._policy.allows(host, address)]
        if found and not allowed:
            raise TargetRefused(
                "webhook.target-refused",
                "the webhook's host has no public address and is no exception; list it in "
                "SOHOA_WEBHOOK_EXCEPTIONS if messages may go there",
            )
        for tried, address in enumerate(allowed):
            share = _left(self._end) / (len(allowed) - tried)
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                stream = self._sockets.connect_tcp(
                    address, port, share, local_address, socket_options
                )
                return _DeadlineStream(stream, self._end)
        raise httpcore.ConnectError


class _DeadlineStream(httpcore.NetworkStream):
    """A stream whose operations all end by one deadline."""

    def __init__(self, stream: httpcore.NetworkStream, end: float) -> None:
        self._stream, self._end = stream, end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._stream.read(max_bytes, _left(self._end))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, _left(self._end))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        del timeout
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._end))
        return _DeadlineStream(stream, self._end)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left


class _Transport(httpx.BaseTransport):
    """httpx over a pool of httpcore with our network backend, which httpx's own does not take."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
