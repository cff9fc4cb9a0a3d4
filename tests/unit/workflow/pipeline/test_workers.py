"""Waiting for remote workers reports moves and why papers stop, but no older reasons."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from unit.workflow.fakes import OFFICE, START, StandingClock

from dossier.errors import TransientFault
from dossier.states import PaperState
from workflow.ledger.monitoring import QueueMonitor
from workflow.ledger.types import PaperSummary
from workflow.pipeline import workers as working
from workflow.pipeline.events import Event
from workflow.pipeline.steps import Lane
from workflow.pipeline.workers import RemoteWorkers

PAPER = UUID(int=1)
WAITED = PaperSummary(
    paper=PAPER,
    version=1,
    sequence=1,
    office=OFFICE,
    dossier="A-1",
    ordinal=1,
    source="a.png",
    media_type="image/png",
    state=PaperState.DESCRIBED,
    code="tsa.no-answer",
    reason="it did not answer",
    pages=1,
    kind="",
    level="",
    sign_requested=True,
    retry_at=None,
    set_aside=False,
    received_at=START,
    updated_at=START,
    fault="nobody",
    progress=None,
)
DONE = replace(WAITED, state=PaperState.ARCHIVED, code="", reason="", fault="")


class Scripted:
    """A ledger that tells one scene after the other: whether the paper moves, and how it stands."""

    def __init__(
        self,
        *scenes: tuple[bool, PaperSummary],
        held: Sequence[PaperState] = (),
        reads: bool = False,
    ) -> None:
        self._left = list(scenes)
        self._held = set(held)
        self._reads = reads

    def filter_runnable(self, papers: Sequence[UUID], *, now: datetime) -> set[UUID]:
        del now
        return set(papers) if self._left[0][0] else set()

    def is_neglected(self, states: Sequence[PaperState], *, since: datetime, now: datetime) -> bool:
        assert since == now - timedelta(minutes=1)
        return PaperState.DESCRIBED in states and not self._held

    def leased_states(self, *, now: datetime) -> set[PaperState]:
        del now
        return self._held

    def get_progress(self, papers: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
        return dict.fromkeys(papers, (1, 3)) if self._reads else {}

    def get_summaries(self, papers: Sequence[UUID]) -> list[PaperSummary]:
        del papers
        return [self._left.pop(0)[1]]


class NoQueue:
    def nudge(self, paper: UUID, lane: Lane) -> None:
        """Nobody hears."""

    def check(self) -> None:
        """It answers."""


def _reported(
    monkeypatch: pytest.MonkeyPatch,
    *scenes: tuple[bool, PaperSummary],
    held: Sequence[PaperState] = (),
    silent_looks: int = 9,
    reads: bool = False,
) -> list[Event]:
    looks: list[float] = []
    monkeypatch.setattr(time, "sleep", looks.append)
    monkeypatch.setattr(time, "monotonic", lambda: float(len(looks)))
    monkeypatch.setattr(working, "_IDLE_SECONDS", silent_looks)
    events: list[Event] = []
    following = cast("QueueMonitor", Scripted(*scenes, held=held, reads=reads))
    RemoteWorkers(NoQueue(), following=following, clock=StandingClock(), watch=events.append).wait(
        [PAPER]
    )
    return events


def test_pages_read_elsewhere_are_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = replace(WAITED, state=PaperState.RECEIVED)
    events = _reported(monkeypatch, *[(True, reading)] * 3, (False, DONE), reads=True)
    assert [(event.state, event.page, event.pages) for event in events] == [
        (PaperState.RECEIVED, 0, 0),
        (PaperState.RECEIVED, 1, 3),
        (PaperState.ARCHIVED, 0, 0),
    ]


def test_a_missing_worker_is_reported_periodically(monkeypatch: pytest.MonkeyPatch) -> None:
    events = _reported(monkeypatch, *[(True, WAITED)] * 7, (False, DONE), silent_looks=3)
    assert [event.no_worker for event in events] == [False, True, True, False]
    assert {event.state for event in events if event.no_worker} == {PaperState.DESCRIBED}


@pytest.mark.parametrize(
    ("held", "untaken"),
    [
        ([PaperState.SIGNED], 0),  # of the same lane: it will be our turn
        ([PaperState.RECEIVED], 2),
    ],
)
def test_it_is_the_workers_of_its_lane_that_count(
    monkeypatch: pytest.MonkeyPatch, held: list[PaperState], untaken: int
) -> None:
    events = _reported(monkeypatch, *[(True, WAITED)] * 7, (False, DONE), held=held, silent_looks=3)
    assert sum(event.no_worker for event in events) == untaken


def test_why_it_stopped_last_time_is_no_news_while_it_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = _reported(monkeypatch, (True, WAITED), (True, WAITED), (False, DONE))
    assert [(event.state, event.error) for event in events] == [
        (PaperState.DESCRIBED, None),
        (PaperState.ARCHIVED, None),
    ]


def test_the_current_reason_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    events = _reported(monkeypatch, (True, WAITED), (False, WAITED))
    assert [event.error and event.error.code for event in events] == [None, "tsa.no-answer"]


def test_an_idle_lane_is_reported() -> None:
    def elsewhere(*held: PaperState) -> RemoteWorkers:
        following = cast("QueueMonitor", Scripted(held=held))
        return RemoteWorkers(
            NoQueue(), following=following, clock=StandingClock(), watch=lambda _: None
        )

    elsewhere(PaperState.SIGNED).check_claims()
    with pytest.raises(TransientFault, match="the lane signing") as raised:
        elsewhere().check_claims()
    assert raised.value.code == "queue.no-active-worker"
