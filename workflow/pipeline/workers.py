"""Workers: threads of this process, or other processes. Callers see no difference."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Protocol
from uuid import UUID

from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    TransientFault,
)
from dossier.ports import Clock
from dossier.states import PaperState
from workflow.ledger.monitoring import QueueMonitor
from workflow.ledger.types import PaperSummary
from workflow.pipeline.events import Event, Watch
from workflow.pipeline.leases import LEASE
from workflow.pipeline.periodic import PeriodicTask
from workflow.pipeline.steps import LANES, Lane, Pipeline, states_of
from workflow.pipeline.thread_queue import ThreadQueue

_LEASE_CHECK_SECONDS = 5.0
_RENEW_EVERY = round(LEASE.total_seconds() / 4 / _LEASE_CHECK_SECONDS)  # checks
_POLL_SECONDS = 0.3
_CANCEL_SECONDS = 0.7  # a person who withdraws a paper waits for less than two seconds
_IDLE_SECONDS = 20.0
_UNCLAIMED = timedelta(minutes=1)
_FAULTS = {e.fault: e for e in (RejectedInput, Misconfigured, TransientFault, IntegrityViolation)}
_SET_ASIDE = "set-aside."


class Workers(Protocol):
    """Workers that run the steps of papers."""

    def enqueue(self, paper: UUID) -> None:
        """Request the next step of a paper; a lost request is harmless."""
        ...

    def nudge(self) -> None:
        """Enqueue papers that a crash left behind or whose retry is due; call it periodically."""
        ...

    def check(self) -> None:
        """Check that enqueued papers are processed.

        Raises:
            TransientFault: no thread runs, or the broker does not answer.
        """
        ...

    def check_claims(self) -> None:
        """Check that no lane has work while none of its workers is active.

        Raises:
            TransientFault: ``queue.no-active-worker``.
        """
        ...

    def wait(self, papers: Sequence[UUID]) -> None:
        """Return when none of these papers moves any more."""
        ...

    def begin_stop(self) -> None:
        """Begin no more steps; may be called from a signal handler."""
        ...

    def stop(self) -> None:
        """Finish running steps and start no more."""
        ...


def lease_renewal(pipeline: Pipeline) -> PeriodicTask:
    """A task that renews the leases of a pipeline and releases those it no longer needs."""
    calls = count(1)

    def maintain() -> None:
        number = next(calls)
        pipeline.release_unsaved()
        if number % _RENEW_EVERY == 0:
            pipeline.renew()

    return PeriodicTask(
        maintain, seconds=_LEASE_CHECK_SECONDS, name="renew", failed="lease.not-renewed"
    )


def cancellation(pipeline: Pipeline) -> PeriodicTask:
    """A task that cancels steps whose paper was changed meanwhile, by whichever process."""
    return PeriodicTask(
        pipeline.cancel_superseded,
        seconds=_CANCEL_SECONDS,
        name="cancel",
        failed="paper.not-checked",
    )


class LocalWorkers:
    """Threads of this process.

    Args:
        pipeline: runs the steps.
        threads: how many.
    """

    def __init__(self, pipeline: Pipeline, *, threads: int) -> None:
        self._pipeline = pipeline
        self._queue = ThreadQueue(threads=threads)
        self._tasks = (lease_renewal(pipeline), cancellation(pipeline))
        self._queue.start(self._work)
        for task in self._tasks:
            task.start()

    def _work(self, paper: UUID) -> None:
        """Process waiting papers in fair turns; else this one, which may wait to be released."""
        if not self._pipeline.advance_next(None):
            self._pipeline.advance(paper)

    def enqueue(self, paper: UUID) -> None:
        """Enqueue a paper."""
        self._queue.enqueue(paper)

    def nudge(self) -> None:
        """Enqueue stalled papers, oldest dossier first."""
        for paper in self._pipeline.stalled_papers():
            self._queue.enqueue(paper)

    def check(self) -> None:
        """Check that every thread is alive."""
        if not self._queue.alive():
            raise TransientFault("queue.no-workers", "no worker lives; restart the service")

    def check_claims(self) -> None:
        """Do nothing: ``check`` covers the threads."""

    def wait(self, papers: Sequence[UUID]) -> None:
        """Return when the queue is empty and every thread idle."""
        del papers
        while not self._queue.wait_until_idle(seconds=1):
            pass

    def begin_stop(self) -> None:
        """Begin no more steps."""
        self._pipeline.stop()

    def stop(self) -> None:
        """Finish running steps; waiting papers stay in the ledger."""
        self._queue.stop()
        for task in self._tasks:
            task.stop()


class NudgeQueue(Protocol):
    """A queue that other processes consume."""

    def nudge(self, paper: UUID, lane: Lane) -> None:
        """Announce work in a lane; a broker that does not answer is no error."""
        ...

    def check(self) -> None:
        """Check that the broker answers.

        Raises:
            TransientFault: ``broker.no-answer``.
        """
        ...


class RemoteWorkers:
    """Other processes, perhaps on other machines, observed through the ledger.

    Args:
        queue: announces papers to them.
        following: reads the state of papers.
        clock: gives the current time.
        watch: receives the moves that ``wait`` observes.
    """

    def __init__(
        self, queue: NudgeQueue, *, following: QueueMonitor, clock: Clock, watch: Watch
    ) -> None:
        self._queue = queue
        self._following = following
        self._clock = clock
        self._watch = watch

    def enqueue(self, paper: UUID) -> None:
        """Announce a paper in the lane in which it waits."""
        for row in self._following.get_summaries([paper]):
            lane = LANES.get(row.state)
            if lane is not None:
                self._queue.nudge(paper, lane)

    def nudge(self) -> None:
        """Do nothing: the beat requeues stalled papers."""

    def check(self) -> None:
        """Check that the broker answers."""
        self._queue.check()

    def check_claims(self) -> None:
        """Check that no lane has work while none of its workers is active."""
        now = self._clock.now()
        for lane in Lane:
            if self._following.is_neglected(states_of(lane), since=now - _UNCLAIMED, now=now):
                raise TransientFault(
                    "queue.no-active-worker",
                    f"papers wait in the lane {lane.value} and no worker claims any; nothing is "
                    "lost: check that `sohoa worker` runs, for signing with the signing key",
                )

    def wait(self, papers: Sequence[UUID]) -> None:
        """Return when none of these papers moves any more; send their moves to the watch."""
        seen: dict[UUID, Event] = {}
        pages: dict[UUID, tuple[int, int]] = {}
        idle = _IdleLanes()
        open_ = list(dict.fromkeys(papers))
        while open_:
            moving = self._following.filter_runnable(open_, now=self._clock.now())
            # Read second, so that the last state of a paper that has stopped is reported.
            for row in self._following.get_summaries(open_):
                # The reason of an earlier stop is obsolete while the paper moves again.
                event = _event(row, why=row.paper not in moving)
                before, seen[row.paper] = seen.get(row.paper), event
                if before is None or _reported(before) != _reported(event):
                    self._watch(event)
                    idle.reset(None if before is None else before.state)
            open_ = [paper for paper in open_ if paper in moving]
            pages = self._report_pages(open_, before=pages)
            for state in self._following.leased_states(now=self._clock.now()):
                idle.reset(state)
            for paper in open_:
                if paper in seen and idle.expired(seen[paper].state):
                    self._watch(replace(seen[paper], no_worker=True))
            if open_:
                time.sleep(_POLL_SECONDS)

    def _report_pages(
        self, papers: Sequence[UUID], *, before: dict[UUID, tuple[int, int]]
    ) -> dict[UUID, tuple[int, int]]:
        now = self._following.get_progress(papers)
        for paper, (read, pages) in now.items():
            if before.get(paper) != (read, pages):
                self._watch(Event(paper=paper, state=PaperState.RECEIVED, page=read, pages=pages))
        return now

    def begin_stop(self) -> None:
        """Do nothing: no step runs here."""

    def stop(self) -> None:
        """Do nothing: no step runs here."""


class _IdleLanes:
    """For how long no worker of a lane has been active."""

    def __init__(self) -> None:
        self._since: dict[Lane, float] = {}

    def reset(self, state: PaperState | None) -> None:
        """Record that a worker holds, or held, a paper of this state."""
        lane = None if state is None else LANES.get(state)
        if lane is not None:
            self._since[lane] = time.monotonic()

    def expired(self, state: PaperState | None) -> bool:
        """Whether the lane of this state has been idle for long; restarts the count if so."""
        lane = None if state is None else LANES.get(state)
        if lane is None:
            return False
        now = time.monotonic()
        if now - self._since.setdefault(lane, now) < _IDLE_SECONDS:
            return False
        self._since[lane] = now
        return True


def _reported(event: Event) -> tuple[PaperState | None, str]:
    return event.state, "" if event.error is None else event.error.code


def _event(row: PaperSummary, *, why: bool) -> Event:
    fault = _FAULTS.get(row.fault) if row.code and why else None
    error = None if fault is None else fault(row.code.removeprefix(_SET_ASIDE), row.reason)
    return Event(paper=row.paper, state=row.state, error=error)
