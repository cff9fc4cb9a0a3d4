"""What somebody who watches the pipeline is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from dossier.errors import SohoaError
from dossier.states import PaperState


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something a person who waits, or a machine that counts, would like to see.

    Attributes:
        state: the state the paper stands in now; None where the ledger cannot tell, or where a
            step ended whose outcome is not wanted any more.
        error: why it moved on no further, or None.
        page: the page just read, from 1; 0 where the event is not about a page.
        pages: of how many.
        before: the state from which the step began that ended now; None where none did.
        seconds: how long that step took on the clock.
        untaken: it waits, and no worker that could take it has had anything in hand for a while.
    """

    paper: UUID
    state: PaperState | None
    error: SohoaError | None = None
    page: int = 0
    pages: int = 0
    before: PaperState | None = None
    seconds: float = 0.0
    untaken: bool = False


Watch = Callable[[Event], None]
