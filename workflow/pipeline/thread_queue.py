"""The queue of embedded mode: worker threads in the same process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from uuid import UUID


class ThreadQueue:
    """A first-in, first-out queue of papers with a fixed number of consumer threads.

    A paper that already waits is not added again: its consumer reads the current state anyway.
    """

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._papers: queue.SimpleQueue[UUID | None] = queue.SimpleQueue()
        self._idle = threading.Condition()
        self._waiting: set[UUID] = set()
        self._working = 0
        self._stopping = False
        self._broken: BaseException | None = None
        self._running: list[threading.Thread] = []

    def enqueue(self, paper: UUID) -> None:
        """Add a paper."""
        with self._idle:
            if paper in self._waiting:
                return
            self._waiting.add(paper)
        self._papers.put(paper)

    def start(self, work: Callable[[UUID], None]) -> None:
        """Start the threads; an exception of ``work`` ends its thread and reaches the waiter."""
        for number in range(self._threads):
            thread = threading.Thread(
                target=self._consume, args=(work,), name=f"worker-{number}", daemon=True
            )
            thread.start()
            self._running.append(thread)

    def _consume(self, work: Callable[[UUID], None]) -> None:
        while (paper := self._papers.get()) is not None and not self._stopping:
            with self._idle:
                self._waiting.discard(paper)
                self._working += 1
            try:
                work(paper)
            except BaseException as error:  # noqa: BLE001 - a thread's traceback reaches no log
                with self._idle:
                    self._broken = error
                return
            finally:
                with self._idle:
                    self._working -= 1
                    self._idle.notify_all()

    def wait_until_idle(self, seconds: float | None = None) -> bool:
        """Return True when the queue is empty and every thread idle; False after so many seconds.

        Raises:
            BaseException: the exception that ended a thread.
        """
        with self._idle:
            idle = self._idle.wait_for(
                lambda: self._broken is not None or not (self._waiting or self._working),
                timeout=seconds,
            )
            if self._broken is not None:
                raise self._broken
            return idle

    def alive(self) -> bool:
        """Whether every thread is alive."""
        return bool(self._running) and all(thread.is_alive() for thread in self._running)

    def stop(self) -> None:
        """Finish running work and drop the queue; its papers stay in the ledger."""
        self._stopping = True
        for _ in self._running:
            self._papers.put(None)
        for thread in self._running:
            thread.join()
        self._running.clear()
