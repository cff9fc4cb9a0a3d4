"""Dossiers: papers expected and received, and closing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.desk import dossiers as desk
from api.desk import files
from api.desk.views import DossierView
from api.http.authentication import IntakeClient, ReadClient
from api.http.openapi import ACT_PROBLEMS, PAPER_PROBLEMS, file_answer
from api.http.paper_content import Form, package_response
from api.http.papers import row_of
from api.http.schemas import PaperRow, example
from ocr.fields.forms import Forms

router = APIRouter(prefix="/v1/dossiers", tags=["dossiers"])

_PAPER = "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11"


class Expected(BaseModel):
    """The kinds of paper a dossier expects; a kind needed twice is listed twice."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"expected": ["birth-declaration", "citizen-card"]}]},
    )

    expected: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=100)]


class ExpectedPaper(BaseModel):
    """An expected kind of paper, and the paper once it is received."""

    model_config = example(
        kind="birth-declaration", kind_title="Tờ khai đăng ký khai sinh", paper=_PAPER
    )

    kind: str
    kind_title: str
    paper: UUID | None


class Dossier(BaseModel):
    """A dossier of one office."""

    model_config = example(
        dossier="H15.50.05.13-261008-0975",
        office="H15.50.05.13",
        offices=["H15.50.05.13"],
        closed_at=None,
        expected=[
            {
                "kind": "birth-declaration",
                "kind_title": "Tờ khai đăng ký khai sinh",
                "paper": _PAPER,
            },
            {"kind": "citizen-card", "kind_title": "Thẻ căn cước", "paper": None},
        ],
        missing=1,
        unfinished=1,
        papers=[],
    )

    dossier: str
    office: str
    offices: list[str] = Field(description="those of your offices that have such a dossier")
    closed_at: datetime | None = Field(description="when it was closed")
    expected: list[ExpectedPaper]
    missing: int | None = Field(description="expected papers not received; null as `papers`")
    unfinished: int | None = Field(
        description="papers neither archived nor rejected; null as `papers`"
    )
    papers: list[PaperRow] | None = Field(description="null for a token without the scope `read`")


_OFFICE = Query(
    max_length=35,
    description="whose dossier, where offices below have one of this code too; see `offices`",
)
Office = Annotated[str | None, _OFFICE]


@router.get("/{dossier}", responses=PAPER_PROBLEMS)
def show_dossier(client: ReadClient, dossier: str, office: Office = None) -> Dossier:
    """Expected papers, papers received, and whether the dossier is closed."""
    view = desk.get_dossier(client.application, client.caller, dossier, office=office)
    return _answer(view, client.application.forms)


@router.get(
    "/{dossier}/package",
    responses={
        **PAPER_PROBLEMS,
        200: file_answer("application/zip", "the E-ARK package of the dossier", "PK..."),
    },
    response_class=Response,
)
def get_dossier_package(
    request: Request, client: ReadClient, dossier: str, form: Form = "zip"
) -> Response:
    """The E-ARK package of a dossier with all its archived papers, streamed."""
    aip = files.dossier_package(client.application, client.caller, dossier)
    return package_response(request, aip, form)


@router.put("/{dossier}", responses=PAPER_PROBLEMS)
def expect_papers(
    client: IntakeClient, dossier: str, expected: Expected, office: Office = None
) -> Dossier:
    """Set which papers are expected; IDs of kinds, see GET /v1/kinds."""
    view = desk.expect_papers(
        client.application, client.caller, dossier, expected.expected, office=office
    )
    return _answer(view, client.application.forms)


@router.post("/{dossier}/close", responses=ACT_PROBLEMS)
def close_dossier(
    client: IntakeClient,
    dossier: str,
    *,
    office: Office = None,
    anyway: Annotated[
        bool, Query(description="also with papers that are missing or not archived yet")
    ] = False,
) -> Dossier:
    """Close a dossier: it takes no more papers. Those received are processed to the end.

    With unfinished papers it is closed only by a second request, with `anyway`.
    """
    view = desk.close_dossier(
        client.application, client.caller, dossier, office=office, anyway=anyway
    )
    return _answer(view, client.application.forms)


@router.post("/{dossier}/reopen", responses=ACT_PROBLEMS)
def reopen_dossier(client: IntakeClient, dossier: str, office: Office = None) -> Dossier:
    """Let a closed dossier take papers again."""
    view = desk.reopen_dossier(client.application, client.caller, dossier, office=office)
    return _answer(view, client.application.forms)


def _answer(view: DossierView, forms: Forms) -> Dossier:
    seen = view.papers is not None
    return Dossier(
        dossier=view.code,
        office=view.office,
        offices=list(view.offices),
        closed_at=view.closed_at,
        expected=[
            ExpectedPaper(kind=one.kind, kind_title=forms.name_of(one.kind), paper=one.paper)
            for one in view.expected
        ],
        missing=view.missing if seen else None,
        unfinished=view.unfinished if seen else None,
        papers=None if view.papers is None else [row_of(paper, forms) for paper in view.papers],
    )
