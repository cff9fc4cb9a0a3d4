"""A worker tells how far its reading is: what is new, and nothing of what is over."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from dossier.states import PaperState
from workflow.ledger.queue import Claiming
from workflow.pipeline.celery.progress_reporter import Telling
from workflow.pipeline.events import Event

ONE, TWO = UUID(int=1), UUID(int=2)


class Ledger:
    def __init__(self) -> None:
        self.told: list[tuple[str, dict[UUID, tuple[int, int]]]] = []

    def note_reading(self, holder: str, read: dict[UUID, tuple[int, int]]) -> None:
        self.told.append((holder, read))


def _page(paper: UUID, page: int) -> Event:
    return Event(paper=paper, state=PaperState.RECEIVED, page=page, pages=3)


def test_what_is_new_is_told_and_every_event_is_handed_on() -> None:
    ledger, seen = Ledger(), list[Event]()
    telling = Telling(cast("Claiming", ledger), holder="h:1:1", watch=seen.append)
    telling.tell()
    events = [_page(ONE, 2), _page(TWO, 1), _page(ONE, 1)]
    for event in events:
        telling(event)
    telling.tell()
    telling.tell()
    over = Event(paper=ONE, state=PaperState.RECOGNISED, before=PaperState.RECEIVED)
    for event in (_page(TWO, 3), over):
        telling(event)
    telling.tell()
    assert ledger.told == [("h:1:1", {ONE: (2, 3), TWO: (1, 3)}), ("h:1:1", {TWO: (2, 3)})]
    assert seen == [*events, _page(TWO, 3), over]
