"""Lookup of archived papers: a POST with a purpose, logged before anything is shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk.rebuild import rebuild_state
from api.desk.search import MOST_IN_LIST, MOST_SKIPPED, LookupBy, find
from api.http.authentication import Client, FindClient
from api.http.openapi import SAID, TOKEN_PROBLEMS
from api.http.schemas import example
from api.wording import hit_list
from dossier.finding import Filters, Found, FoundPage, SortBy

router = APIRouter(prefix="/v1/find", tags=["find"])

_PASSAGE = {"field": "mother.name", "text": "NGUYỄN THỊ HOA", "marks": [[11, 14]]}
_ROW = {
    "paper": "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11",
    "dossier": "H15.50.05.13-261008-0975",
    "kind": "birth-declaration",
    "kind_title": "Tờ khai đăng ký khai sinh",
    "person": "NGUYỄN THỊ HOA",
    "number": "•••••••••123",
    "role": "mother",
    "archived_at": "2026-10-08T02:15:00Z",
    "passage": _PASSAGE,
}

Purpose = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        pattern=SAID,
        description="why: the dossier or the legal ground; logged with caller and term",
    ),
]
Limit = Annotated[int, Field(ge=1, le=200)]
Skip = Annotated[int, Field(ge=0, le=MOST_SKIPPED, description="rows before this page")]
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=SAID)]
Values = Annotated[tuple[Word, ...], Field(max_length=50)]
Year = Annotated[int, Field(ge=1800, le=2999)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Purpose
    limit: Limit = 50
    skip: Skip = 0


class Narrowing(BaseModel):
    """What narrows an answer; what is left out demands nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: Values = ()
    years: Annotated[tuple[Year, ...], Field(max_length=50)] = ()
    roles: Values = ()
    dossier: Annotated[str, Field(max_length=100)] = ""
    issuer: Annotated[str, Field(max_length=200)] = ""
    dated_from: date | None = None
    dated_until: date | None = None
    archived_from: date | None = None
    archived_until: date | None = None

    def filters(self) -> Filters:
        """The same, for the use case."""
        return Filters(**(self.model_dump() | {"dossier": self.dossier.strip().upper()}))


class ByCitizen(_Question):
    """Papers that name a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"number": "001184000123", "purpose": "hồ sơ H15.50.05.13-261008-0975"}]
        }
    )

    number: Annotated[
        str, Field(max_length=40, description="citizen ID (12 digits) or old CMND (9 digits)")
    ]


class ByText(_Question):
    """Papers that contain these words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"words": "khai sinh Nguyễn Thị Hoa", "purpose": "đối chiếu sổ hộ tịch"}]
        }
    )

    words: Annotated[str, Field(min_length=1, max_length=300, pattern=r"\w")]
    filters: Narrowing = Narrowing()
    sort: SortBy = SortBy.RELEVANCE
    facets: Annotated[
        bool, Field(description="count the values of kind, year, role and office")
    ] = False


class ByDossier(_Question):
    """The archived papers of a dossier."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"dossier": "H15.50.05.13-261008-0975", "purpose": "giải quyết hồ sơ"}]
        }
    )

    dossier: Annotated[str, Field(max_length=100)]


class MatchingPassage(BaseModel):
    """What matched: a described value, or running text; numbers of people are masked."""

    model_config = example(**_PASSAGE)

    field: Annotated[str, Field(description="of the value; empty for running text")]
    text: str
    marks: Annotated[
        list[tuple[int, int]], Field(description="start and end of each matching word")
    ]


class FoundPaper(BaseModel):
    """A paper found; a number shows its last three digits only."""

    model_config = example(**_ROW)

    paper: UUID
    dossier: str
    kind: str
    kind_title: str
    person: str
    number: str
    role: str
    archived_at: datetime
    passage: MatchingPassage | None


class FoundPapers(BaseModel):
    """The papers found."""

    model_config = example(
        found=[_ROW],
        total=1,
        next=None,
        approximate=False,
        facets={"kind": {"birth-declaration": 1}},
        incomplete=False,
    )

    found: list[FoundPaper]
    total: Annotated[int, Field(description="exact up to 10,000, which is the most")]
    next: Annotated[int | None, Field(description="`skip` of the next page; null on the last")]
    approximate: Annotated[
        bool, Field(description="no paper has all words as typed: these are the nearest")
    ]
    facets: dict[str, dict[str, int]]
    incomplete: Annotated[
        bool, Field(description="catalogue or index is being made again: papers may be missing")
    ]


@router.post("/citizen", responses=TOKEN_PROBLEMS)
def find_by_citizen(client: FindClient, question: ByCitizen) -> FoundPapers:
    """The archived papers that name a person, newest first, with the person's role in each."""
    return _find(client, LookupBy.CITIZEN_ID, question.number, question)


@router.post("/text", responses=TOKEN_PROBLEMS)
def find_by_text(client: FindClient, question: ByText) -> FoundPapers:
    """The archived papers that hold these words, with or without diacritics; exact first."""
    return _find(client, LookupBy.TEXT, question.words, question)


@router.post("/dossier", responses=TOKEN_PROBLEMS)
def find_by_dossier(client: FindClient, question: ByDossier) -> FoundPapers:
    """The archived papers of a dossier, by ordinal."""
    return _find(client, LookupBy.DOSSIER, question.dossier, question)


@router.post(
    "/text.csv",
    responses=TOKEN_PROBLEMS
    | {
        200: {
            "content": {"text/csv": {"schema": {"type": "string"}, "example": "paper,dossier,kind"}}
        }
    },
    response_class=Response,
)
def list_by_text(client: FindClient, question: ByText) -> Response:
    """The same as a CSV file of up to 2,000 papers; logged with its purpose."""
    page = _page(client, LookupBy.TEXT, question.words, question, limit=MOST_IN_LIST)
    return Response(
        hit_list.as_csv(page.rows, title_of=client.application.forms.name_of),
        media_type="text/csv; charset=utf-8",
    )


def _page(client: Client, by: LookupBy, term: str, question: _Question, *, limit: int) -> FoundPage:
    words = question if isinstance(question, ByText) else None
    return find(
        client.application,
        client.caller,
        by,
        term,
        purpose=question.purpose,
        limit=limit,
        skip=question.skip,
        filters=None if words is None else words.filters.filters(),
        sort=SortBy.RELEVANCE if words is None else words.sort,
        facets=words is not None and words.facets,
    )


def _find(client: Client, by: LookupBy, term: str, question: _Question) -> FoundPapers:
    page = _page(client, by, term, question, limit=question.limit)
    after = question.skip + len(page.rows)
    return FoundPapers(
        found=[_found(client, row) for row in page.rows],
        total=page.total,
        next=after if page.rows and after < min(page.total, MOST_SKIPPED) else None,
        approximate=page.approximate,
        facets={name: dict(values) for name, values in page.facets.items()},
        incomplete=page.behind > 0 or rebuild_state(client.application) is not None,
    )


def _found(client: Client, row: Found) -> FoundPaper:
    passage = row.passage
    return FoundPaper(
        paper=row.paper,
        dossier=row.dossier,
        kind=row.kind,
        kind_title=client.application.forms.name_of(row.kind),
        person=row.person,
        number=row.number,
        role=row.role,
        archived_at=row.archived_at,
        passage=None
        if passage is None
        else MatchingPassage(field=passage.field, text=passage.text, marks=list(passage.marks)),
    )
