"""Time and ids of the real world."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dossier.errors import TransientFault
from dossier.ports import Clock

_REFRESH_SECONDS = 60.0


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return datetime.now(UTC)


class SharedClock:
    """The clock of the database, which all machines share; read once a minute, advanced between.

    Leases, times of archiving and terms come from it, so that a machine whose own clock is wrong
    takes no paper from another and keeps none too short.

    Args:
        ask: the database's time, aware.
    """

    def __init__(self, ask: Callable[[], datetime]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._read: tuple[datetime, float] | None = None
        self._refresh_at = 0.0

    def now(self) -> datetime:
        """The time, aware, UTC.

        Raises:
            TransientFault: the time was never read, and the database does not answer.
        """
        with self._lock:
            before = time.monotonic()
            if self._read is None or before >= self._refresh_at:
                self._learn(before)
            read, at = self._read or (datetime.now(UTC), time.monotonic())
            return read + timedelta(seconds=time.monotonic() - at)

    def _learn(self, before: float) -> None:
        self._refresh_at = before + _REFRESH_SECONDS
        try:
            read = self._ask()
        except TransientFault:
            # The last reading is advanced; the next minute retries.
            if self._read is None:
                self._refresh_at = 0.0
                raise
            return
        after = time.monotonic()
        self._read = read.astimezone(UTC), (before + after) / 2


class TimedIds:
    """UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then a counter seeded at random.

    Within one process ids are strictly ascending, also within a millisecond and when the clock
    steps back.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> UUID:
        """A new id."""
        millis = int(self._clock.now().timestamp() * 1000)
        # 74 bits below the milliseconds: the first is left 0 so that counting up has room.
        fresh = (millis << 74) | (int.from_bytes(os.urandom(10)) & ((1 << 73) - 1))
        with self._lock:
            self._last = max(fresh, self._last + 1)
            value = self._last
        high, low = value >> 62, value & ((1 << 62) - 1)
        stamp, rand_a = high >> 12, high & 0xFFF
        return UUID(int=(stamp << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | low)
