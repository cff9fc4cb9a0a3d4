"""Several papers in one file: proposals where each begins, and the split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.edits import move
from api.desk.papers import stored_paper, words
from dossier.codes import SEPARATOR, dossier_code
from dossier.errors import WrongUse
from dossier.reports import PageMarks
from dossier.spine import RecognisedPage
from ocr.fields.forms import squashed
from workflow.ledger.edits import EditRequest
from workflow.ledger.splitting import Part

_MOTTO = squashed("Cộng hòa xã hội chủ nghĩa Việt Nam")
# Squashed letters of the head of a page: office, motto and place stand within them.
_HEAD = 250
_BLANK = 3  # letters that specks on an empty page may be read as


class PageUse(StrEnum):
    """What becomes of a page."""

    BEGINS = "begins"
    CONTINUES = "continues"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a page looks like.

    Attributes:
        number: in the scan.
        dossier: to which the paper that begins here belongs, as its separator sheet says; or empty.
    """

    number: int
    use: PageUse
    dossier: str = ""


def propose(application: Application, caller: Caller, paper: UUID) -> tuple[Proposal, ...]:
    """What becomes of each page by what was read on it; logged as an access.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.not-read``.
    """
    stored = stored_paper(application, caller, paper, content=False)
    return proposals(words(application, caller, paper), stored.summary.marks or ())


def proposals(
    pages: Sequence[RecognisedPage], marks: Sequence[PageMarks] = ()
) -> tuple[Proposal, ...]:
    """A blank page is dropped; a page with the national motto at its head begins a paper.

    A separator sheet is dropped, and the page after it begins a paper, of the dossier that the
    sheet names. A page that could not be read is never taken for blank.

    Args:
        pages: in order.
        marks: what was seen on them.
    """
    separators = {mark.number: mark.separator for mark in marks if mark.separator}
    made: list[Proposal] = []
    begun, dossier = False, ""
    for page in pages:
        if page.number in separators:
            made.append(Proposal(page.number, PageUse.DROPPED))
            begun, dossier = False, separator_dossier(separators[page.number])
            continue
        text = squashed(page.text())
        if len(text) <= _BLANK and not page.unread and not page.doubts:
            made.append(Proposal(page.number, PageUse.DROPPED))
            continue
        begins = not begun or _MOTTO in text[:_HEAD]
        use = PageUse.BEGINS if begins else PageUse.CONTINUES
        made.append(Proposal(page.number, use, dossier if begins else ""))
        begun = True
    return tuple(made)


def separator_dossier(text: str) -> str:
    """The dossier code that a separator sheet names; empty where it names none."""
    with suppress(WrongUse):
        return dossier_code(text.removeprefix(SEPARATOR))
    return ""


def split(
    application: Application,
    caller: Caller,
    paper: UUID,
    pages: Sequence[tuple[int, int, PageUse]],
    *,
    version: int | None = None,
    dossiers: Mapping[int, str] = MappingProxyType({}),
) -> tuple[UUID, ...]:
    """Split a paper by the use of its pages; the bytes as received stay as they are.

    Args:
        application: holds the paper.
        caller: splits it.
        paper: its ID.
        pages: in their new order: number in the scan, degrees clockwise, use.
        version: of the paper as the caller saw it; None where unknown.
        dossiers: to which the papers that begin with these pages are moved.

    Returns:
        The papers, the one that was split first.

    Raises:
        WrongUse: ``paper.unknown``, ``pages.*``, ``review.changed-meanwhile``, ``dossier.closed``,
            ``dossier.bad-code``.
    """
    caller.require(Right.REVIEW)
    groups: list[list[tuple[int, int]]] = []
    for number, turn, use in pages:
        if use is PageUse.DROPPED:
            continue
        if use is PageUse.BEGINS or not groups:
            groups.append([])
        groups[-1].append((number, turn))
    if not groups:
        raise WrongUse("pages.not-parts", "name each page once, and at least one for each paper")
    own = stored_paper(application, caller, paper, content=False).summary.dossier
    targets = {number: dossier_code(code) for number, code in dossiers.items()}
    ids = [paper, *(application.ids.new() for _ in groups[1:])]
    parts = [
        Part(id_, application.ids.new(), tuple(group))
        for id_, group in zip(ids, groups, strict=True)
    ]
    edit = EditRequest(
        paper=paper, offices=caller.offices, actor=caller.author, at=application.clock.now()
    )
    application.ledger.splitting.split(edit, parts, version=version)
    for part in parts:
        target = targets.get(part.pages[0][0], own)
        if target != own:
            move(application, caller, part.paper, dossier=target)
    return tuple(ids)
