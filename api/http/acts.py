"""What a person does to a paper until it is signed; each with its line of history."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.http.answers import PaperStanding
from api.http.bodies import Received
from api.http.callers import Caller, Intaking, Reviewing, Signing
from api.http.intake import FILE_BODY, Name
from api.http.openapi import ACT_PROBLEMS, BODY_PROBLEMS, SAID
from api.http.papers import standing_of, state_of
from dossier.codes import dossier_code
from ingest.receive import receive
from workflow.ledger.edits import EditRequest, PaperEdits

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
    """Why a described paper is to be looked at again."""

    model_config = _question(reason="Trang 2 mờ, đề nghị xem lại số chứng thực")

    reason: Reason


class Withdraw(BaseModel):
    """Why a paper is taken out."""

    model_config = _question(reason="nộp nhầm giấy")

    reason: Reason


class Move(BaseModel):
    """Where a paper belongs."""

    model_config = _question(dossier="H15.50.05.13-261008-0976")

    dossier: Annotated[str, Field(max_length=100)]


class PlacedPage(BaseModel):
    """A page at its place."""

    model_config = _question(number=2, turn=90)

    number: Annotated[int, Field(ge=1, le=100_000, description="its number in the scan")]
    turn: Literal[0, 90, 180, 270] = Field(
        default=0, description="degrees clockwise, seen from the scan as it was received"
    )


class Arrangement(BaseModel):
    """All pages of a paper, in their order, each turned as it is to stand."""

    model_config = _question(pages=[{"number": 2, "turn": 90}, {"number": 1, "turn": 0}])

    pages: Annotated[list[PlacedPage], Field(min_length=1, max_length=10_000)]


@router.post("/sign", status_code=202, responses=ACT_PROBLEMS)
def sign(
    caller: Signing,
    paper: UUID,
    version: Annotated[
        int | None,
        Query(ge=0, le=2**31 - 1, description="of the paper as it was seen: no other is signed"),
    ] = None,
) -> PaperStanding:
    """Ask that a described paper be signed with the office's key; then it is laid down.

    Asking again changes nothing, also once it is signed.
    """
    _arranging(caller).request_signature(_act(caller, paper), version=version)
    return _after(caller, paper)


@router.post("/send-back", responses=ACT_PROBLEMS)
def send_back(caller: Signing, paper: UUID, why: SendBack) -> PaperStanding:
    """Send a described paper back to review, with a reason that the clerk sees."""
    _arranging(caller).send_back(_act(caller, paper, why.reason))
    return _after(caller, paper)


@router.post("/withdraw", responses=ACT_PROBLEMS)
def withdraw(caller: Intaking, paper: UUID, why: Withdraw) -> PaperStanding:
    """Take a paper out for good (REJECTED, `withdrawn`); its scan may come again."""
    _arranging(caller).withdraw(_act(caller, paper, why.reason))
    return _after(caller, paper)


@router.post("/move", responses=ACT_PROBLEMS)
def move(caller: Intaking, paper: UUID, where: Move) -> PaperStanding:
    """Put a paper into another dossier. Its PDF/A is made anew; what was confirmed stays."""
    _arranging(caller).move_to_dossier(_act(caller, paper), dossier_code(where.dossier))
    return _after(caller, paper)


@router.put("/pages", responses=ACT_PROBLEMS)
def arrange_pages(caller: Reviewing, paper: UUID, arrangement: Arrangement) -> PaperStanding:
    """Order and turn the pages of a paper; it is read anew."""
    pages = [(page.number, page.turn) for page in arrangement.pages]
    _arranging(caller).arrange_pages(_act(caller, paper), pages)
    return _after(caller, paper)


@router.post(
    "/scan", status_code=202, responses=BODY_PROBLEMS | ACT_PROBLEMS, openapi_extra=FILE_BODY
)
def scan_again(*, caller: Intaking, paper: UUID, body: Received, name: Name = "") -> PaperStanding:
    """Let another scan stand for a paper; it is read anew, the old scan stays in its history."""
    application = caller.application
    standing = standing_of(caller, paper)
    scan = receive(
        body.content,
        source=unquote(name, errors="replace"),
        office=standing.office,
        store=application.store,
        limits=application.intake.limits,
        clock=application.clock,
        ids=application.ids,
    )
    _arranging(caller).replace_scan(_act(caller, paper), scan)
    return _after(caller, paper)


def _arranging(caller: Caller) -> PaperEdits:
    return caller.application.ledger.edits


def _act(caller: Caller, paper: UUID, reason: str = "") -> EditRequest:
    return EditRequest(
        paper=paper,
        offices=caller.application.offices,
        actor=caller.actor,
        at=caller.application.clock.now(),
        reason=" ".join(reason.split()),
    )


def _after(caller: Caller, paper: UUID) -> PaperStanding:
    caller.service.enqueue(paper)
    return state_of(caller, standing_of(caller, paper))
