"""Several papers in one file: proposals where each begins, and the split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.papers import stored_paper, words
from dossier.errors import WrongUse
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
    """

    number: int
    use: PageUse


def propose(application: Application, caller: Caller, paper: UUID) -> tuple[Proposal, ...]:
    """What becomes of each page by what was read on it; logged as an access.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.not-read``.
    """
    return proposals(words(application, caller, paper))


def proposals(pages: Sequence[RecognisedPage]) -> tuple[Proposal, ...]:
    """A blank page is dropped; a page with the national motto at its head begins a paper.

    A page that could not be read is never taken for blank.

    Args:
        pages: in order.
    """
    made: list[Proposal] = []
    begun = False
    for page in pages:
        text = squashed(page.text())
        if len(text) <= _BLANK and not page.unread and not page.doubts:
            made.append(Proposal(page.number, PageUse.DROPPED))
            continue
        begins = not begun or _MOTTO in text[:_HEAD]
        made.append(Proposal(page.number, PageUse.BEGINS if begins else PageUse.CONTINUES))
        begun = True
    return tuple(made)


def split(
    application: Application,
    caller: Caller,
    paper: UUID,
    pages: Sequence[tuple[int, int, PageUse]],
    *,
    version: int | None = None,
) -> tuple[UUID, ...]:
    """Split a paper by the use of its pages; the bytes as received stay as they are.

    Args:
        application: holds the paper.
        caller: splits it.
        paper: its ID.
        pages: in their new order: number in the scan, degrees clockwise, use.
        version: of the paper as the caller saw it; None where unknown.

    Returns:
        The papers, the one that was split first.

    Raises:
        WrongUse: ``paper.unknown``, ``pages.*``, ``review.changed-meanwhile``, ``dossier.closed``.
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
    stored_paper(application, caller, paper, content=False)
    ids = [paper, *(application.ids.new() for _ in groups[1:])]
    parts = [
        Part(id_, application.ids.new(), tuple(group))
        for id_, group in zip(ids, groups, strict=True)
    ]
    edit = EditRequest(
        paper=paper, offices=caller.offices, actor=caller.author, at=application.clock.now()
    )
    application.ledger.splitting.split(edit, parts, version=version)
    return tuple(ids)
