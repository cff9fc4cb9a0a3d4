"""A worker writes its reading progress to the ledger, where other processes read it."""

from __future__ import annotations

from uuid import UUID

from workflow.ledger.queue import PaperQueue
from workflow.pipeline.events import Event, Watch
from workflow.pipeline.periodic import PeriodicTask
from workflow.pipeline.progress import Progress

_REPORT_SECONDS = 1.0


class ProgressReporter:
    """Buffers progress and writes it once a second, so that no reader waits for the database.

    Args:
        ledger: stores the progress.
        holder: the name of this process in the ledger.
        watch: receives every event as well.
    """

    def __init__(self, ledger: PaperQueue, *, holder: str, watch: Watch) -> None:
        self._ledger = ledger
        self._holder = holder
        self._watch = watch
        self._progress = Progress()
        self._reported: dict[UUID, tuple[int, int]] = {}
        self.task = PeriodicTask(
            self.report,
            seconds=_REPORT_SECONDS,
            name="progress",
            failed="progress.not-reported",
        )

    def __call__(self, event: Event) -> None:
        """Record an event and pass it on."""
        self._progress.note(event)
        self._watch(event)

    def report(self) -> None:
        """Write what has changed since the last report."""
        now = self._progress.all()
        changed = {paper: read for paper, read in now.items() if self._reported.get(paper) != read}
        if changed:
            self._ledger.save_progress(self._holder, changed)
        self._reported = now
