"""Who works papers off: threads of this process or workers elsewhere; callers see no difference."""

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
from dossier.ports import Clock, LedgerRow
from dossier.states import PaperState
from workflow.ledger.following import Following
from workflow.pipeline.events import Event, Watch
from workflow.pipeline.leases import LEASE
from workflow.pipeline.periodic import Rounds
from workflow.pipeline.steps import LANES, Lane, Pipeline, states_of
from workflow.pipeline.thread_queue import ThreadQueue

_ROUND_SECONDS = 5.0
_ROUNDS = round(LEASE.total_seconds() / 4 / _ROUND_SECONDS)  # after which leases are renewed
_LOOK_SECONDS = 0.3
_SILENT_SECONDS = 20.0
_UNTAKEN = timedelta(minutes=1)
_FAULTS = {e.fault: e for e in (RejectedInput, Misconfigured, TransientFault, IntegrityViolation)}
_SET_ASIDE = "set-aside."


class Workers(Protocol):
    """Those who work papers off."""

    def enqueue(self, paper: UUID) -> None:
        """Ask that a paper be moved on; losing it is harmless."""
        ...

    def nudge(self) -> None:
        """Take up what a crash or a passed time left to do; to be called now and then."""
        ...

    def check(self) -> None:
        """See that papers are taken up.

        Raises:
            TransientFault: they are not.
        """
        ...

    def check_taken(self) -> None:
        """See that whoever takes papers up is at work, where there is work.

        Raises:
            TransientFault: ``queue.untaken``.
        """
        ...

    def wait(self, papers: Sequence[UUID]) -> None:
        """Return when none of these papers moves any more."""
        ...

    def begin_stop(self) -> None:
        """Begin nothing new; may be called from a signal handler."""
        ...

    def stop(self) -> None:
        """Let what is in hand come to its end, and take no more."""
        ...


def renewing(pipeline: Pipeline) -> Rounds:
    """Rounds that hold what a pipeline has in hand for as long as it has it, and no longer."""
    rounds = count(1)

    def round_() -> None:
        number = next(rounds)
        pipeline.give_back()
        if number % _ROUNDS == 0:
            pipeline.renew()

    return Rounds(round_, seconds=_ROUND_SECONDS, name="renew", failed="lease.not-renewed")


class WorkersHere:
    """Threads of this process.

    Args:
        pipeline: what they do.
        threads: how many.
    """

    def __init__(self, pipeline: Pipeline, *, threads: int) -> None:
        self._pipeline = pipeline
        self._queue = ThreadQueue(threads=threads)
        self._renewing = renewing(pipeline)
        self._queue.start(pipeline.advance)
        self._renewing.start()

    def enqueue(self, paper: UUID) -> None:
        """Ask that a paper be moved on."""
        self._queue.enqueue(paper)

    def nudge(self) -> None:
        """Enqueue what a crash or a passed time left to do, oldest dossier first."""
        for paper in self._pipeline.nudge_order():
            self._queue.enqueue(paper)

    def check(self) -> None:
        """See that every thread still takes papers."""
        if not self._queue.alive():
            raise TransientFault("queue.no-workers", "no worker lives; restart the service")

    def check_taken(self) -> None:
        """Nothing: ``check`` looked at those who work."""

    def wait(self, papers: Sequence[UUID]) -> None:
        """Return when nothing waits here or is worked on."""
        del papers
        while not self._queue.wait_until_idle(seconds=1):
            pass

    def begin_stop(self) -> None:
        """Begin no step any more."""
        self._pipeline.stop()

    def stop(self) -> None:
        """Let the steps in hand come to their end; what waits stays in the ledger."""
        self._queue.stop()
        self._renewing.stop()


class NudgeQueue(Protocol):
    """A queue that other processes take from."""

    def nudge(self, paper: UUID, lane: Lane) -> None:
        """Tell that something is to do in a lane; not being able to is no error."""
        ...

    def check(self) -> None:
        """See that the broker answers.

        Raises:
            TransientFault: ``broker.no-answer``.
        """
        ...


