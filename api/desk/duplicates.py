"""Papers that may be in the store already: reuse is a duty (NĐ 107/2021, TT 01/2023/TT-VPCP)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from api.application import Application
from api.desk.access_logging import log_lookup
from api.desk.caller import Caller, Right
from api.desk.papers import opened, stored_paper
from api.desk.views import PaperView, paper_view
from dossier.errors import WrongUse
from dossier.spine import Description
from workflow.ledger.edits import EditRequest

_MOST = 5
_ASKED = 20  # records of one person that are compared
_CARD = "citizen-card"  # its number is that of its owner
_ACTION = "list"


class Likeness(StrEnum):
    """Why two papers may be one."""

    BYTES = "bytes"
    VALUES = "values"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A paper that may be the same.

    Attributes:
        view: the other paper; without its content.
    """

    view: PaperView
    likeness: Likeness


def find_duplicates(application: Application, caller: Caller, paper: UUID) -> list[Candidate]:
    """Papers with the same bytes, or of the same person, kind and number; logged if there are any.

    Those about which a person decided are left out.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    caller.require(Right.REVIEW, Right.SIGN)
    stored = stored_paper(application, caller, paper)
    ledger = application.ledger.duplicates
    same = ledger.same_bytes(paper, offices=caller.offices, limit=_MOST)
    alike = dict.fromkeys(same, Likeness.BYTES)
    record = None if stored.item is None else stored.item.record
    if record is not None:
        for other in _same_values(application, caller, paper, record.description):
            alike.setdefault(other, Likeness.VALUES)
    decided = ledger.decided(paper)
    alike = {one: why for one, why in alike.items() if one not in decided}
    found = []
    for other, likeness in list(alike.items())[:_MOST]:
        read = application.ledger.papers.read(other, offices=caller.offices, content=False)
        if read is not None:
            found.append(Candidate(view=paper_view(caller, read), likeness=likeness))
    if found:
        log_lookup(
            application,
            caller,
            action=_ACTION,
            subject=str(paper),
            purpose=stored.summary.dossier,
            papers=[one.view.paper for one in found],
        )
    return found


def open_pair(
    application: Application, caller: Caller, paper: UUID, other: UUID
) -> tuple[PaperView, PaperView]:
    """Two papers that look alike, with what they say; logged.

    Raises:
        WrongUse: ``paper.unknown``; ``duplicate.not-alike``: they do not look alike.
    """
    caller.require(Right.REVIEW)
    if other not in {one.view.paper for one in find_duplicates(application, caller, paper)}:
        raise WrongUse(
            "duplicate.not-alike", "these two papers do not look alike, or it is decided"
        )
    first, second = (opened(application, caller, one) for one in (paper, other))
    return paper_view(caller, first), paper_view(caller, second)


def decide(
    application: Application, caller: Caller, paper: UUID, other: UUID, *, same: bool
) -> None:
    """Say whether two papers that look alike are one; then the newer one ends, and is counted.

    Raises:
        WrongUse: as ``open_pair``; ``paper.signed-already``, ``state.move-not-allowed``.
    """
    caller.require(Right.REVIEW)
    if other not in {one.view.paper for one in find_duplicates(application, caller, paper)}:
        raise WrongUse(
            "duplicate.not-alike", "these two papers do not look alike, or it is decided"
        )
    edit = EditRequest(
        paper=paper, offices=caller.offices, actor=caller.author, at=application.clock.now()
    )
    application.ledger.duplicates.decide(edit, other, same=same)


def _same_values(
    application: Application, caller: Caller, paper: UUID, description: Description
) -> list[UUID]:
    """Archived papers of the same kind and number that name a person of this one."""
    number = _number(description)
    if not description.kind or not (number or description.kind == _CARD):
        return []
    catalogue, found = application.catalogue, dict[UUID, None]()
    for person in description.people():
        citizen = person.citizen_id or person.cmnd
        if not citizen:
            continue
        for row in catalogue.by_citizen_id(citizen, offices=caller.offices, limit=_ASKED):
            if row.kind != description.kind or row.paper == paper or row.paper in found:
                continue
            entry = catalogue.get(row.paper, offices=caller.offices)
            if entry is not None and _number(entry.description) == number:
                found[row.paper] = None
    return list(found)


def _number(description: Description) -> str:
    """The number of a paper, without spaces and in capitals; empty where it has none."""
    value = next((one.text for one in description.values if one.field == "paper.number"), "")
    return "".join(value.split()).upper()
