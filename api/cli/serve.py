"""``sohoa serve``: the HTTP API and its workers, one process and its children, until SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
import uvicorn

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import application_of
from api.http.app import make_app
from api.http.http_protocol import LimitedHttpProtocol
from api.http.service import Service
from api.settings import Settings
from api.web.routes import PAGES
from dossier.errors import Misconfigured

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 65
_CLOSING_SECONDS = 10
_SWITCH_SECONDS = 0.001


class _Server(uvicorn.Server):
    """Drains before it closes the port.

    After a signal ``/readyz`` answers 503 and event streams end; the port stays open until the
    requests that were running have been answered. A second signal closes it at once.

    Args:
        config: of uvicorn.
        service: the service with the streams.
        drain_seconds: how long running requests may take after a signal.
    """

    def __init__(self, config: uvicorn.Config, service: Service, *, drain_seconds: float) -> None:
        super().__init__(config)
        self._service = service
        self._drain_seconds = drain_seconds
        self._drain_until: float | None = None
        self._draining: frozenset[asyncio.Task[None]] | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; unlike uvicorn's own, do not die of them afterwards."""
        before = {number: signal.signal(number, self._stop_on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def on_tick(self, counter: int) -> bool:
        """Whether to close the port; uvicorn calls it ten times a second."""
        if await super().on_tick(counter):
            return True
        if self._drain_until is None:
            return False
        if self._draining is None:
            self._draining = frozenset(self.server_state.tasks)
        drained = all(task.done() for task in self._draining)
        self.should_exit = drained or time.monotonic() >= self._drain_until
        return self.should_exit

    def seconds_left(self) -> float:
        """What remains of the time to drain."""
        if self._drain_until is None:
            return self._drain_seconds
        return max(self._drain_until - time.monotonic(), 0.0)

    def _stop_on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._drain_until is not None:
            self.handle_exit(number, frame)
            return
        self._drain_until = time.monotonic() + self._drain_seconds
        self._service.begin_stop()


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="Listen here; SOHOA_HTTP_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="And at this port; 0: any free one.")
@answering
def serve_command(output: Output, settings: Settings, *, host: str | None, port: int | None) -> int:
    """Serve the HTTP API and work off what comes in, until SIGTERM or Ctrl-C."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    listening = _listen(host or settings.http_host, settings.http_port if port is None else port)
    # Threads that describe and sign are busy in Python: requests must not wait 5 ms for each.
    sys.setswitchinterval(_SWITCH_SECONDS)
    with application_of(settings) as application:
        service = Service(application)
        config = uvicorn.Config(
            make_app(service, pages=PAGES),
            # Not uvicorn's choice: in Python alone a request costs more.
            loop="uvloop",
            http=LimitedHttpProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_CLOSING_SECONDS,
        )
        server = _Server(config, service, drain_seconds=settings.stop_seconds)
        service.start()
        _forget_what_stays()
        try:
            at = "http://{}:{}".format(*listening.getsockname()[:2])
            if output.as_json:
                output.line({"serving": at})
            output.say(f"Đang phục vụ / serving: {at}")
            sys.stdout.flush()
            server.run(sockets=[listening])
        finally:
            service.stop(seconds=server.seconds_left())
    return Exit.DONE


def _forget_what_stays() -> None:
    """Let the garbage collector pass over all that was imported: it stays until the end.

    A full collection took 90 ms, in which no request was answered.
    """
    gc.collect()
    gc.freeze()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Misconfigured(
            "serve.address-taken",
            f"cannot listen at {host} port {port} ({type(error).__name__}); is it served already? "
            "Set SOHOA_HTTP_PORT or --port to another one",
        ) from None
    listening.listen(_BACKLOG)
    return listening
