"""HTTP/1.1 as it comes from the wire, with a bound on all that is no body."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LONGEST_HEAD = 64 * 1024  # bytes; also of trailers


class Parsing(HttpToolsProtocol):
    """Uvicorn's protocol, which by itself keeps a head of any length in memory."""

    _no_body = 0  # bytes that came in a row without a byte of a body or the end of a request

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
