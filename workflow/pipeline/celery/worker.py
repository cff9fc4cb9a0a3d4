"""The processes of distributed mode: the worker and the beat."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from celery import Celery, signals
from celery.beat import Scheduler

from dossier.errors import SohoaError
from dossier.ports import Clock
from workflow.ledger.sql_ledger import SqlLedger
from workflow.pipeline.celery import HOUSEKEEPING
from workflow.pipeline.celery.polling_consumer import PollingConsumer
from workflow.pipeline.celery.progress_reporter import ProgressReporter
from workflow.pipeline.celery.queue import ADVANCE, REQUEUE, TIDY, CeleryQueue
from workflow.pipeline.process_identity import is_gone
from workflow.pipeline.steps import Lane, Pipeline, states_of
from workflow.pipeline.workers import cancellation, lease_renewal

log = structlog.get_logger()

_REQUEUE_SECONDS = 5.0
_TIDY_SECONDS = 3600.0
_MAX_MESSAGES = 200


class WorkerResources(Protocol):
    """The files and child processes of a worker."""

    def tidy(self) -> None:
        """Remove what killed processes left behind."""
        ...

    def end_children(self) -> None:
        """Kill the child processes with their jobs."""
        ...


class WorkerProcess:
    """One worker: threads that run steps in child processes.

    Args:
        app: as ``make_celery`` makes it.
        queue: over the same app; stalled papers are announced there.
        pipeline: runs the steps.
        reporter: writes reading progress.
        ledger: knows which papers wait.
        clock: gives the current time.
        resources: the files and child processes of this worker.
        threads: how many papers are processed at once.
        stop_seconds: how long a step may take after SIGTERM before it is released.
    """

    def __init__(
        self,
        app: Celery,
        *,
        queue: CeleryQueue,
        pipeline: Pipeline,
        reporter: ProgressReporter,
        ledger: SqlLedger,
        clock: Clock,
        resources: WorkerResources,
        threads: int,
        stop_seconds: float,
    ) -> None:
        self._app = app
        self._pipeline = pipeline
        self._reporter = reporter
        self._ledger = ledger
        self._clock = clock
        self._resources = resources
        self._threads = threads
        self._stop_seconds = stop_seconds
        self._queue = queue
        self._timer: threading.Timer | None = None

    def run(self, queues: Sequence[str], *, ready: Callable[[], None]) -> None:
        """Work until SIGTERM; then finish running steps, or release their papers.

        Args:
            queues: to consume, of ``workflow.pipeline.celery.QUEUES``.
            ready: called once the worker consumes messages.
        """
        configure_celery_logging()
        self._make_tasks()

        def on_ready(**_: object) -> None:
            ready()

        def on_stop(**_: object) -> None:
            self._begin_stop()

        signals.worker_ready.connect(on_ready, weak=False)
        signals.worker_shutting_down.connect(on_stop, weak=False)
        tasks = (
            lease_renewal(self._pipeline),
            cancellation(self._pipeline),
            self._reporter.task,
        )
        for task in tasks:
            task.start()
        try:
            self._app.Worker(
                pool="threads",
                concurrency=self._threads,
                queues=list(queues),
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
                consumer_cls=PollingConsumer,
                use_eventloop=False,
                loglevel="ERROR",
                quiet=True,
            ).start()
        finally:
            for task in tasks:
                task.stop()
            if self._timer is not None:
                self._timer.cancel()

    def _begin_stop(self) -> None:
        self._pipeline.stop()
        self._timer = threading.Timer(self._stop_seconds, self._resources.end_children)
        self._timer.daemon = True
        self._timer.start()

    def _make_tasks(self) -> None:
        pipeline = self._pipeline

        def advance(self: object, paper: str) -> None:
            """Process the next paper of the lane that delivered this message."""
            del paper
            info = getattr(self, "request").delivery_info or {}  # noqa: B009 - Celery's types hide it
            pipeline.advance_next(Lane(info.get("routing_key", "")))

        self._app.task(advance, name=ADVANCE, bind=True)
        self._app.task(self._requeue, name=REQUEUE)
        self._app.task(self._tidy, name=TIDY)

    def _requeue(self) -> None:
        """Send a message for each waiting paper that has none."""
        try:
            for lane in Lane:
                self._requeue_lane(lane)
        except SohoaError as error:
            log.warning("requeue.failed", code=error.code)

    def _requeue_lane(self, lane: Lane) -> None:
        states, now = states_of(lane), self._clock.now()
        waiting = self._ledger.queue.count_claimable(states, now=now, is_gone=is_gone)
        # A worker goes on by itself while papers wait: a few messages wake all of them.
        missing = min(waiting, _MAX_MESSAGES) - self._queue.waiting(lane)
        if missing > 0:
            left = self._ledger.queue.list_claimable(
                states, now=now, is_gone=is_gone, limit=missing
            )
            for paper in left:
                self._queue.nudge(paper, lane)
            log.info("requeue.nudged", lane=lane.value, papers=len(left))

    def _tidy(self) -> None:
        try:
            self._resources.tidy()
        except SohoaError as error:
            log.warning("tidy.failed", code=error.code)


def run_beat(app: Celery, *, ready: Callable[[], None]) -> None:
    """Send periodic messages until SIGTERM; several beats at once do no harm."""
    configure_celery_logging()
    app.conf.beat_schedule = {
        REQUEUE: _periodic(REQUEUE, _REQUEUE_SECONDS),
        TIDY: _periodic(TIDY, _TIDY_SECONDS),
    }
    # The schedule needs no state on disk: both tasks are harmless at any time.
    beat = app.Beat(scheduler_cls=InMemoryScheduler, loglevel="ERROR", quiet=True, schedule=None)
    signals.beat_init.connect(lambda **_: ready(), weak=False)
    beat.run()


class InMemoryScheduler(Scheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's scheduler without a file, awake often enough for the shortest interval."""

    max_interval = _REQUEUE_SECONDS

    def apply_async(self, entry: object, producer: object = None, **more: object) -> object:
        """Send a periodic message over a pooled connection.

        The scheduler never reconnects its own: over RabbitMQ no message was sent any more once the
        broker had been restarted.
        """
        del producer
        return super().apply_async(entry, producer=None, **more)


def _periodic(task: str, seconds: float) -> dict[str, object]:
    # A message not consumed by the next interval is obsolete.
    options = {"queue": HOUSEKEEPING, "expires": seconds}
    return {"task": task, "schedule": seconds, "options": options}


def configure_celery_logging() -> None:
    """Log only errors of Celery, as events of ours: its own lines quote message contents."""
    # A receiver of this signal keeps Celery from configuring logging itself.
    signals.setup_logging.connect(_keep_logging, weak=False)
    for name in ("celery", "kombu", "amqp"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        logger.propagate = False
        logger.handlers = [_EventHandler()]


def _keep_logging(**_: object) -> None:
    """Change nothing."""


class _EventHandler(logging.Handler):
    """Logs where a library failed and the exception's type, never its text."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log it."""
        kind = record.exc_info[0] if record.exc_info else None
        log.error(
            "queue.trouble",
            where=f"{record.name}:{record.lineno}",
            error="" if kind is None else kind.__name__,
        )
