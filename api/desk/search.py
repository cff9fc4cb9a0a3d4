"""Lookup of archived papers by citizen ID, text or dossier; logged with its purpose."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from api.application import Application
from api.desk.access import check_purpose, log_lookup
from api.desk.caller import Caller, Right
from dossier.codes import dossier_code, mask_numbers, normalise_number
from dossier.errors import WrongUse
from dossier.ports import Found


class LookupBy(StrEnum):
    """How a lookup finds papers."""

    CITIZEN_ID = "citizen-id"
    TEXT = "text"
    DOSSIER = "dossier"


def find(
    application: Application,
    caller: Caller,
    by: LookupBy,
    term: str,
    *,
    purpose: str,
    limit: int,
) -> list[Found]:
    """Archived papers, one row per person for a citizen ID; numbers masked.

    Args:
        application: holds the catalogue.
        caller: looks up.
        by: how.
        term: a citizen ID or CMND in any usual writing, words, or a dossier code.
        purpose: why; logged. May be empty for a lookup by dossier alone.
        limit: the most rows.

    Raises:
        WrongUse: ``find.bad-number``, ``find.no-purpose``, ``dossier.bad-code``.
    """
    caller.require(Right.FIND)
    if by is not LookupBy.DOSSIER:
        purpose = check_purpose(purpose)
    catalogue, offices = application.catalogue, caller.offices
    match by:
        case LookupBy.CITIZEN_ID:
            term = number_of(term)
            found = catalogue.by_citizen_id(term, offices=offices, limit=limit)
        case LookupBy.DOSSIER:
            found = catalogue.by_dossier(dossier_code(term), offices=offices, limit=limit)
        case LookupBy.TEXT:
            found = catalogue.by_text(term, offices=offices, limit=limit)
    log_lookup(
        application,
        caller,
        action=by,
        subject=term,
        purpose=purpose,
        papers=(row.paper for row in found),
    )
    return [replace(row, person=mask_numbers(row.person)) for row in found]


def number_of(term: str) -> str:
    """The digits of a citizen ID or CMND in any usual spelling.

    Raises:
        WrongUse: ``find.bad-number``.
    """
    number = normalise_number(term)
    if number is None:
        raise WrongUse(
            "find.bad-number",
            "a citizen ID has 12 digits, of which the first three are a province; an old "
            "identity number (CMND) has 9",
        )
    return number
