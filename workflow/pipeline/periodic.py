"""Work that comes round again and again, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from dossier.errors import SohoaError

log = structlog.get_logger()


class Rounds:
    """A thread that does the same every few seconds until it is stopped.

    Args:
        work: what it does; an error of ours is logged, and it comes round again.
        seconds: between two rounds, and before the first.
        name: of the thread.
        failed: the event that is logged where a round fails.
    """

    def __init__(self, work: Callable[[], None], *, seconds: float, name: str, failed: str) -> None:
        self._work = work
        self._seconds = seconds
        self._failed = failed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._come_round, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _come_round(self) -> None:
        while not self._ended.wait(self._seconds):
            try:
                self._work()
            except SohoaError as error:
                log.warning(self._failed, code=error.code)
