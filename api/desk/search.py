"""Lookup of archived papers by citizen ID, text or dossier; logged with its purpose."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from api.application import Application
from api.desk.access_logging import check_purpose, log_lookup, lookup_purpose
from api.desk.caller import Caller, Right
from api.desk.papers import open_paper
from api.desk.views import PaperView
from dossier.codes import dossier_code, mask_numbers, normalise_number
from dossier.errors import WrongUse
from dossier.finding import Filters, FoundPage, SortBy, TextQuery

# A person who types numbers from paper misses a few times an hour; a program that guesses a masked
# number needs hundreds of misses.
MOST_MISSES = 20
MISS_PERIOD = timedelta(hours=1)
_DIGITS_OF_CODE = 6
# Two numbers of a person differ from dates, amounts and document numbers by their length.
_LEAST_DIGITS = 8
_FIGURE = re.compile(
    r"\d{1,2}\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*\d{4}"  # a date
    r"|\d{1,5}\s*/\s*\d{4}"  # a document number
    r"|\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?"  # an amount
    r"|\d{6}-\d{4,5}"  # date and serial of a dossier code
)
MOST_SKIPPED = 10_000
MOST_IN_LIST = 2000
"""How many hits a list holds that is taken away."""


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
        term: eight digits or more with any separators are a citizen ID, also a mistyped one,
            where they are no date, amount or document number; a code without spaces that holds
            letters and at least six digits is a dossier; all else is text.
    """
    typed = term.strip()
    digits = sum(c.isdigit() for c in typed)
    if digits and not re.search(r"[^\W\d_]", typed):
        person = normalise_number(typed) is not None
        if person or (digits >= _LEAST_DIGITS and not _FIGURE.fullmatch(typed)):
            return LookupBy.CITIZEN_ID
        return LookupBy.TEXT
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
    skip: int = 0,
    filters: Filters | None = None,
    sort: SortBy = SortBy.RELEVANCE,
    facets: bool = False,
) -> FoundPage:
    """Archived papers; numbers masked. For a citizen ID one row per person and role.

    Args:
        application: holds the catalogue.
        caller: looks up.
        by: how.
        term: a citizen ID or CMND in any usual writing, words, or a dossier code. What looks like
            a dossier code and is none is searched as words, if a purpose is stated.
        purpose: why; logged. May be empty for a lookup by dossier alone.
        limit: the most rows.
        skip: rows before this page.
        filters: narrow an answer by words or citizen ID.
        sort: the order of an answer by words.
        facets: count the values of kind, year, role and office, for an answer by words.

    Raises:
        WrongUse: ``find.bad-number``, ``find.no-purpose``, ``dossier.bad-code``.
        TooManyMisses: the caller looked up too many citizen IDs without a result.
    """
    caller.require(Right.FIND)
    narrowed = filters or Filters()
    if by is not LookupBy.DOSSIER or purpose.strip():
        purpose = check_purpose(purpose)
    query = TextQuery(
        words=term, offices=caller.offices, filters=narrowed, sort=sort, skip=skip, limit=limit,
        facets=facets,
    )  # fmt: skip
    match by:
        case LookupBy.CITIZEN_ID:
            term = number_of(term)
            _brake(application, caller)
            page = _by_citizen_id(application, replace(query, words=term))
        case LookupBy.DOSSIER:
            page = _by_dossier(application, query, searched=bool(purpose))
        case LookupBy.TEXT:
            page = application.catalogue.search(query)
    log_lookup(
        application,
        caller,
        action=by,
        subject=term if by is LookupBy.CITIZEN_ID else _subject(term, narrowed),
        purpose=purpose,
        papers=(row.paper for row in page.rows),
    )
    return replace(
        page, rows=tuple(replace(row, person=mask_numbers(row.person)) for row in page.rows)
    )


def _by_citizen_id(application: Application, query: TextQuery) -> FoundPage:
    """The rows of a person; with filters by the full-text index, which knows whole numbers."""
    if query.filters != Filters():
        newest = SortBy.NEWEST if query.sort is SortBy.RELEVANCE else query.sort
        return application.catalogue.search(replace(query, sort=newest))
    rows = application.catalogue.by_citizen_id(
        query.words, offices=query.offices, limit=query.limit, skip=query.skip
    )
    total = query.skip + len(rows)
    if len(rows) == query.limit:
        total = application.catalogue.count_of(query.words, offices=query.offices)
    return FoundPage(rows=tuple(rows), total=total)


def _by_dossier(application: Application, query: TextQuery, *, searched: bool) -> FoundPage:
    code = dossier_code(query.words)
    rows = application.catalogue.by_dossier(
        code, offices=query.offices, limit=query.skip + query.limit
    )
    if not rows and searched:
        return application.catalogue.search(query)
    return FoundPage(rows=tuple(rows[query.skip :]), total=len(rows))


def _subject(term: str, filters: Filters) -> str:
    """What the log says was asked: the term and what narrowed it."""
    given = {
        "kind": ",".join(filters.kinds),
        "year": ",".join(map(str, filters.years)),
        "role": ",".join(filters.roles),
        "dossier": filters.dossier,
        "issuer": filters.issuer,
        "dated": _days(filters.dated_from, filters.dated_until),
        "archived": _days(filters.archived_from, filters.archived_until),
    }
    return " ".join([term, *(f"[{name}: {value}]" for name, value in given.items() if value)])


def _days(first: date | None, last: date | None) -> str:
    return f"{first or ''}..{last or ''}" if first or last else ""


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
