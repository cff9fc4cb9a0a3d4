"""Progress on stderr: each paper, its stage, how many are left."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Self
from uuid import UUID

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from api.cli.output import seen
from api.wording import labels, sentences
from dossier.codes import mask_numbers
from dossier.errors import SohoaError
from dossier.states import PaperState
from workflow.pipeline.events import Event

_UNTAKEN = (
    "chưa có máy nào nhận việc này, giấy không mất / no worker takes it up, nothing is lost; "
    "see that `sohoa worker` runs, one with the signing key for what is to be signed"
)
# Where a paper stands still by itself.
_RESTING = {PaperState.REVIEW, PaperState.DESCRIBED, PaperState.ARCHIVED, PaperState.REJECTED}


class Waiting:
    """Takes the pipeline's events from any thread; a bar on a terminal, lines elsewhere."""

    def __init__(self, *, signing: bool) -> None:
        self.errors: list[SohoaError] = []
        self._resting = _RESTING - ({PaperState.DESCRIBED} if signing else set())
        self._labels: dict[UUID, str] = {}
        self._done: set[UUID] = set()
        self._lock = threading.Lock()
        self._console = Console(stderr=True, highlight=False)
        self._progress = _bar(self._console)
        self._task = self._progress.add_task("Giấy", total=0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def expect(self, paper: UUID, label: str) -> None:
        """Count a paper; the label names it, citizen IDs masked."""
        with self._lock:
            self._labels[paper] = mask_numbers(seen(label))
            self._progress.update(self._task, total=len(self._labels))

    def rejected(self, paper: UUID, error: SohoaError) -> None:
        """A file that was rejected."""
        self(Event(paper=paper, state=PaperState.REJECTED, error=error))

    def known(self, paper: UUID) -> None:
        """A file that was submitted before."""
        with self._lock:
            self._done.add(paper)
            self._console.print(f"{self._labels[paper]}: đã có / already there", markup=False)

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if event.state is None and event.error is None:
            return
        with self._lock:
            label = self._labels.get(event.paper, str(event.paper))
            said = "" if event.state is None else labels.STATES[event.state]
            if event.page:
                said = f"trang {event.page}/{event.pages}"
            if event.error is not None:
                self.errors.append(event.error)
                said = f"{said}: {sentences.both(event.error)}"
            if event.no_worker:
                said = f"{said}: {_UNTAKEN}"
            elif event.error is not None or (not event.page and event.state in self._resting):
                self._done.add(event.paper)
            self._progress.update(
                self._task,
                completed=len(self._done),
                description=f"Giấy  {label}: {said}"[:100],
            )
            if not sys.stderr.isatty() or event.error is not None or event.no_worker:
                done, total = len(self._done), len(self._labels)
                line = f"[{done}/{total}] {label}: {said}"
                self._console.print(line, markup=False, soft_wrap=True)


class Counting:
    """How many of how many, on a terminal; nothing elsewhere."""

    def __init__(self, label: str) -> None:
        self._progress = _bar(Console(stderr=True))
        self._task = self._progress.add_task(label, total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, done: int, total: int) -> None:
        """So many are done."""
        self._progress.update(self._task, completed=done, total=total)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not sys.stderr.isatty(),
    )
