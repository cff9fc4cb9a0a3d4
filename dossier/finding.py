"""What is asked of the catalogue, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class SortBy(StrEnum):
    """The order of an answer."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows an answer; empty and None demand nothing.

    Attributes:
        kinds: ids of form definitions, one of which it must be.
        years: of the paper's date.
        roles: of which one person must have one.
        issuer: words of the issuer.
        dated_from: first day of the paper.
        dated_until: last day of the paper.
        archived_from: first day of archiving, UTC.
        archived_until: last day of archiving, UTC.
    """

    kinds: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()
    dossier: str = ""
    issuer: str = ""
    dated_from: date | None = None
    dated_until: date | None = None
    archived_from: date | None = None
    archived_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQuery:
    """A search by words.

    Attributes:
        words: as typed; may be empty where filters are given.
        offices: whose records are searched.
        skip: how many hits to pass over, for the next page.
        limit: the most hits.
        facets: whether to count the values of kind, year, role and office.
    """

    words: str
    offices: tuple[str, ...]
    filters: Filters = field(default_factory=Filters)
    sort: SortBy = SortBy.RELEVANCE
    skip: int = 0
    limit: int = 50
    facets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Where a record matches.

    Attributes:
        field: of the described value; empty for running text.
        text: numbers of people in it are masked.
        marks: start and end of each matching word.
    """

    field: str
    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One row of an answer.

    Attributes:
        person: as printed, or empty.
        number: masked, or empty.
        role: of this person in the record, or empty.
        passage: what matched the words; None where none were given.
    """

    paper: UUID
    dossier: str
    kind: str
    person: str
    number: str
    role: str
    archived_at: datetime
    passage: Passage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page of an answer.

    Attributes:
        total: hits in all; exact up to 10,000, which is the most.
        approximate: no record has all words as typed; these are the nearest.
        facets: by ``kind``, ``year``, ``role`` and ``office``, how many hits have each value.
        behind: records that the index lacks so far.
    """

    rows: tuple[Found, ...]
    total: int
    approximate: bool = False
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    behind: int = 0
