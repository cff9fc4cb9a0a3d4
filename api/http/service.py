"""What a running service holds: the application, its workers, and what looks after both."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import cast
from uuid import UUID

import structlog
from fastapi import Request

from api import metrics
from api.application import Application
from api.http.answers import Part
from api.http.health_probe import HealthProbe
from api.http.news import News
from api.http.pieces import Pieces
from api.http.rates import Rates
from dossier.errors import SohoaError, WrongUse
from workflow.ledger.statistics import Backlog
from workflow.ledger.tokens import Token, Tokens
from workflow.ledger.types import IdempotencyKey
from workflow.ledger.uploads import Upload, Uploads
from workflow.pipeline.events import Event
from workflow.pipeline.progress import Progress
from workflow.webhooks.sender import Sender

log = structlog.get_logger()

_NUDGE_SECONDS = 3.0
_REMEMBER_SECONDS = 1.0
_TELL_SECONDS = 1.0
_STORE_SECONDS = 5.0
_OUTSIDE_SECONDS = 15.0
_SWEEP_SECONDS = 3600.0
_ANSWERS_KEPT = timedelta(days=1)
_DELIVERIES_KEPT = timedelta(days=30)


class Service:
    """One process: HTTP in front, workers behind, and a few threads that come round.

    Args:
        application: opened; closed by whoever opened it, after ``stop``.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self._ended = threading.Event()
        connections = application.ledger.connections
        self.tokens = Tokens(connections, cache_seconds=_REMEMBER_SECONDS)
        self.listing = application.ledger.papers
        self.rates = Rates()
        self.progress = Progress()
        self.news = News()
        self.uploads = Uploads(connections, cipher=application.cipher)
        self.pieces = Pieces(application.settings.var / "uploads", self.uploads)
        self.outbox = application.outbox
        self._sender = Sender(
            self.outbox,
            policy=application.settings.webhook_targets,
            clock=application.clock,
            stopped=self._ended.is_set,
        )
        self._health_probe = HealthProbe(application)
        self.measured = metrics.Measured()
        self.measured.registry.register(
            metrics.DatabaseCollector(
                Backlog(connections),
                clock=application.clock,
                store_seconds=self._health_probe.store_seconds,
            )
        )
        self._offices: dict[str, Application] = {}
        self._rounds: list[threading.Thread] = []
        self._ticked: dict[str, float] = {}

    def start(self) -> None:
        """Clear what a crash left half made, start the workers and the rounds."""
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made before many threads ask for them at once.
        _ = self.application.children, self.application.stages.forms
        self._workers = self.application.start_work(watch=self._watch)
        for upload in self.uploads.list_unprocessed():
            # Not those that another process has in hand, or alone has the pieces of.
            with suppress(SohoaError), self.pieces.held(upload):
                finished(self, upload)
        self._every(_NUDGE_SECONDS, self._workers.nudge, "nudge")
        self._every(_TELL_SECONDS, self._sender.deliver_due, "webhooks")
        self._every(_STORE_SECONDS, self._health_probe.store, "store")
        self._every(_OUTSIDE_SECONDS, self._health_probe.outside, "outside")
        self._every(_SWEEP_SECONDS, self._sweep, "sweep")

    def begin_stop(self) -> None:
        """Begin nothing new; called from a signal handler."""
        self._ended.set()
        self.news.end()
        self._workers.begin_stop()

    def stop(self, *, seconds: float) -> None:
        """Begin nothing new, let the steps in hand come to their end, else hand them back.

        Args:
            seconds: how long they may take.
        """
        self.begin_stop()
        stopped = threading.Thread(target=self._workers.stop, name="stop", daemon=True)
        stopped.start()
        stopped.join(seconds)
        if stopped.is_alive():
            log.warning("service.hands-back", seconds=seconds)
            self.application.end_children()
            stopped.join(seconds)
        # Who still waits to write has nobody left to answer: the process would wait for them all.
        self.application.ledger.connections.writer.close()
        for thread in self._rounds:
            thread.join(seconds)

    @cached_property
    def incoming(self) -> Path:
        """Where bodies are written while they come in; what a crash leaves is removed."""
        return self.application.scratch / "incoming"

    def enqueue(self, paper: UUID) -> None:
        """Ask that a paper be moved on."""
        self._workers.enqueue(paper)

    def looked_at(self, name: str) -> Part:
        """What was last seen of ``store``, ``sandbox``, ``tesseract`` or ``tsa``."""
        return self._health_probe.of(name)

    def check_workers(self) -> None:
        """See that papers are taken up.

        Raises:
            TransientFault: they are not.
        """
        self._workers.check()

    def check_claims(self) -> None:
        """See that whoever takes papers up is at work, where there is work.

        Raises:
            TransientFault: ``queue.untaken``.
        """
        self._workers.check_claims()

    def take_request(self, token: Token) -> float:
        """Count a request; the seconds to wait where there were too many, else 0."""
        return self.rates.take(token.id, rate=token.rate, now=time.monotonic())

    def application_of(self, office: str) -> Application:
        """The application as an office sees it."""
        seen = self.tokens.offices(office)
        known = self._offices.get(office)
        if known is None or known.seen != seen:
            known = self._offices[office] = self.application.of(office, seen=seen)
        return known

    def ticked(self, name: str) -> float:
        """Seconds since a round last came to its end; infinite where it never did."""
        at = self._ticked.get(name)
        return float("inf") if at is None else time.monotonic() - at

    def _watch(self, event: Event) -> None:
        self.progress.note(event)
        self.measured.note(event)

    def _every(self, seconds: float, work: Callable[[], None], name: str) -> None:
        def round_after_round() -> None:
            while True:
                try:
                    work()
                    self._ticked[name] = time.monotonic()
                except SohoaError as error:
                    log.warning("service.round-failed", round=name, code=error.code)
                except Exception as error:  # noqa: BLE001 - a round must come again whatever happened
                    log.error("service.round-failed", round=name, error=type(error).__name__)  # noqa: TRY400 - a trace may hold a text
                if self._ended.wait(seconds):
                    return

        thread = threading.Thread(target=round_after_round, name=name, daemon=True)
        thread.start()
        self._rounds.append(thread)

    def _sweep(self) -> None:
        now = self.application.clock.now()
        parts: dict[str, Callable[[], None]] = {
            "left-behind": self.application.tidy,
            "uploads": lambda: self.uploads.prune(now=now, answers_before=now - _ANSWERS_KEPT),
            "pieces": self.pieces.sweep,
            "deliveries": lambda: self.outbox.prune(before=now - _DELIVERIES_KEPT, now=now),
        }
        for name, part in parts.items():
            try:
                part()
            except Exception as error:  # noqa: BLE001 - the other parts must have their turn
                code = error.code if isinstance(error, SohoaError) else type(error).__name__
                log.warning("service.sweep-failed", part=name, code=code)


def finished(service: Service, upload: Upload) -> Upload:
    """The upload that came whole and is held, as the paper it becomes; again, the same paper.

    Raises:
        WrongUse: ``dossier.closed``; the upload is forgotten.
    """
    # What is turned away is not known by its bytes when a crash has it taken again.
    key = hashlib.sha256(b"upload:" + upload.id.bytes).digest()
    once = IdempotencyKey(token=upload.token, key=key, request=key)
    try:
        taken, error = service.application_of(upload.office).intake.take(
            service.pieces.path(upload.id),
            dossier=upload.dossier,
            sign=upload.sign,
            accept=False,
            source=upload.source,
            actor=f"token:{upload.token}",
            once=once,
        )
    except WrongUse:
        # A closed dossier stays closed: asked for again, it would be refused for ever.
        service.uploads.delete(upload.id)
        service.pieces.remove(upload.id)
        raise
    code, reason = (error.code, error.message) if error is not None else ("", "")
    service.uploads.finish(upload.id, paper=taken.paper, code=code, reason=reason)
    service.pieces.remove(upload.id)
    if not code:
        service.enqueue(taken.paper)
    return replace(upload, paper=taken.paper, code=code, reason=reason)


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    return cast("Service", request.app.state.service)
