"""A worker reports its reading progress: only changes, and nothing of finished papers."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from dossier.states import PaperState
from workflow.ledger.queue import PaperQueue
from workflow.pipeline.celery.progress_reporter import ProgressReporter
from workflow.pipeline.events import Event

ONE, TWO = UUID(int=1), UUID(int=2)


class Ledger:
    def __init__(self) -> None:
        self.written: list[tuple[str, dict[UUID, tuple[int, int]]]] = []

    def save_progress(self, holder: str, read: dict[UUID, tuple[int, int]]) -> None:
        self.written.append((holder, read))


def _page(paper: UUID, page: int) -> Event:
    return Event(paper=paper, state=PaperState.RECEIVED, page=page, pages=3)


def test_what_is_new_is_reported_and_every_event_is_passed_on() -> None:
    ledger, seen = Ledger(), list[Event]()
    reporter = ProgressReporter(cast("PaperQueue", ledger), holder="h:1:1", watch=seen.append)
    reporter.report()
    events = [_page(ONE, 2), _page(TWO, 1), _page(ONE, 1)]
    for event in events:
        reporter(event)
    reporter.report()
    reporter.report()
    over = Event(paper=ONE, state=PaperState.RECOGNISED, before=PaperState.RECEIVED)
    for event in (_page(TWO, 3), over):
        reporter(event)
    reporter.report()
    assert ledger.written == [("h:1:1", {ONE: (2, 3), TWO: (1, 3)}), ("h:1:1", {TWO: (2, 3)})]
    assert seen == [*events, _page(TWO, 3), over]
