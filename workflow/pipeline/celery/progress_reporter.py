"""A worker tells the ledger how far its reading is: who waits asks another process."""

from __future__ import annotations

from uuid import UUID

from workflow.ledger.queue import Claiming
from workflow.pipeline.events import Event, Watch
from workflow.pipeline.periodic import Rounds
from workflow.pipeline.progress import Progress

_TELL_SECONDS = 1.0


class Telling:
    """Keeps what is read, to be told now and then; nobody who reads waits for the database.

    Args:
        ledger: is told.
        holder: who reads, as the ledger knows it.
        watch: is told of every event besides.
    """

    def __init__(self, ledger: Claiming, *, holder: str, watch: Watch) -> None:
        self._ledger = ledger
        self._holder = holder
        self._watch = watch
        self._progress = Progress()
        self._told: dict[UUID, tuple[int, int]] = {}
        self.rounds = Rounds(
            self.tell, seconds=_TELL_SECONDS, name="telling", failed="reading.not-told"
        )

    def __call__(self, event: Event) -> None:
        """Take an event in, and hand it on."""
        self._progress.note(event)
        self._watch(event)

    def tell(self) -> None:
        """Tell what is new since the last time."""
        now = self._progress.all()
        new = {paper: read for paper, read in now.items() if self._told.get(paper) != read}
        if new:
            self._ledger.note_reading(self._holder, new)
        self._told = now
