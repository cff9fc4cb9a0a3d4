"""Review: show the doubtful values of a paper, correct and confirm them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.papers import is_gone, not_read, opened, stored_paper
from api.desk.views import PaperView, paper_view
from dossier.codes import Sex, is_cmnd, normalise_number
from dossier.errors import WrongUse
from dossier.spine import Description, Source, Value
from dossier.states import PaperState
from dossier.text import NOT_ON_PAPER, folded, nfc
from ocr.fields.acceptance import obstacles
from workflow.ledger.edits import EditRequest

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,30}(-[2-9])?\.[a-z][a-z0-9_]{0,30}")
_LONGEST_TEXT = 2000  # autograph of TT 05/2025/TT-BNV, the longest field there is
_YEAR = re.compile(r"(1[89]|2[01])\d\d")


def open_review(application: Application, caller: Caller, paper: UUID) -> PaperView:
    """A paper with its values and doubts; logged.

    Raises:
        WrongUse: ``paper.unknown``; ``paper.not-read``: it is not described yet, or rejected.
    """
    caller.require(Right.REVIEW)
    stored = opened(application, caller, paper)
    if stored.item is None or stored.item.record is None or is_gone(stored.summary.state):
        raise not_read(stored)
    return paper_view(caller, stored)


def review(
    application: Application,
    caller: Caller,
    paper: UUID,
    corrections: Mapping[str, str],
    *,
    version: int | None = None,
) -> None:
    """Correct values, confirm the rest and let the paper go on.

    Args:
        application: holds the paper.
        caller: reviews it.
        paper: its ID.
        corrections: field to text, as for ``corrected``.
        version: of the paper as the caller saw it; None where unknown.

    Raises:
        WrongUse: ``paper.unknown``, ``review.not-in-review``, ``review.changed-meanwhile``;
            ``review.incomplete``: the kind or a required value is missing; and those of
            ``corrected``.
    """
    caller.require(Right.REVIEW)
    stored = stored_paper(application, caller, paper)
    item = stored.item
    if item is None or item.record is None or item.state is not PaperState.REVIEW:
        raise WrongUse(
            "review.not-in-review",
            f"paper {paper} is {stored.summary.state}; only a paper in REVIEW is reviewed",
        )
    description = corrected(item.record.description, corrections, kinds=application.forms.by_id)
    missing = obstacles(description, application.forms)
    if missing:
        raise WrongUse(
            "review.incomplete",
            f"paper {paper} lacks {', '.join(missing)}; type each value, or '{NOT_ON_PAPER}'",
        )
    new = [field for field in description.absent if field in corrections]
    edit = EditRequest(
        paper=paper,
        offices=caller.offices,
        actor=caller.author,
        at=application.clock.now(),
        reason=f"{NOT_ON_PAPER}: {', '.join(new)}" if new else "",
    )
    application.ledger.reviews.save(
        edit,
        description,
        after=PaperState.DESCRIBED,
        version=item.version if version is None else version,
    )


def corrected(
    found: Description, corrections: Mapping[str, str], *, kinds: Collection[str]
) -> Description:
    """The description with corrections applied and all doubts settled.

    Args:
        found: as described, or as reviewed before.
        corrections: field to text; an empty text removes the value, ``không có trên giấy`` states
            that the paper does not have it. ``kind`` sets the kind of paper.
        kinds: IDs of the form definitions.

    Raises:
        WrongUse: ``review.bad-field``, ``review.bad-value``.
    """
    for name, text in corrections.items():
        clean = " ".join(nfc(text).split())
        if name == "kind":
            found = replace(found, kind=kind_of(clean, kinds))
        elif clean.casefold() == NOT_ON_PAPER:
            found = state_absent(found, name)
        else:
            found = _with_value(found, name, clean)
    values = tuple(replace(value, doubt="") for value in found.values)
    return replace(found, values=values, doubts=())


def kind_of(text: str, kinds: Collection[str]) -> str:
    """A typed kind of paper.

    Raises:
        WrongUse: ``review.bad-value``: there is no such kind.
    """
    if text not in kinds:
        raise WrongUse("review.bad-value", "kind must be one of: " + ", ".join(sorted(kinds)))
    return text


def state_absent(found: Description, name: str) -> Description:
    """The description with the statement that the paper does not have a value.

    Raises:
        WrongUse: ``review.bad-field``.
    """
    _check_field(name)
    values = tuple(value for value in found.values if value.field != name)
    return replace(found, values=values, absent=tuple(dict.fromkeys([*found.absent, name])))


def _with_value(found: Description, name: str, text: str) -> Description:
    """The description with a typed value in place of the one found, or without it."""
    _check_field(name)
    values = {value.field: value for value in found.values}
    if text:
        values[name] = Value(
            field=name, text=canonical(name, text), source=Source.TYPED, confidence=1.0
        )
    else:
        values.pop(name, None)
    absent = tuple(field for field in found.absent if field != name)
    return replace(found, values=tuple(values.values()), absent=absent)


def _check_field(name: str) -> None:
    if not _FIELD.fullmatch(name):
        raise WrongUse(
            "review.bad-field",
            "a field is written role.attribute, such as mother.citizen_id or paper.number",
        )


def canonical(field: str, text: str) -> str:
    """A typed text in the canonical form of its attribute.

    Raises:
        WrongUse: ``review.bad-field``, ``review.bad-value``.
    """
    _check_field(field)
    attribute = field.partition(".")[2]
    if attribute == "citizen_id":
        number = normalise_number(text)
        if number is None or is_cmnd(number):
            raise WrongUse(
                "review.bad-value",
                f"{field}: a citizen ID has 12 digits, of which the first three are a province",
            )
        return number
    if attribute == "cmnd":
        number = normalise_number(text)
        if number is None or not is_cmnd(number):
            raise WrongUse("review.bad-value", f"{field}: an old identity number has 9 digits")
        return number
    if attribute in {"birth", "date"}:
        return _iso_date(field, text)
    if attribute == "sex":
        return _sex(field, text)
    if not text.isprintable():
        raise WrongUse(
            "review.bad-value", f"{field}: contains an invisible character; type it again"
        )
    if len(text) > _LONGEST_TEXT:
        raise WrongUse("review.bad-value", f"{field}: at most {_LONGEST_TEXT} characters")
    return text


def _sex(field: str, text: str) -> str:
    """``Nam`` or ``Nữ``, with or without marks, or the canonical form."""
    plain = folded(text)
    if plain in {"nam", "male"}:
        return Sex.MALE.value
    if plain in {"nu", "female"}:
        return Sex.FEMALE.value
    raise WrongUse("review.bad-value", f"{field}: write Nam or Nữ")


def _iso_date(field: str, text: str) -> str:
    """``dd/mm/yyyy``, ``ddmmyyyy``, ISO 8601 or a year alone, as ISO 8601."""
    if _YEAR.fullmatch(text):
        return text
    iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    local = re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})|(\d\d)(\d\d)(\d{4})", text)
    parts = list(iso.groups()) if iso else []
    if local:
        parts = [part for part in local.groups() if part][::-1]
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day).isoformat()
    except ValueError:
        raise WrongUse(
            "review.bad-value", f"{field}: write a date as dd/mm/yyyy, or a year alone"
        ) from None
