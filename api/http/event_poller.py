"""Polls the ledger for moves, once for all waiting streams."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

POLL_SECONDS = 1.0
_MOST_STREAMS = 200
_MOST_OF_ONE = 20  # token


class EventPoller:
    """The number of the newest move, polled once for all waiting streams.

    Polling the ledger also sees the moves of other processes (``sohoa sign`` beside a service).
    """

    def __init__(self) -> None:
        self._ended = False
        self._streams: Counter[str] = Counter()
        self._at = 0.0
        self._last = 0
        self._polling = asyncio.Lock()

    def end(self) -> None:
        """End all streams; clients reconnect to the next process that serves."""
        self._ended = True

    @property
    def ended(self) -> bool:
        """Whether streams are to end."""
        return self._ended

    def is_full_for(self, token: str) -> bool:
        """Whether there are as many streams as there may be, of all or of this token."""
        return self._streams.total() >= _MOST_STREAMS or self._streams[token] >= _MOST_OF_ONE

    async def last(self, poll: Callable[[], int]) -> int:
        """The newest move's number, not older than a second."""
        async with self._polling:
            now = asyncio.get_running_loop().time()
            if now - self._at >= POLL_SECONDS:
                self._last = await run_in_threadpool(poll)
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
