"""HTTP/1.1 as it comes from the wire, with a bound on all that is no body."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LONGEST_HEAD = 64 * 1024  # bytes; also of trailers
_HEAD_SECONDS = 30.0  # from its first byte, or from the connection, to its end


class LimitedHttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which by itself keeps a head of any length in memory."""

    _waits: asyncio.TimerHandle | None = None
    _no_body = 0  # bytes that came in a row without a byte of a body or the end of a request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        """Start the timer for the head: a silent client must not keep a file descriptor."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._wait_for_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Go on to the body, which is waited for further in."""
        self._wait_no_longer()
        super().on_headers_complete()

    def _wait_for_head(self) -> None:
        self._wait_no_longer()
        self._waits = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _wait_no_longer(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def data_received(self, data: bytes) -> None:
        """Take what came; give up a connection that sends headers without end."""
        self._no_body += len(data)
        super().data_received(data)
        if self._no_body > _LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    def on_body(self, body: bytes) -> None:
        """Take some of a body; how much is counted further in."""
        self._no_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._no_body = 0
        super().on_message_complete()
