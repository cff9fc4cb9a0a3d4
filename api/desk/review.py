"""The review desk: papers that wait, what is doubtful in each, one value settled at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.corrections import canonical, kind_of, state_absent
from api.desk.papers import stored_paper
from api.desk.views import PaperView, list_view
from dossier.codes import citizen_id
from dossier.errors import WrongUse
from dossier.spine import Box, Description, Source, Value
from dossier.states import PaperState
from dossier.text import NOT_ON_PAPER, nfc
from ocr.fields.acceptance import obstacles
from ocr.fields.forms import Forms
from workflow.ledger.edits import EditRequest

VALUE_SETTLED = "value-settled"
VALUE_ABSENT = "value-absent"

_MOST_DOUBTS_SHOWN = 50  # papers of a list whose doubts are read
_MOST_WAITING = 500
_MOST_CHOICES = 3
_KIND = "kind"
# Doubts before a colon that are about one field.
_ABOUT_FIELDS = ("missing", "unread")


class CardType(StrEnum):
    """What a card asks for."""

    KIND = "kind"
    VALUE = "value"
    SEEN = "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing that a person settles.

    Attributes:
        name: the field, ``kind``, or the doubt about the paper that a person confirms.
        text: in canonical form; empty where nothing was read.
        doubt: a stable code.
        page: its number in the scan; None where the value has no place.
        choices: other texts that are likely, in canonical form.
    """

    type: CardType
    name: str
    text: str = ""
    doubt: str
    page: int | None = None
    box: Box | None = None
    choices: tuple[str, ...] = ()


def list_waiting(
    application: Application, caller: Caller, *, dossier: str | None = None
) -> tuple[PaperView, ...]:
    """The papers in review in the caller's offices, those of the oldest dossier first.

    Args:
        application: holds them.
        caller: reviews them.
        dossier: only those of this dossier.

    Raises:
        WrongUse: ``right.missing``.
    """
    caller.require(Right.REVIEW)
    found = application.ledger.papers.list_papers(
        offices=caller.offices, state=PaperState.REVIEW, dossier=dossier, limit=_MOST_WAITING
    )
    # In the order received: the last one set for a dossier is its first paper.
    since = {(row.office, row.dossier): row.received_at for row in reversed(found)}
    found.sort(
        key=lambda row: (since[row.office, row.dossier], row.office, row.dossier, row.ordinal)
    )
    return tuple(list_view(caller, row) for row in found)


def list_doubts(
    application: Application, caller: Caller, papers: Sequence[PaperView]
) -> dict[UUID, tuple[str, ...]]:
    """What is doubtful on papers of a list, by paper: codes, and fields, but no value.

    Args:
        application: holds them.
        caller: reviews them.
        papers: those in review are looked at, the first of them alone.

    Returns:
        For each paper the codes of its first doubts; ``missing:<field>`` for a required value.
    """
    caller.require(Right.REVIEW)
    found = {}
    waiting = [view for view in papers if view.state is PaperState.REVIEW]
    for view in waiting[:_MOST_DOUBTS_SHOWN]:
        item = application.ledger.papers.get(view.paper, offices=caller.offices)
        if item is not None and item.record is not None:
            shown = cards(item.record.description, application.forms)
            found[view.paper] = tuple(_doubt_of(card) for card in shown)
    return found


def _doubt_of(card: Card) -> str:
    """The doubt of a card, with the field that it is about."""
    about = card.name if "." in card.name and ":" not in card.doubt else ""
    return f"{card.doubt}:{about}" if about else card.doubt


def beside(papers: Sequence[PaperView], paper: UUID) -> tuple[UUID | None, UUID | None]:
    """The papers before and after one in a list; the first follows where it is not in the list."""
    ids = [one.paper for one in papers]
    if paper not in ids:
        return None, next(iter(ids), None)
    at = ids.index(paper)
    return (ids[at - 1] if at else None), (ids[at + 1] if at + 1 < len(ids) else None)


def cards(description: Description, forms: Forms) -> tuple[Card, ...]:
    """What a person must settle before a paper goes on: doubts, and required values not there."""
    return tuple(_cards(description, forms))


def _cards(description: Description, forms: Forms) -> Iterator[Card]:
    doubts = list(dict.fromkeys([*description.doubts, *obstacles(description, forms)]))
    about_kind = next((doubt for doubt in doubts if doubt.startswith("kind.")), "")
    if about_kind:
        yield Card(type=CardType.KIND, name=_KIND, text=description.kind, doubt=about_kind)
    for value in description.values:
        if value.doubt:
            yield Card(
                type=CardType.VALUE,
                name=value.field,
                text=value.text,
                doubt=value.doubt,
                page=value.page,
                box=value.box,
                choices=_choices(description, value.field, value.text),
            )
    shown = {value.field for value in description.values if value.doubt}
    for doubt in doubts:
        why, _, field = doubt.partition(":")
        if why in _ABOUT_FIELDS and "." in field:
            if field not in shown:
                shown.add(field)
                choices = _choices(description, field, "")
                yield Card(type=CardType.VALUE, name=field, doubt=doubt, choices=choices)
        elif not doubt.startswith("kind."):
            page = int(field) if field.isdecimal() else None
            yield Card(type=CardType.SEEN, name=doubt, doubt=doubt, page=page)


