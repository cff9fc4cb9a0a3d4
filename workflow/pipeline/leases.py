"""What the threads of this process have in hand: taken, held for longer, let go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from dossier.ports import Clock
from dossier.states import PaperState
from workflow.ledger.queue import Claiming
from workflow.ledger.types import WorkItem
from workflow.pipeline.process_name import is_gone, this_process

# Renewed while a step runs (``renew``); only another machine waits for it to pass.
LEASE = timedelta(minutes=3)


class Holding:
    """The papers that a thread of this process is working on now.

    Args:
        ledger: knows what is held, and by which process.
        clock: tells until when.

    Attributes:
        holder: this process, as the ledger names it.
    """

    def __init__(self, ledger: Claiming, *, clock: Clock) -> None:
        self.holder = this_process()
        self._ledger = ledger
        self._clock = clock
        # By the version that was taken: where another thread here took a paper away from one whose
        # step still runs, it has it, whenever that step ends.
        self._held: dict[UUID, int] = {}
        # Those of which the ledger could not be told how far they came.
        self._untold: set[UUID] = set()
        self._claiming = threading.Lock()

    def take(self, paper: UUID) -> WorkItem | None:
        """Take a paper in hand, also one that this process holds but could not give back."""

        def lets_go(holder: str) -> bool:
            return is_gone(holder) or (holder == self.holder and paper not in self._held)

        return self._taken(
            lambda: self._ledger.claim(
                paper, now=self._clock.now(), lease=LEASE, holder=self.holder, is_gone=lets_go
            )
        )

    def take_oldest(self, states: Sequence[PaperState]) -> WorkItem | None:
        """Take the oldest paper in hand that stands in one of these states."""
        return self._taken(
            lambda: self._ledger.claim_next(
                states, now=self._clock.now(), lease=LEASE, holder=self.holder, is_gone=is_gone
            )
        )

    def _taken(self, claim: Callable[[], WorkItem | None]) -> WorkItem | None:
        """What a claim gives, known as ours before another thread claims."""
        with self._claiming:
            held = claim()
            if held is not None:
                self._held[held.paper.id] = held.version
        return held

    def has(self, held: WorkItem) -> bool:
        """Whether no other thread of this process has taken the paper meanwhile."""
        return self._held.get(held.paper.id) == held.version

    def end(self, held: WorkItem, *, told: bool) -> None:
        """A step at a paper is over.

        Args:
            held: as it was taken.
            told: whether the ledger could be told how it ended.
        """
        with self._claiming:
            if not told:
                self._untold.add(held.paper.id)
            if self.has(held):
                del self._held[held.paper.id]

    def stalled(self) -> list[UUID]:
        """What a crash or a passed time left to do, oldest dossier first."""
        left = self._ledger.stalled(
            now=self._clock.now(), is_gone=lambda holder: holder == self.holder or is_gone(holder)
        )
        return [paper for paper in left if paper not in self._held]

    def renew(self) -> None:
        """Hold for longer what is in hand; to be called well within ``LEASE``."""
        papers = tuple(self._held)
        if papers:
            self._ledger.renew(self.holder, papers, until=self._clock.now() + LEASE)

    def give_back(self) -> None:
        """Let go what the ledger could not be told of, once it answers; to be called often."""
        with self._claiming:
            papers = self._untold - self._held.keys()
            if papers:
                self._ledger.give_back(self.holder, papers, now=self._clock.now())
            self._untold.clear()
