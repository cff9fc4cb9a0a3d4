"""Changes to a paper until it is signed; each adds a line to its history."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.desk import edits
from api.http.authentication import Client, IntakeClient, ReviewClient, SignClient
from api.http.intake import FILE_BODY, Name
from api.http.openapi import ACT_PROBLEMS, BODY_PROBLEMS, SAID
from api.http.papers import state_of
from api.http.request_body import Received
from api.http.schemas import PaperStanding

router = APIRouter(prefix="/v1/papers/{paper}", tags=["acts"])

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        pattern=SAID,
        description="for the history; no name or number of a person",
    ),
]


def _question(**shown: Any) -> ConfigDict:  # noqa: ANN401 - any JSON value
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [shown]})


class SendBack(BaseModel):
    """Why a described paper goes back to review."""

    model_config = _question(reason="Trang 2 mờ, đề nghị xem lại số chứng thực")

    reason: Reason


class Withdraw(BaseModel):
    """Why a paper is withdrawn."""

    model_config = _question(reason="nộp nhầm giấy")

    reason: Reason


class Move(BaseModel):
    """The dossier a paper belongs to."""

    model_config = _question(dossier="H15.50.05.13-261008-0976")

    dossier: Annotated[str, Field(max_length=100)]


class PlacedPage(BaseModel):
    """A page and how it is turned."""

    model_config = _question(number=2, turn=90)

    number: Annotated[int, Field(ge=1, le=100_000, description="its number in the scan")]
    turn: Literal[0, 90, 180, 270] = Field(
        default=0, description="degrees clockwise, seen from the scan as it was received"
    )


class Arrangement(BaseModel):
    """All pages of a paper in their new order."""

    model_config = _question(pages=[{"number": 2, "turn": 90}, {"number": 1, "turn": 0}])

    pages: Annotated[list[PlacedPage], Field(min_length=1, max_length=10_000)]


@router.post("/sign", status_code=202, responses=ACT_PROBLEMS)
def sign(
    client: SignClient,
    paper: UUID,
    version: Annotated[
        int | None,
        Query(ge=0, le=2**31 - 1, description="of the paper as it was seen: no other is signed"),
    ] = None,
) -> PaperStanding:
    """Request that a described paper be signed with the office's key and archived.

    A repeated request changes nothing, also after signing.
    """
    edits.request_signature(client.application, client.caller, paper, version=version)
    return _enqueued(client, paper)


@router.post("/send-back", responses=ACT_PROBLEMS)
def send_back(client: SignClient, paper: UUID, why: SendBack) -> PaperStanding:
    """Send a described paper back to review, with a reason that the clerk sees."""
    edits.send_back(client.application, client.caller, paper, reason=why.reason)
    return _enqueued(client, paper)


@router.post("/withdraw", responses=ACT_PROBLEMS)
def withdraw(client: IntakeClient, paper: UUID, why: Withdraw) -> PaperStanding:
    """Reject a paper submitted by mistake (`withdrawn`); its scan may be submitted again."""
    edits.withdraw(client.application, client.caller, paper, reason=why.reason)
    return _enqueued(client, paper)


@router.post("/move", responses=ACT_PROBLEMS)
def move(client: IntakeClient, paper: UUID, where: Move) -> PaperStanding:
    """Move a paper to another dossier. Its PDF/A is made again; confirmed values stay."""
    edits.move(client.application, client.caller, paper, dossier=where.dossier)
    return _enqueued(client, paper)


@router.put("/pages", responses=ACT_PROBLEMS)
def arrange_pages(client: ReviewClient, paper: UUID, arrangement: Arrangement) -> PaperStanding:
    """Reorder and turn the pages of a paper; it is recognised again."""
    pages = [(page.number, page.turn) for page in arrangement.pages]
    edits.arrange_pages(client.application, client.caller, paper, pages=pages)
    return _enqueued(client, paper)


@router.post(
    "/scan", status_code=202, responses=BODY_PROBLEMS | ACT_PROBLEMS, openapi_extra=FILE_BODY
)
def scan_again(
    *, client: IntakeClient, paper: UUID, body: Received, name: Name = ""
) -> PaperStanding:
    """Replace the scan of a paper; it is recognised again, the old scan stays in its history."""
    source = unquote(name, errors="replace")
    edits.rescan(client.application, client.caller, paper, file=body.content, source=source)
    return _enqueued(client, paper)


def _enqueued(client: Client, paper: UUID) -> PaperStanding:
    """Where the paper stands after the change, its next step enqueued."""
    client.service.enqueue(paper)
    return state_of(client, paper)
