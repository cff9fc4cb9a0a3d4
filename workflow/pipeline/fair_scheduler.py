"""Fair turns at the child processes: between offices, then between dossiers.

Each office has a share of the machine's time (fair queueing): a free child goes to the waiting
office that has used the least. An office that returns after a pause starts ahead of the busy ones
by a credit, so that its single letter waits for the page that runs now and for no other one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from dossier.errors import TransientFault

# An office is ahead by so much when it returns, and no more however long it paused; seconds.
_CREDIT_SECONDS = 30.0
# A child stays free for so long for the office that had it, if that is ahead: its next job comes.
_HOLD_SECONDS = 0.25
_POLL_SECONDS = 0.25
_MAX_REMEMBERED = 2000


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose job it is."""

    office: str
    dossier: str


class _Usage:
    """The time that each key has used, comparable between keys."""

    def __init__(self) -> None:
        self._used: dict[object, float] = {}
        # The virtual time of fair queueing: where busy keys stand.
        self._now = 0.0
        self._busy: dict[object, int] = {}

    def __getitem__(self, key: object) -> float:
        return self._used.get(key, 0.0)

    def enter(self, key: object) -> None:
        """Record that a job waits or runs."""
        if not self._busy.get(key):
            self._used[key] = max(self._used.get(key, 0.0), self._now - _CREDIT_SECONDS)
        self._busy[key] = self._busy.get(key, 0) + 1

    def leave(self, key: object, seconds: float) -> None:
        """Record that it has ended, after so long in a child."""
        if seconds:
            self._now = max(self._now, self._used[key])
        self._used[key] += seconds
        self._busy[key] -= 1
        if not self._busy[key]:
            del self._busy[key]
        if len(self._used) > _MAX_REMEMBERED:
            self._used = {busy: self._used[busy] for busy in self._busy}


@dataclass(eq=False, slots=True)
class _Waiter:
    owner: Owner
    number: int
    granted: bool = False


class Turns:
    """Grants so many turns at once, in a fair order.

    Args:
        size: how many jobs may run side by side.
        monotonic: a clock, seconds.
    """

    def __init__(self, size: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._free = size
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._waiting: list[_Waiter] = []
        self._numbers = count()
        self._offices, self._dossiers = _Usage(), _Usage()
        # By office: until when a child is kept free for it.
        self._held: dict[str, float] = {}

    @contextmanager
    def turn(self, owner: Owner, *, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Wait for a turn and hold it during the context.

        Args:
            owner: whose job it is.
            cancelled: whether to stop waiting.

        Raises:
            TransientFault: ``child.cancelled``.
        """
        self._acquire(owner, cancelled)
        began = self._monotonic()
        try:
            yield
        finally:
            self._release(owner, self._monotonic() - began)

    def _acquire(self, owner: Owner, cancelled: Callable[[], bool]) -> None:
        with self._changed:
            waiter = _Waiter(owner, next(self._numbers))
            self._offices.enter(owner.office)
            self._dossiers.enter(owner)
            self._waiting.append(waiter)
            self._grant()
            while not waiter.granted:
                if cancelled():
                    self._waiting.remove(waiter)
                    self._leave(owner, 0.0)
                    raise TransientFault("child.cancelled", "the paper was changed meanwhile")
                self._changed.wait(_POLL_SECONDS)
                self._grant()

    def _release(self, owner: Owner, seconds: float) -> None:
        with self._changed:
            self._free += 1
            self._leave(owner, seconds)
            used = self._offices[owner.office]
            if any(used < self._offices[waiter.owner.office] for waiter in self._waiting):
                self._held[owner.office] = self._monotonic() + _HOLD_SECONDS
            self._grant()

    def _leave(self, owner: Owner, seconds: float) -> None:
        self._offices.leave(owner.office, seconds)
        self._dossiers.leave(owner, seconds)

    def _grant(self) -> None:
        """Give free turns to the waiters that are first; call it with the lock."""
        now = self._monotonic()
        self._held = {office: until for office, until in self._held.items() if until > now}
        while self._waiting and self._free > 0:
            first = min(self._waiting, key=self._rank)
            others = sum(office != first.owner.office for office in self._held)
            if self._free <= others:
                return
            self._held.pop(first.owner.office, None)
            self._waiting.remove(first)
            self._free -= 1
            first.granted = True
            self._changed.notify_all()

    def _rank(self, waiter: _Waiter) -> tuple[float, float, int]:
        owner = waiter.owner
        return self._offices[owner.office], self._dossiers[owner], waiter.number
