"""How often each token may ask."""

from __future__ import annotations

import threading


class RateLimiter:
    """A bucket for each token that fills steadily and holds a minute's worth of requests.

    In this process alone, so a restart fills all buckets.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, token: str, *, rate: int, now: float) -> float:
        """Take one request out; 0 where there was one, else the seconds until there is.

        Args:
            token: whose.
            rate: requests a minute.
            now: seconds on a clock that never steps back.
        """
        with self._lock:
            left, at = self._left.get(token, (float(rate), now))
            left = min(float(rate), left + (now - at) * rate / 60)
            enough = left >= 1
            self._left[token] = (left - 1 if enough else left, now)
            return 0.0 if enough else (1 - left) * 60 / rate
