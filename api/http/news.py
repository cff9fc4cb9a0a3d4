"""Whether anything has moved, for all streams that wait for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

LOOK_SECONDS = 1.0
_MOST_STREAMS = 200
_MOST_OF_ONE = 20  # token


class News:
    """Knows whether anything has moved; looks once for all who wait.

    Moves of other processes (``sohoa sign`` beside a service) are seen too: it is the ledger that
    is looked at.
    """

    def __init__(self) -> None:
        self._ended = False
        self._streams: Counter[str] = Counter()
        self._at = 0.0
        self._last = 0
        self._looking = asyncio.Lock()

    def end(self) -> None:
        """Let all streams come to their end; callers come again to whoever serves then."""
        self._ended = True

    @property
    def ended(self) -> bool:
        """Whether streams are to end."""
        return self._ended

    def is_full_for(self, token: str) -> bool:
        """Whether there are as many streams as there may be, of all or of this token."""
        return self._streams.total() >= _MOST_STREAMS or self._streams[token] >= _MOST_OF_ONE

    async def last(self, look: Callable[[], int]) -> int:
        """The newest move's number, not older than a second."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if now - self._at >= LOOK_SECONDS:
                self._last = await run_in_threadpool(look)
                self._at = now
            return self._last

    @contextmanager
    def listening(self, token: str) -> Iterator[None]:
        """Count a stream of a token for as long as the context lasts."""
        self._streams[token] += 1
        try:
            yield
        finally:
            self._streams[token] -= 1
            self._streams += Counter()  # forgets whose count is none
