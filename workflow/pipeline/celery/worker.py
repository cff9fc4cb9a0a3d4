"""The processes of distributed mode: the worker, and the beat that looks after what was left."""

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
from workflow.pipeline.celery.consumer import PlainConsumer
from workflow.pipeline.celery.progress_reporter import Telling
from workflow.pipeline.celery.queue import ADVANCE, REQUEUE, TIDY, CeleryQueue
from workflow.pipeline.process_name import is_gone
from workflow.pipeline.steps import Lane, Pipeline, states_of
from workflow.pipeline.workers import renewing

log = structlog.get_logger()

_REQUEUE_SECONDS = 5.0
_TIDY_SECONDS = 3600.0


class Hands(Protocol):
    """What a worker's process works with."""

    def tidy(self) -> None:
        """Take away what killed processes left behind."""
        ...

    def let_children_go(self) -> None:
        """End what the children have in hand."""
        ...


class WorkerProcess:
    """One worker: threads above child processes, as many at once as it can do.

    Args:
        app: as ``make_celery`` makes it.
        queue: over the same; papers left waiting are told there.
        pipeline: what it does.
        telling: is told of it.
        ledger: what waits.
        clock: what has waited long enough.
        hands: the application.
        threads: how many papers it has in hand at once.
        stop_seconds: how long a step may take after SIGTERM before it is handed back.
    """

    def __init__(
        self,
        app: Celery,
        *,
        queue: CeleryQueue,
        pipeline: Pipeline,
        telling: Telling,
        ledger: SqlLedger,
        clock: Clock,
        hands: Hands,
        threads: int,
        stop_seconds: float,
    ) -> None:
        self._app = app
        self._pipeline = pipeline
        self._telling = telling
        self._ledger = ledger
        self._clock = clock
        self._hands = hands
        self._threads = threads
        self._stop_seconds = stop_seconds
        self._queue = queue
        self._timer: threading.Timer | None = None

    def run(self, queues: Sequence[str], *, ready: Callable[[], None]) -> None:
        """Work until SIGTERM; then finish the steps in hand, or hand them back.

        Args:
            queues: from which to take, of ``workflow.pipeline.celery.QUEUES``.
            ready: called once it takes messages.
        """
        quiet_celery()
        self._make_tasks()

        def on_ready(**_: object) -> None:
            ready()

        def on_stop(**_: object) -> None:
            self._begin_stop()

        signals.worker_ready.connect(on_ready, weak=False)
        signals.worker_shutting_down.connect(on_stop, weak=False)
        rounds = (renewing(self._pipeline), self._telling.rounds)
        for each in rounds:
            each.start()
        try:
            self._app.Worker(
                pool="threads",
                concurrency=self._threads,
                queues=list(queues),
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
                consumer_cls=PlainConsumer,
                use_eventloop=False,
                loglevel="ERROR",
                quiet=True,
            ).start()
        finally:
            for each in rounds:
                each.stop()
            if self._timer is not None:
                self._timer.cancel()

    def _begin_stop(self) -> None:
        self._pipeline.stop()
        self._timer = threading.Timer(self._stop_seconds, self._hands.let_children_go)
        self._timer.daemon = True
        self._timer.start()

    def _make_tasks(self) -> None:
        pipeline = self._pipeline

        def advance(self: object, paper: str) -> None:
            """Move on the oldest paper of the lane by which this message came."""
            del paper
            info = getattr(self, "request").delivery_info or {}  # noqa: B009 - Celery's types hide it
            pipeline.advance_oldest(Lane(info.get("routing_key", "")))

        self._app.task(advance, name=ADVANCE, bind=True)
        self._app.task(self._requeue, name=REQUEUE)
        self._app.task(self._tidy, name=TIDY)

    def _requeue(self) -> None:
        """Nudge as often as there are papers that wait without a message."""
        try:
            for lane in Lane:
                self._requeue_lane(lane)
        except SohoaError as error:
            log.warning("requeue.failed", code=error.code)

    def _requeue_lane(self, lane: Lane) -> None:
        states, now = states_of(lane), self._clock.now()
        waiting = self._ledger.count_waiting(states, now=now, is_gone=is_gone)
        missing = waiting - self._queue.waiting(lane)
        if missing > 0:
            left = self._ledger.waiting_in(states, now=now, is_gone=is_gone, limit=missing)
            for paper in left:
                self._queue.nudge(paper, lane)
            log.info("requeue.nudged", lane=lane.value, papers=len(left))

    def _tidy(self) -> None:
        try:
            self._hands.tidy()
        except SohoaError as error:
            log.warning("tidy.failed", code=error.code)


def run_beat(app: Celery, *, ready: Callable[[], None]) -> None:
    """Send the rounds' messages until SIGTERM; more than one beat at once does no harm."""
    quiet_celery()
    app.conf.beat_schedule = {
        REQUEUE: _round(REQUEUE, _REQUEUE_SECONDS),
        TIDY: _round(TIDY, _TIDY_SECONDS),
    }
    # What is due is known again at once after a start: nothing needs to be kept on the disk.
    beat = app.Beat(scheduler_cls=_AtOnce, loglevel="ERROR", quiet=True, schedule=None)
    signals.beat_init.connect(lambda **_: ready(), weak=False)
    beat.run()


class _AtOnce(Scheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's scheduler without a file; looks up often enough for the shortest round."""

    max_interval = _REQUEUE_SECONDS

    def apply_async(self, entry: object, producer: object = None, **more: object) -> object:
        """Send a round's message by a connection of the pool.

        The scheduler's own is never made anew: over RabbitMQ no message went out any more once the
        broker had been restarted.
        """
        del producer
        return super().apply_async(entry, producer=None, **more)


def _round(task: str, seconds: float) -> dict[str, object]:
    # A message that nobody took by the next round is of no use any more.
    options = {"queue": HOUSEKEEPING, "expires": seconds}
    return {"task": task, "schedule": seconds, "options": options}


def quiet_celery() -> None:
    """Let Celery tell faults alone, as events of ours: its own lines say what messages hold."""
    # Whoever takes this signal has set logging up; otherwise Celery does, to its own liking.
    signals.setup_logging.connect(_leave_logging, weak=False)
    for name in ("celery", "kombu", "amqp"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        logger.propagate = False
        logger.handlers = [_AsEvent()]


def _leave_logging(**_: object) -> None:
    """Set nothing up."""


class _AsEvent(logging.Handler):
    """Tells where a library met a fault and of what kind, never its text."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        kind = record.exc_info[0] if record.exc_info else None
        log.error(
            "queue.trouble",
            where=f"{record.name}:{record.lineno}",
            error="" if kind is None else kind.__name__,
        )
