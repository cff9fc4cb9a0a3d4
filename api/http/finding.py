"""Lookup of archived papers: a POST with a purpose, logged before anything is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.desk.rebuild import rebuild_state
from api.desk.search import LookupBy, find
from api.http.authentication import Client, FindClient
from api.http.openapi import SAID, TOKEN_PROBLEMS
from api.http.schemas import example

router = APIRouter(prefix="/v1/find", tags=["find"])

_ROW = {
    "paper": "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11",
    "dossier": "H15.50.05.13-261008-0975",
    "kind": "birth-declaration",
    "kind_title": "Tờ khai đăng ký khai sinh",
    "person": "NGUYỄN THỊ HOA",
    "number": "•••••••••123",
    "role": "mother",
    "archived_at": "2026-10-08T02:15:00Z",
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


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Purpose
    limit: Limit = 50


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


class ByDossier(_Question):
    """The archived papers of a dossier."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"dossier": "H15.50.05.13-261008-0975", "purpose": "giải quyết hồ sơ"}]
        }
    )

    dossier: Annotated[str, Field(max_length=100)]


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


class FoundPapers(BaseModel):
    """The papers found."""

    model_config = example(found=[_ROW], incomplete=False)

    found: list[FoundPaper]
    incomplete: Annotated[
        bool, Field(description="the catalogue is being rebuilt: papers may be missing")
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


def _find(client: Client, by: LookupBy, term: str, question: _Question) -> FoundPapers:
    found = find(
        client.application,
        client.caller,
        by,
        term,
        purpose=question.purpose,
        limit=question.limit,
    )
    forms = client.application.forms
    return FoundPapers(
        found=[
            FoundPaper(
                paper=row.paper,
                dossier=row.dossier,
                kind=row.kind,
                kind_title=forms.name_of(row.kind),
                person=row.person,
                number=row.number,
                role=row.role,
                archived_at=row.archived_at,
            )
            for row in found
        ],
        incomplete=rebuild_state(client.application) is not None,
    )
