"""An HTTP server on 127.0.0.1, in a thread of this process."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class LoopbackServer:
    """Serves from the moment it is made until ``stop``.

    Args:
        handler: answers the requests.
        port: 0 lets the system choose one.

    Raises:
        OSError: it cannot listen on the port.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], *, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def stop(self) -> None:
        """Stop listening, and wait until the thread has ended."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
