"""Lookup of archived papers by citizen ID, text or dossier; logged with its purpose."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from api.application import Application
from api.desk.access_logging import check_purpose, log_lookup, lookup_purpose
from api.desk.caller import Caller, Right
from api.desk.papers import open_paper
from api.desk.views import PaperView
from dossier.codes import dossier_code, mask_numbers, normalise_number
from dossier.errors import WrongUse
from dossier.ports import Found

# A person who types numbers from paper misses a few times an hour; a program that guesses a masked
# number needs hundreds of misses.
MOST_MISSES = 20
MISS_PERIOD = timedelta(hours=1)
_DIGITS_OF_CODE = 6


class LookupBy(StrEnum):
    """How a lookup finds papers."""

    CITIZEN_ID = "citizen-id"
    TEXT = "text"
    DOSSIER = "dossier"


class TooManyMisses(WrongUse):
    """``find.too-many-misses``.

    Args:
        seconds: until a look-up by citizen ID may be possible again.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "find.too-many-misses",
            f"{MOST_MISSES} citizen IDs without a result in an hour are the most; wait, or look "
            "the paper up by name or dossier",
        )
        self.seconds = seconds


def recognise(term: str) -> LookupBy:
    """How to look up what a person typed into one box.

    Args:
        term: digits with any separators are a citizen ID, also a mistyped one; a code without
            spaces that holds letters and at least six digits is a dossier; all else is text.
    """
    typed = term.strip()
    if re.search(r"\d", typed) and not re.search(r"[^\W\d_]", typed):
        return LookupBy.CITIZEN_ID
    digits = sum(c.isdigit() for c in typed)
    if digits >= _DIGITS_OF_CODE and re.fullmatch(r"[\w.-]+", typed, re.ASCII):
        return LookupBy.DOSSIER
    return LookupBy.TEXT


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
        TooManyMisses: the caller looked up too many citizen IDs without a result.
    """
    caller.require(Right.FIND)
    if by is not LookupBy.DOSSIER:
        purpose = check_purpose(purpose)
    catalogue, offices = application.catalogue, caller.offices
    match by:
        case LookupBy.CITIZEN_ID:
            term = number_of(term)
            _brake(application, caller)
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


def open_found(application: Application, caller: Caller, paper: UUID) -> PaperView:
    """Open an archived paper that a look-up of this session showed; logged with its purpose.

    Raises:
        WrongUse: ``paper.unknown``; ``find.look-up-first``: no look-up of the session showed it.
    """
    caller.require(Right.FIND)
    if lookup_purpose(application, caller, paper) is None:
        raise WrongUse("find.look-up-first", "look the paper up first and state the purpose")
    return open_paper(application, caller, paper)


def _brake(application: Application, caller: Caller) -> None:
    """Refuse a caller with too many misses, before the number is looked up.

    Raises:
        TooManyMisses: for as long as the misses of the last hour are too many.
    """
    since = application.clock.now() - MISS_PERIOD
    if application.access_log.count_misses(caller.actor, since=since) >= MOST_MISSES:
        raise TooManyMisses(MISS_PERIOD.total_seconds())


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
