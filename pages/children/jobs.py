"""The jobs of one paper: cancelled together, within one budget of CPU time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from dossier.errors import RejectedInput, TransientFault


class JobRunner(Protocol):
    """Runs jobs in child processes; ``Children`` is one."""

    @property
    def size(self) -> int:
        """How many jobs at most run side by side."""
        ...

    def run(
        self,
        job: str,
        arguments: dict[str, Any],
        *,
        deadline: float,
        what: str,
        reads: Mapping[str, Path | bytes] | None = None,
        writes: Mapping[str, Path] | None = None,
        scratch: str | None = None,
        prepare: tuple[str, dict[str, Any]] | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Run a function in a child and return what it returns, as ``Children.run``."""
        ...


class BudgetExceeded(RejectedInput):
    """``scan.too-costly``: the paper has used up its CPU time."""


class Killable(Protocol):
    """A process that can be ended from any thread."""

    def kill(self) -> None:
        """End it and all that it started."""
        ...


class JobGroup:
    """Jobs that are cancelled together and share a budget.

    Args:
        cpu_seconds: the CPU time of all its jobs, s.
    """

    def __init__(self, *, cpu_seconds: float = math.inf) -> None:
        self._limit = cpu_seconds
        self._used = 0.0
        self._lock = threading.Lock()
        self._running: set[Killable] = set()
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether no more jobs may run."""
        return self._cancelled

    def cancel(self) -> None:
        """End running jobs and refuse new ones."""
        with self._lock:
            self._cancelled = True
            # Under the lock: a process that has ended its job may get another group's.
            for process in self._running:
                process.kill()

    def check(self, what: str) -> None:
        """Check that another job may run.

        Args:
            what: the job, for errors.

        Raises:
            TransientFault: ``child.cancelled``.
            BudgetExceeded: ``scan.too-costly``.
        """
        if self._cancelled:
            raise TransientFault("child.cancelled", f"{what}: its paper was changed meanwhile")
        if self._used >= self._limit:
            raise BudgetExceeded(
                "scan.too-costly",
                f"{what}: the file takes more than {self._limit:g} seconds of CPU time; scan the "
                "paper at a lower resolution (200 to 300 dpi will do), or send it in parts",
            )

    def deadline(self, seconds: float) -> float:
        """The deadline of the next job: its own, or what is left of the budget; seconds."""
        return min(seconds, max(self._limit - self._used, 0.0))

    @contextmanager
    def running(self, process: Killable, *, what: str) -> Iterator[Callable[[float], None]]:
        """End the process if the group is cancelled during the context.

        Yields:
            A function that takes the CPU time of the job, s. Without it the time on the clock
            counts, which is no less: a job is one process.

        Raises:
            TransientFault: ``child.cancelled``, whatever the job itself came to.
        """
        began, spent = time.monotonic(), list[float]()
        with self._lock:
            self.check(what)
            self._running.add(process)
        try:
            yield spent.append
        finally:
            with self._lock:
                self._running.discard(process)
                self._used += sum(spent) if spent else time.monotonic() - began
            if self._cancelled:
                self.check(what)
