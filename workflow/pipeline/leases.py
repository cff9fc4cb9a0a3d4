"""Leases of the papers that this process works on: claim, renew, release."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from dossier.ports import Clock
from dossier.states import PaperState
from workflow.ledger.claim_order import ClaimOrder
from workflow.ledger.queue import PaperQueue
from workflow.ledger.types import WorkItem
from workflow.pipeline.process_identity import is_gone, this_process

# Renewed while a step runs (``renew``); only another machine waits for it to expire.
LEASE = timedelta(minutes=3)


class Leases:
    """The papers that the threads of this process have claimed.

    Args:
        ledger: stores leases and their holders.
        clock: gives the current time.
        per_office: how many papers of one office may be claimed at once; the threads beyond that
            are for other offices.

    Attributes:
        holder: the name of this process in the ledger.
    """

    def __init__(self, ledger: PaperQueue, *, clock: Clock, per_office: int) -> None:
        self.holder = this_process()
        self._ledger = ledger
        self._clock = clock
        self._per_office = per_office
        self._order = ClaimOrder()
        self._offices: Counter[str] = Counter()
        # By claimed version: a second thread here may claim a paper whose first step still runs.
        self._versions: dict[UUID, int] = {}
        # Papers whose last result could not be saved.
        self._unsaved: set[UUID] = set()
        self._lock = threading.Lock()

    def claim(self, paper: UUID) -> WorkItem | None:
        """Claim a paper; also one that this process holds but could not release."""

        def expired(holder: str) -> bool:
            return is_gone(holder) or (holder == self.holder and paper not in self._versions)

        return self._record(
            lambda: self._ledger.claim(
                paper, now=self._clock.now(), lease=LEASE, holder=self.holder, is_gone=expired
            )
        )

    def claim_next(self, states: Sequence[PaperState]) -> WorkItem | None:
        """Claim the next paper that waits in one of these states."""
        return self._record(
            lambda: self._ledger.claim_next(
                states,
                now=self._clock.now(),
                lease=LEASE,
                holder=self.holder,
                is_gone=is_gone,
                order=self._order,
                full=[o for o, papers in self._offices.items() if papers >= self._per_office],
            )
        )

    def _record(self, claim: Callable[[], WorkItem | None]) -> WorkItem | None:
        """Claim a paper and record it before another thread can claim."""
        with self._lock:
            item = claim()
            if item is not None:
                self._versions[item.paper.id] = item.version
                self._offices[item.paper.office] += 1
        return item

    def owns(self, item: WorkItem) -> bool:
        """Whether no other thread of this process has claimed the paper since."""
        return self._versions.get(item.paper.id) == item.version

    def finish(self, item: WorkItem, *, saved: bool) -> None:
        """Record that a step has ended.

        Args:
            item: as it was claimed.
            saved: whether the ledger has stored the result.
        """
        with self._lock:
            if not saved:
                self._unsaved.add(item.paper.id)
            self._offices[item.paper.office] -= 1
            if self.owns(item):
                del self._versions[item.paper.id]

    def stalled(self) -> list[UUID]:
        """Papers that a crash left behind or whose retry is due, oldest dossier first."""
        stalled = self._ledger.list_stalled(
            now=self._clock.now(), is_gone=lambda holder: holder == self.holder or is_gone(holder)
        )
        return [paper for paper in stalled if paper not in self._versions]

    def renew(self) -> None:
        """Extend the leases of running steps; call it well within ``LEASE``."""
        papers = tuple(self._versions)
        if papers:
            self._ledger.renew_leases(self.holder, papers, until=self._clock.now() + LEASE)

    def release_unsaved(self) -> None:
        """Release papers whose result could not be saved, once the ledger answers."""
        with self._lock:
            papers = self._unsaved - self._versions.keys()
            if papers:
                self._ledger.release_leases(self.holder, papers, now=self._clock.now())
            self._unsaved.clear()