class WorkersElsewhere:
    """Other processes, perhaps of other machines; the ledger tells how far they are.

    Args:
        queue: where they hear of papers.
        following: how papers stand.
        clock: what has waited long enough.
        watch: is told of moves while ``wait`` waits.
    """

    def __init__(
        self, queue: NudgeQueue, *, following: Following, clock: Clock, watch: Watch
    ) -> None:
        self._queue = queue
        self._following = following
        self._clock = clock
        self._watch = watch

    def enqueue(self, paper: UUID) -> None:
        """Nudge the lane in which a paper waits."""
        for row in self._following.standing([paper]):
            lane = LANES.get(row.state)
            if lane is not None:
                self._queue.nudge(paper, lane)

    def nudge(self) -> None:
        """Nothing: the beat does it."""

    def check(self) -> None:
        """See that the broker answers."""
        self._queue.check()

    def check_taken(self) -> None:
        """See that no lane's papers wait while nobody works in it."""
        now = self._clock.now()
        for lane in Lane:
            if self._following.untaken(states_of(lane), since=now - _UNTAKEN, now=now):
                raise TransientFault(
                    "queue.untaken",
                    f"papers wait in the lane {lane.value} and no worker takes any up; nothing is "
                    "lost: see that `sohoa worker` runs, one with the signing key for signing",
                )

    def wait(self, papers: Sequence[UUID]) -> None:
        """Return when none of these papers moves any more; tell the watch what moved."""
        seen: dict[UUID, Event] = {}
        pages: dict[UUID, tuple[int, int]] = {}
        silence = _Silence()
        open_ = list(dict.fromkeys(papers))
        while open_:
            moving = self._following.moving(open_, now=self._clock.now())
            # Looked at after: what moves no more has been told how it stands.
            for row in self._following.standing(open_):
                # Why a paper stopped the last time is no news while it moves again.
                event = _event(row, why=row.paper not in moving)
                before, seen[row.paper] = seen.get(row.paper), event
                if before is None or _told(before) != _told(event):
                    self._watch(event)
                    silence.end(None if before is None else before.state)
            open_ = [paper for paper in open_ if paper in moving]
            pages = self._tell_pages(open_, before=pages)
            for state in self._following.held(now=self._clock.now()):
                silence.end(state)
            for paper in open_:
                if paper in seen and silence.lasts(seen[paper].state):
                    self._watch(replace(seen[paper], untaken=True))
            if open_:
                time.sleep(_LOOK_SECONDS)

    def _tell_pages(
        self, papers: Sequence[UUID], *, before: dict[UUID, tuple[int, int]]
    ) -> dict[UUID, tuple[int, int]]:
        now = self._following.reading(papers)
        for paper, (read, pages) in now.items():
            if before.get(paper) != (read, pages):
                self._watch(Event(paper=paper, state=PaperState.RECEIVED, page=read, pages=pages))
        return now

    def begin_stop(self) -> None:
        """Nothing is begun here."""

    def stop(self) -> None:
        """Nothing is in hand here."""


class _Silence:
    """For how long no worker of a lane was seen at work."""

    def __init__(self) -> None:
        self._since: dict[Lane, float] = {}

    def end(self, state: PaperState | None) -> None:
        """Somebody has, or had, a paper of this state in hand."""
        lane = None if state is None else LANES.get(state)
        if lane is not None:
            self._since[lane] = time.monotonic()

    def lasts(self, state: PaperState | None) -> bool:
        """Whether it has lasted long for papers of this state; then it counts anew."""
        lane = None if state is None else LANES.get(state)
        if lane is None:
            return False
        now = time.monotonic()
        if now - self._since.setdefault(lane, now) < _SILENT_SECONDS:
            return False
        self._since[lane] = now
        return True


def _told(event: Event) -> tuple[PaperState | None, str]:
    return event.state, "" if event.error is None else event.error.code


def _event(row: LedgerRow, *, why: bool) -> Event:
    fault = _FAULTS.get(row.fault) if row.code and why else None
    error = None if fault is None else fault(row.code.removeprefix(_SET_ASIDE), row.reason)
    return Event(paper=row.paper, state=row.state, error=error)
