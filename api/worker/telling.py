"""A worker tells the ledger how far its reading is: who waits asks another process."""

from __future__ import annotations

import threading
from uuid import UUID

import structlog

from api.ledger.claiming import Claiming
from api.progress import Progress
from api.watching import Event, Watch
from dossier.errors import SohoaError

log = structlog.get_logger()

_TELL_SECONDS = 1.0


class Telling:
    """A thread that tells now and then; nobody who reads waits for the database.

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
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._rounds, name="telling", daemon=True)

    def __call__(self, event: Event) -> None:
        """Take an event in, and hand it on."""
        self._progress.note(event)
        self._watch(event)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def tell(self) -> None:
        """Tell what is new since the last time."""
        now = self._progress.all()
        new = {paper: read for paper, read in now.items() if self._told.get(paper) != read}
        if new:
            self._ledger.note_reading(self._holder, new)
        self._told = now

    def _rounds(self) -> None:
        while not self._ended.wait(_TELL_SECONDS):
            try:
                self.tell()
            except SohoaError as error:
                log.warning("reading.not-told", code=error.code)
