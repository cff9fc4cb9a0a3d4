"""Lines of history as they are committed, for streams."""

from __future__ import annotations

from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.papers import get_paper
from api.desk.progress import PagesRead
from api.desk.views import HistoryEntry, history_of
from dossier.states import PaperState
from workflow.ledger.cursors import Cursor

__all__ = ["Cursor", "count_events", "cursor_of", "list_events", "now", "pages_read"]


def list_events(
    application: Application,
    caller: Caller,
    *,
    after: Cursor,
    paper: UUID | None = None,
    dossier: str | None = None,
) -> tuple[HistoryEntry, ...]:
    """Lines of history after a cursor, oldest first, of one paper, one dossier or all.

    Args:
        application: keeps them.
        caller: whose offices' papers.
        after: only lines after this cursor.
        paper: only lines of this paper.
        dossier: only lines of papers of this dossier code.
    """
    caller.require(Right.READ)
    found = application.ledger.papers.list_events(
        offices=caller.offices, paper=paper, dossier=dossier, after=after
    )
    return history_of(found)


def now(application: Application, caller: Caller) -> Cursor:
    """The cursor after all lines of history of the caller's offices."""
    return application.ledger.papers.last_event(offices=caller.offices)


def cursor_of(text: str) -> Cursor:
    """The cursor of a text that a caller sent; of an empty one, the beginning.

    Raises:
        WrongUse: ``cursor.invalid``.
    """
    return Cursor.from_text(text) if text else Cursor()


def count_events(application: Application) -> int:
    """A number that changes with every line of history of any office; never shown."""
    return application.ledger.papers.count_events()


def pages_read(application: Application, caller: Caller, paper: UUID) -> PagesRead | None:
    """Pages read of a paper; None while it is not being read."""
    here = application.progress.of(paper)
    if here is not None:
        return PagesRead(pages_read=here[0], pages=here[1])
    view = get_paper(application, caller, paper)
    reading = view.state is PaperState.RECEIVED and view.progress.pages_read > 0
    return view.progress if reading else None
