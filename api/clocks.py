"""Time and ids of the real world."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from uuid import UUID


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return datetime.now(UTC)


class TimedIds:
    """UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then a counter seeded at random.

    Within one process ids are strictly ascending, also within a millisecond and when the clock
    steps back.
    """

    def __init__(self, clock: SystemClock) -> None:
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
