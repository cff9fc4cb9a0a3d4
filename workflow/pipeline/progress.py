"""Reading progress of the papers that this process reads."""

from __future__ import annotations

import threading
from uuid import UUID

from dossier.states import PaperState
from workflow.pipeline.events import Event


class Progress:
    """Pages read and total pages, paper by paper."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[UUID, tuple[set[int], int]] = {}

    def note(self, event: Event) -> None:
        """Record an event of the pipeline."""
        with self._lock:
            if event.page and event.state is PaperState.RECEIVED:
                read, _ = self._read.get(event.paper, (set(), 0))
                self._read[event.paper] = ({*read, event.page}, event.pages)
            else:
                self._read.pop(event.paper, None)

    def all(self) -> dict[UUID, tuple[int, int]]:
        """Pages read and total pages of each paper that is being read here."""
        with self._lock:
            return {paper: (len(read), pages) for paper, (read, pages) in self._read.items()}

    def of(self, paper: UUID) -> tuple[int, int] | None:
        """Pages read and total pages of one paper, or None while it is not being read here."""
        with self._lock:
            found = self._read.get(paper)
        return None if found is None else (len(found[0]), found[1])
