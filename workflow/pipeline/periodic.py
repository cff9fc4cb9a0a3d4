"""A task that a thread repeats at an interval."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from dossier.errors import SohoaError

log = structlog.get_logger()


class PeriodicTask:
    """A thread that calls a function every few seconds until it is stopped.

    Args:
        work: the function; a ``SohoaError`` is logged and the next call follows as usual.
        seconds: between two calls, and before the first.
        name: of the thread.
        failed: the log event where a call fails.
    """

    def __init__(self, work: Callable[[], None], *, seconds: float, name: str, failed: str) -> None:
        self._work = work
        self._seconds = seconds
        self._failed = failed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._work()
            except SohoaError as error:
                log.warning(self._failed, code=error.code)
