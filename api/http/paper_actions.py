"""Changes to a paper until it is signed; each adds a line to its history."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.desk import edits, page_edits, splitting
from api.desk.splitting import PageUse
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


class PaperPart(BaseModel):
    """The pages of one of the papers to be."""

    model_config = _question(pages=[{"number": 3, "turn": 0}])

    pages: Annotated[list[PlacedPage], Field(min_length=1, max_length=10_000)]


class Split(BaseModel):
    """The papers of one file; pages in none of them are left out."""

    model_config = _question(
        parts=[{"pages": [{"number": 1}]}, {"pages": [{"number": 3}, {"number": 4}]}], version=7
    )

    parts: Annotated[list[PaperPart], Field(min_length=1, max_length=1000)]
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class Merge(BaseModel):
    """The paper whose pages come last."""

    model_config = _question(paper="0192f1a0-7c00-7000-8000-000000000002", version=7)

    paper: UUID
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class SplitPapers(BaseModel):
    """The papers that a split made, the one that was split first."""

    model_config = _question(papers=["0192f1a0-7c00-7000-8000-000000000001"])

    papers: list[UUID]


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


@router.post("/split", responses=ACT_PROBLEMS)
def split(client: ReviewClient, paper: UUID, into: Split) -> SplitPapers:
    """Make several papers of one file; each is recognised again, the file stays as it is."""
    pages = [
        (page.number, page.turn, PageUse.CONTINUES if index else PageUse.BEGINS)
        for part in into.parts
        for index, page in enumerate(part.pages)
    ]
    made = splitting.split(client.application, client.caller, paper, pages, version=into.version)
    for one in made:
        client.service.enqueue(one)
    return SplitPapers(papers=list(made))


@router.post("/merge", responses=ACT_PROBLEMS)
def merge(client: ReviewClient, paper: UUID, what: Merge) -> PaperStanding:
    """Append the pages of another paper of the dossier, which ends; recognised again."""
    page_edits.merge(client.application, client.caller, paper, what.paper, version=what.version)
    return _enqueued(client, paper)


@router.post("/pages/undo", responses=ACT_PROBLEMS)
def undo_pages(client: ReviewClient, paper: UUID) -> PaperStanding:
    """Take back the last split, merge or replaced page of a paper."""
    client.service.enqueue(page_edits.undo(client.application, client.caller, paper))
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
