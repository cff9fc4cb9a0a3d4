"""The running service: the application, its workers, and periodic jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import cast
from uuid import UUID

import structlog
from fastapi import Request

from api import metrics
from api.application import Application
from api.desk.uploads import finish_unprocessed
from api.http.event_poller import EventPoller
from api.http.health_probe import HealthProbe
from api.http.rate_limit import RateLimiter
from api.http.schemas import Part
from dossier.errors import SohoaError
from workflow.pipeline.events import Event
from workflow.webhooks.sender import Sender

log = structlog.get_logger()

_NUDGE_SECONDS = 3.0
_WEBHOOK_SECONDS = 1.0
_STORE_SECONDS = 5.0
_PROBE_SECONDS = 15.0
_SWEEP_SECONDS = 3600.0
_INDEX_SECONDS = 1.0
_ANSWERS_KEPT = timedelta(days=1)
_DELIVERIES_KEPT = timedelta(days=30)


class Service:
    """One process: HTTP in front, workers behind, and threads for periodic jobs.

    Args:
        application: open; its opener closes it after ``stop``.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self._ended = threading.Event()
        self.rates = RateLimiter()
        self.event_poller = EventPoller()
        self._sender = Sender(
            application.outbox,
            policy=application.settings.webhook_targets,
            clock=application.clock,
            stopped=self._ended.is_set,
        )
        self._health_probe = HealthProbe(application)
        self.measured = metrics.Measured()
        self.measured.registry.register(
            metrics.DatabaseCollector(
                application.backlog(),
                clock=application.clock,
                store_seconds=self._health_probe.store_seconds,
            )
        )
        self.measured.registry.register(metrics.DiskCollector(application.settings))
        self._threads: list[threading.Thread] = []
        self._last_run: dict[str, float] = {}

    def start(self) -> None:
        """Finish what a crash interrupted, start the workers and the periodic jobs."""
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made before many threads ask for them at once.
        _ = self.application.children, self.application.forms
        self._workers = self.application.start_workers(watch=self._watch)
        for paper in finish_unprocessed(self.application):
            self.enqueue(paper)
        self._every(_NUDGE_SECONDS, self._workers.nudge, "nudge")
        self._every(_WEBHOOK_SECONDS, self._sender.deliver_due, "webhooks")
        self._every(_STORE_SECONDS, self._health_probe.store, "store")
        self._every(_PROBE_SECONDS, self._health_probe.outside, "outside")
        self._every(_INDEX_SECONDS, self._follow, "search-index")
        self._every(_SWEEP_SECONDS, self._sweep, "sweep")

    @property
    def stopping(self) -> bool:
        """Whether the service was asked to stop; it still answers requests."""
        return self._ended.is_set()

    def begin_stop(self) -> None:
        """Begin nothing new; called from a signal handler."""
        self._ended.set()
        self.event_poller.end()
        self._workers.begin_stop()

    def stop(self, *, seconds: float) -> None:
        """Begin nothing new; finish running steps, or release their papers.

        Args:
            seconds: how long the steps may still take.
        """
        release_seconds = self.application.settings.stop_seconds
        self.begin_stop()
        stopped = threading.Thread(target=self._workers.stop, name="stop", daemon=True)
        stopped.start()
        stopped.join(seconds)
        if stopped.is_alive():
            log.warning("service.releases-steps", seconds=seconds)
            self.application.end_children()
            stopped.join(release_seconds)
        # Threads that wait to write have no client left; the process would wait for them all.
        self.application.ledger.connections.writer.close()
        for thread in self._threads:
            thread.join(release_seconds)

    @cached_property
    def incoming(self) -> Path:
        """Folder for request bodies in transfer; what a crash leaves is removed."""
        return self.application.scratch / "incoming"

    def enqueue(self, paper: UUID) -> None:
        """Enqueue a paper for its next step."""
        self._workers.enqueue(paper)

    def probed(self, name: str) -> Part:
        """The last result for ``store``, ``sandbox``, ``tesseract`` or ``tsa``."""
        return self._health_probe.of(name)

    def check_workers(self) -> None:
        """Check that workers are alive.

        Raises:
            TransientFault: they are not.
        """
        self._workers.check()

    def check_claims(self) -> None:
        """Check that workers claim papers, where papers wait.

        Raises:
            TransientFault: ``queue.no-active-worker``.
        """
        self._workers.check_claims()

    def take_request(self, token: str, *, rate: int) -> float:
        """Count a request of a token; the seconds to wait where there were too many, else 0.

        Args:
            token: its ID.
            rate: requests a minute.
        """
        return self.rates.take(token, rate=rate, now=time.monotonic())

    def seconds_since(self, name: str) -> float:
        """Seconds since a periodic job last ended; infinite where it never did."""
        at = self._last_run.get(name)
        return float("inf") if at is None else time.monotonic() - at

    def _watch(self, event: Event) -> None:
        self.application.progress.note(event)
        self.measured.note(event)

    def _every(self, seconds: float, work: Callable[[], None], name: str) -> None:
        def run_periodically() -> None:
            while True:
                try:
                    work()
                    self._last_run[name] = time.monotonic()
                except SohoaError as error:
                    log.warning("service.job-failed", job=name, code=error.code)
                except Exception as error:  # noqa: BLE001 - the job must run again
                    log.error("service.job-failed", job=name, error=type(error).__name__)  # noqa: TRY400 - a trace may hold a text
                if self._ended.wait(seconds):
                    return

        thread = threading.Thread(target=run_periodically, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _follow(self) -> None:
        self.measured.index_behind.set(self.application.catalogue.follow())

    def _sweep(self) -> None:
        now = self.application.clock.now()
        parts: dict[str, Callable[[], None]] = {
            "left-behind": self.application.tidy,
            "uploads": lambda: self.application.uploads.prune(
                now=now, answers_before=now - _ANSWERS_KEPT
            ),
            "pieces": self.application.upload_files.remove_orphans,
            "deliveries": lambda: self.application.outbox.prune(
                before=now - _DELIVERIES_KEPT, now=now
            ),
        }
        for name, part in parts.items():
            try:
                part()
            except Exception as error:  # noqa: BLE001 - the other parts must have their turn
                code = error.code if isinstance(error, SohoaError) else type(error).__name__
                log.warning("service.sweep-failed", part=name, code=code)


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    return cast("Service", request.app.state.service)
