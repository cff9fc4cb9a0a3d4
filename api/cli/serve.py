"""``sohoa serve``: the HTTP API and its workers, one process and its children, until SIGTERM."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
import uvicorn

from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import answering, application_of
from api.http.app import make_app
from api.http.parsing import Parsing
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
    """Ends the event streams before it waits for open connections.

    Args:
        config: of uvicorn.
        service: the service with the streams.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; unlike uvicorn's own, do not die of them afterwards."""
        before = {number: signal.signal(number, self._stop_on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop_on_signal(self, number: int, frame: FrameType | None) -> None:
        self._service.begin_stop()
        self.handle_exit(number, frame)


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
            http=Parsing,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_CLOSING_SECONDS,
        )
        service.start()
        _forget_what_stays()
        try:
            at = "http://{}:{}".format(*listening.getsockname()[:2])
            if output.as_json:
                output.line({"serving": at})
            output.say(f"Đang phục vụ / serving: {at}")
            sys.stdout.flush()
            _Server(config, service).run(sockets=[listening])
        finally:
            service.stop(seconds=settings.stop_seconds)
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
