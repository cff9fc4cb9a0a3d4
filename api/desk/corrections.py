"""What a clerk does with a doubtful paper: sets values, confirms the rest, lets it go on."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from dossier.codes import citizen_id, is_cmnd
from dossier.errors import WrongUse
from dossier.spine import Description, Source, Value
from dossier.text import nfc

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,30}(-[2-9])?\.[a-z][a-z0-9_]{0,30}")
_LONGEST_TEXT = 2000  # autograph of TT 05/2025/TT-BNV, the longest field there is
_YEAR = re.compile(r"(1[89]|2[01])\d\d")


def reviewed(
    found: Description, typed: Mapping[str, str], *, kinds: Collection[str]
) -> Description:
    """The description after a person looked at it: typed values set, all doubts settled.

    Args:
        found: as described or as reviewed before.
        typed: field to text; an empty text takes the value away. ``kind`` sets the kind of paper.
        kinds: ids of the form definitions there are.

    Raises:
        WrongUse: a field or a value cannot be: ``review.bad-field``, ``review.bad-value``.
    """
    values = {value.field: value for value in found.values}
    kind = found.kind
    for name, text in typed.items():
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


def _canonical(field: str, text: str) -> str:
    """A typed text in the form that values of this attribute have."""
    attribute = field.partition(".")[2]
    if attribute == "citizen_id":
        number = re.sub(r"[\s.]", "", text)
        if citizen_id(number) is None:
            raise WrongUse(
                "review.bad-value",
                f"{field}: a citizen ID has 12 digits, of which the first three are a province",
            )
        return number
    if attribute == "cmnd":
        number = re.sub(r"[\s.]", "", text)
        if not is_cmnd(number):
            raise WrongUse("review.bad-value", f"{field}: an old identity number has 9 digits")
        return number
    if attribute in {"birth", "date"}:
        return _iso_date(field, text)
    if not text.isprintable():
        raise WrongUse(
            "review.bad-value", f"{field}: holds a character that cannot be seen; type it anew"
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
