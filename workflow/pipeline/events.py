"""Events of the pipeline, for progress display and metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from dossier.errors import SohoaError
from dossier.states import PaperState


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A page was read, a step ended, or a paper waits.

    Attributes:
        state: the paper's current state; None where the ledger cannot answer, or where a step
            ended whose result was discarded.
        error: why the paper stopped, or None.
        page: the page just read, from 1; 0 where the event is not about a page.
        pages: the number of pages of the paper.
        before: the state from which the step that just ended began; None where none did.
        seconds: wall-clock duration of that step, s.
        no_worker: the paper waits, and no worker of its lane has been active for a while.
    """

    paper: UUID
    state: PaperState | None
    error: SohoaError | None = None
    page: int = 0
    pages: int = 0
    before: PaperState | None = None
    seconds: float = 0.0
    no_worker: bool = False


Watch = Callable[[Event], None]
