"""Finding archived papers. A POST with a purpose, written down before anything is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.desk import papers as desk_papers
from api.desk.rebuild import rebuild_state
from api.http.answers import example
from api.http.callers import Caller, Finding
from api.http.openapi import SAID, TOKEN_PROBLEMS
from dossier.codes import numbers_masked

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
        description="why: the dossier or the legal ground; written down with who and what",
    ),
]
Limit = Annotated[int, Field(ge=1, le=200)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Purpose
    limit: Limit = 50


class ByCitizen(_Question):
    """Somebody's papers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"number": "001184000123", "purpose": "hồ sơ H15.50.05.13-261008-0975"}]
        }
    )

    number: Annotated[
        str, Field(min_length=9, max_length=20, description="citizen ID (12) or old CMND (9)")
    ]


class ByText(_Question):
    """Papers that hold these words."""

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
    """A paper that was found; a number shows its last three digits only."""

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
    """The papers found.

    Attributes:
        incomplete: the catalogue is being rebuilt; papers may be missing.
    """

    model_config = example(found=[_ROW], incomplete=False)

    found: list[FoundPaper]
    incomplete: Annotated[
        bool, Field(description="the catalogue is being rebuilt: papers may be missing")
    ]


@router.post("/citizen", responses=TOKEN_PROBLEMS)
def find_by_citizen(caller: Finding, question: ByCitizen) -> FoundPapers:
    """The archived papers that name a person, newest first, with their role in each."""
    return _find(caller, "citizen-id", question.number, question)


@router.post("/text", responses=TOKEN_PROBLEMS)
def find_by_text(caller: Finding, question: ByText) -> FoundPapers:
    """The archived papers that hold these words, with or without diacritics; exact first."""
    return _find(caller, "text", question.words, question)


@router.post("/dossier", responses=TOKEN_PROBLEMS)
def find_by_dossier(caller: Finding, question: ByDossier) -> FoundPapers:
    """The archived papers of a dossier, in their order."""
    return _find(caller, "dossier", question.dossier, question)


def _find(caller: Caller, manner: str, text: str, question: _Question) -> FoundPapers:
    found = desk_papers.find(
        caller.application,
        manner,
        text,
        purpose=question.purpose,
        actor=caller.actor,
        limit=question.limit,
    )
    return FoundPapers(
        found=[
            FoundPaper(
                paper=row.paper,
                dossier=row.dossier,
                kind=row.kind,
                kind_title=caller.application.stages.forms.name_of(row.kind),
                person=numbers_masked(row.person),
                number=row.number,
                role=row.role,
                archived_at=row.archived_at,
            )
            for row in found
        ],
        incomplete=rebuild_state(caller.application) is not None,
    )
