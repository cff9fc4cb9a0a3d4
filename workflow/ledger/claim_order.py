"""Fair turns in the queue: between offices, then between the dossiers of an office.

Each process remembers whom it has served, and serves first whom it has served longest ago. Among
those that it has not served yet, the oldest dossier comes first.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from itertools import count

_MAX_DOSSIERS = 500  # of one office; a round ends at the latest then


class ClaimOrder:
    """Whom this process has served: offices in order, and the dossiers of each one's round."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._offices: dict[str, int] = {}
        self._dossiers: dict[str, set[str]] = {}

    def sort_offices(self, offices: Collection[str]) -> list[str]:
        """Offices in the order of their turns; equals stay in the order given."""
        with self._lock:
            return sorted(offices, key=lambda office: self._offices.get(office, 0))

    def served(self, office: str) -> frozenset[str]:
        """The dossiers of an office that have had their turn in this round."""
        with self._lock:
            return frozenset(self._dossiers.get(office, ()))

    def record(self, office: str, dossier: str) -> None:
        """Record that a paper of a dossier was claimed.

        A dossier that was served already begins a new round: the others had their turn.
        """
        with self._lock:
            self._offices[office] = next(self._numbers)
            served = self._dossiers.setdefault(office, set())
            if dossier in served or len(served) >= _MAX_DOSSIERS:
                served.clear()
            served.add(dossier)