def _choices(description: Description, field: str, text: str) -> tuple[str, ...]:
    """Likely texts: what the person's number tells, else the same of other people on the paper."""
    role, _, attribute = field.partition(".")
    values = {value.field: value.text for value in description.values}
    parts = citizen_id(values.get(f"{role}.citizen_id", ""))
    found: list[str] = []
    if parts is not None and attribute == "birth":
        _, dash, day = text.partition("-")
        found.append(f"{parts.birth_year}{dash}{day}")
    elif parts is not None and attribute == "sex":
        found.append(parts.sex.value)
    elif not text and role != "paper":
        found += [
            value.text
            for value in description.values
            if value.attribute == attribute and not value.doubt
        ]
    return tuple(dict.fromkeys(one for one in found if one and one != text))[:_MOST_CHOICES]


def settle(
    application: Application,
    caller: Caller,
    paper: UUID,
    name: str,
    text: str,
    *,
    version: int | None = None,
) -> None:
    """Settle one card; the paper stays in review until ``complete``.

    Args:
        application: holds the paper.
        caller: reviews it.
        paper: its ID.
        name: of the card, or any field whose value is to be changed.
        text: as typed; ``không có trên giấy`` where the paper does not have the value.
        version: of the paper as the caller saw it; None where unknown.

    Raises:
        WrongUse: ``paper.unknown``, ``review.*``, ``paper.signed-already``.
    """
    found = _description(application, caller, paper)
    description = settled(found, name, text, forms=application.forms)
    absent = name in description.absent
    edit = _edit(application, caller, paper, reason=f"{NOT_ON_PAPER}: {name}" if absent else name)
    application.ledger.reviews.save(
        edit,
        description,
        after=PaperState.REVIEW,
        code=VALUE_ABSENT if absent else VALUE_SETTLED,
        version=version,
    )


def settled(found: Description, name: str, text: str, *, forms: Forms) -> Description:
    """A description with one card settled.

    Raises:
        WrongUse: ``review.bad-field``, ``review.bad-value``, ``review.value-needed``.
    """
    clean = " ".join(nfc(text).split())
    if name == _KIND:
        rest = tuple(doubt for doubt in found.doubts if not doubt.startswith("kind."))
        return replace(found, kind=kind_of(clean, forms.by_id), doubts=rest)
    if name in found.doubts and name.partition(":")[0] not in _ABOUT_FIELDS:
        return replace(found, doubts=tuple(doubt for doubt in found.doubts if doubt != name))
    rest = tuple(
        doubt for doubt in found.doubts if doubt not in {f"{why}:{name}" for why in _ABOUT_FIELDS}
    )
    found = replace(found, doubts=rest)
    if clean.casefold() == NOT_ON_PAPER:
        return state_absent(found, name)
    if not clean:
        raise WrongUse("review.value-needed", f"{name}: type the value, or '{NOT_ON_PAPER}'")
    typed = canonical(name, clean)
    values = {value.field: value for value in found.values}
    known = values.get(name)
    values[name] = (
        replace(known, doubt="")
        if known is not None and known.text == typed
        else Value(field=name, text=typed, source=Source.TYPED, confidence=1.0)
    )
    absent = tuple(field for field in found.absent if field != name)
    return replace(found, values=tuple(values.values()), absent=absent)


def complete(
    application: Application, caller: Caller, paper: UUID, *, version: int | None = None
) -> None:
    """Let a paper go on to be signed once nothing in it is doubtful.

    Raises:
        WrongUse: ``review.incomplete``: something is still to be settled; as ``settle``.
    """
    found = _description(application, caller, paper)
    left = cards(found, application.forms)
    if left:
        raise WrongUse(
            "review.incomplete",
            f"paper {paper}: still to be settled: {', '.join(card.doubt for card in left)}",
        )
    application.ledger.reviews.save(
        _edit(application, caller, paper), found, after=PaperState.DESCRIBED, version=version
    )


def undo(application: Application, caller: Caller, paper: UUID) -> None:
    """Take back the last change of a review, until the paper is signed.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.signed-already``, ``review.nothing-to-undo``.
    """
    caller.require(Right.REVIEW)
    stored_paper(application, caller, paper, content=False)
    application.ledger.reviews.undo(_edit(application, caller, paper))


def _description(application: Application, caller: Caller, paper: UUID) -> Description:
    caller.require(Right.REVIEW)
    stored = stored_paper(application, caller, paper)
    item = stored.item
    if item is None or item.record is None or item.state is not PaperState.REVIEW:
        raise WrongUse(
            "review.not-in-review",
            f"paper {paper} is {stored.summary.state}; only a paper in REVIEW is reviewed",
        )
    return item.record.description


def _edit(
    application: Application, caller: Caller, paper: UUID, *, reason: str = ""
) -> EditRequest:
    return EditRequest(
        paper=paper,
        offices=caller.offices,
        actor=caller.author,
        at=application.clock.now(),
        reason=reason,
    )
