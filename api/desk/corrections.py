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
from dossier.codes import is_cmnd, normalise_number
from dossier.errors import WrongUse
from dossier.spine import Description, Source, Value
from dossier.states import PaperState
from dossier.text import nfc
from workflow.ledger.types import Outcome

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
        WrongUse: ``paper.unknown``, ``review.not-in-review``, ``review.changed-meanwhile``, and
            those of ``corrected``.
    """
    caller.require(Right.REVIEW)
    stored = stored_paper(application, caller, paper)
    item = stored.item
    if item is None or item.record is None or item.state is not PaperState.REVIEW:
        raise WrongUse(
            "review.not-in-review",
            f"paper {paper} is {stored.summary.state}; only a paper in REVIEW is reviewed",
        )
    if version is not None and version != item.version:
        raise _changed_meanwhile(paper)
    description = corrected(item.record.description, corrections, kinds=application.forms.by_id)
    outcome = Outcome(
        after=PaperState.DESCRIBED, record=replace(item.record, description=description)
    )
    if not application.ledger.queue.finish(
        item, outcome, now=application.clock.now(), actor=caller.author
    ):
        raise _changed_meanwhile(paper)


def corrected(
    found: Description, corrections: Mapping[str, str], *, kinds: Collection[str]
) -> Description:
    """The description with corrections applied and all doubts settled.

    Args:
        found: as described, or as reviewed before.
        corrections: field to text; an empty text removes the value. ``kind`` sets the kind of
            paper.
        kinds: IDs of the form definitions.

    Raises:
        WrongUse: ``review.bad-field``, ``review.bad-value``.
    """
    values = {value.field: value for value in found.values}
    kind = found.kind
    for name, text in corrections.items():
        clean = " ".join(nfc(text).split())
        if name == "kind":
            if clean not in kinds:
                raise WrongUse(
                    "review.bad-value", "kind must be one of: " + ", ".join(sorted(kinds))
                )
            kind = clean
        elif not _FIELD.fullmatch(name):
            raise WrongUse(
                "review.bad-field",
                "a field is written role.attribute, such as mother.citizen_id or paper.number",
            )
        elif clean:
            values[name] = Value(
                field=name, text=_canonical(name, clean), source=Source.TYPED, confidence=1.0
            )
        else:
            values.pop(name, None)
    return Description(
        kind=kind, values=tuple(replace(value, doubt="") for value in values.values())
    )


def _changed_meanwhile(paper: UUID) -> WrongUse:
    return WrongUse(
        "review.changed-meanwhile",
        f"paper {paper} was changed by another caller; open it again",
    )


def _canonical(field: str, text: str) -> str:
    """A typed text in the canonical form of its attribute."""
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
    if not text.isprintable():
        raise WrongUse(
            "review.bad-value", f"{field}: contains an invisible character; type it again"
        )
    if len(text) > _LONGEST_TEXT:
        raise WrongUse("review.bad-value", f"{field}: at most {_LONGEST_TEXT} characters")
    return text


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
