"""Papers: list them, show where one stands, open what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from api.application import Application
from api.desk.access_logging import log_opened
from api.desk.caller import Caller, Right
from api.desk.views import PaperView, list_view, paper_view
from archive import package, read
from dossier import written
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from dossier.spine import RecognisedPage
from dossier.states import PaperState
from workflow.ledger.cursors import Cursor
from workflow.ledger.types import StoredPaper

_GONE = frozenset({PaperState.REJECTED, PaperState.DISPOSED})


@dataclass(frozen=True, slots=True)
class PaperPage:
    """A page of a list; ``next`` is the cursor of the following page, or empty."""

    papers: tuple[PaperView, ...]
    next: str = ""


def list_papers(
    application: Application,
    caller: Caller,
    *,
    state: PaperState | None = None,
    dossier: str | None = None,
    after: str = "",
    limit: int | None = None,
) -> PaperPage:
    """The papers in the caller's sight, by office, in the order received.

    Args:
        application: holds them.
        caller: lists them.
        state: only papers in this state.
        dossier: only papers of this dossier code.
        after: ``next`` of the page before; empty for the first page.
        limit: papers on the page; None for all.

    Raises:
        WrongUse: ``dossier.bad-code``, ``cursor.invalid``.
    """
    caller.require(Right.READ)
    cursor = Cursor.from_text(after) if after else Cursor()
    found = application.ledger.papers.list_papers(
        offices=caller.offices,
        state=state,
        dossier=None if dossier is None else dossier_code(dossier),
        after=cursor,
        limit=None if limit is None else limit + 1,
    )
    shown = found[:limit]
    views = tuple(
        list_view(caller, row, read_here=application.progress.of(row.paper)) for row in shown
    )
    return PaperPage(views, cursor.advance(shown).to_text() if len(found) > len(shown) else "")


def get_papers(
    application: Application, caller: Caller, papers: Sequence[UUID]
) -> tuple[PaperView, ...]:
    """These papers in the order given; unknown ones and those of other offices are left out."""
    caller.require(Right.READ, Right.INTAKE)
    found = {row.paper: row for row in application.ledger.monitor.get_summaries(papers)}
    return tuple(
        list_view(caller, row)
        for paper in papers
        if (row := found.get(paper)) is not None and row.office in caller.offices
    )


def get_paper(application: Application, caller: Caller, paper: UUID) -> PaperView:
    """Where a paper stands, with stages, history and scans; not what it says.

    Raises:
        WrongUse: ``paper.unknown``, also for a paper of another office.
    """
    stored = stored_paper(application, caller, paper, content=False)
    return paper_view(caller, stored, read_here=application.progress.of(paper))


def open_paper(application: Application, caller: Caller, paper: UUID) -> PaperView:
    """A paper with what it says; logged.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    caller.require(Right.READ, Right.REVIEW)
    return paper_view(caller, opened(application, caller, paper))


def words(application: Application, caller: Caller, paper: UUID) -> tuple[RecognisedPage, ...]:
    """The recognised pages of a paper; logged.

    Raises:
        WrongUse: ``paper.unknown``; ``paper.not-read``: not recognised yet, or rejected.
    """
    caller.require(Right.READ)
    stored = opened(application, caller, paper)
    held = stored.item and stored.item.words
    if stored.location is not None:
        record = read.load(application.store, stored.location.key)
        content = package.read_words(application.store, record)
    elif held and not is_gone(stored.summary.state):
        with application.store.work_file(held) as file:
            content = file.read_bytes()
    else:
        raise not_read(stored)
    return written.words_from_json(content)[0]


def find_paper(application: Application, caller: Caller, name: str) -> UUID:
    """The paper of an ID, or of ``<dossier code>.<ordinal>`` as its PDF is named.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    try:
        return stored_paper(application, caller, UUID(name), content=False).summary.paper
    except ValueError:
        pass
    code, _, ordinal = name.rpartition(".")
    if ordinal.isdecimal() and ordinal.isascii():
        rows = application.ledger.papers.list_papers(
            offices=caller.offices, dossier=code.strip().upper()
        )
        # The caller's own office first, where an office below has the same code.
        rows.sort(key=lambda row: row.office != caller.office)
        for row in rows:
            if row.ordinal == int(ordinal):
                return row.paper
    raise unknown_paper()


def is_gone(state: PaperState) -> bool:
    """Whether a paper in this state is no longer kept, so that its content is not shown."""
    return state in _GONE


def stored_paper(
    application: Application, caller: Caller, paper: UUID, *, content: bool = True
) -> StoredPaper:
    """A paper as stored, if the caller may see it; for the use cases of this package.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    stored = application.ledger.papers.read(paper, offices=caller.offices, content=content)
    if stored is None:
        raise unknown_paper()
    return stored


def opened(application: Application, caller: Caller, paper: UUID) -> StoredPaper:
    """A paper as stored with its content, after the access is logged.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    stored = stored_paper(application, caller, paper)
    log_opened(application, caller, paper)
    return stored


def not_read(stored: StoredPaper) -> WrongUse:
    """``paper.not-read``."""
    paper, state = stored.summary.paper, stored.summary.state
    return WrongUse("paper.not-read", f"paper {paper} is {state}; it has no such content")


def unknown_paper() -> WrongUse:
    """``paper.unknown``."""
    return WrongUse("paper.unknown", "there is no such paper; list them with: sohoa list")
