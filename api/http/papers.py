"""Papers: list them, and show where one stands."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.desk import papers as desk
from api.desk.progress import Stage as StageView
from api.desk.views import HistoryEntry, PaperView
from api.http import problems
from api.http.authentication import Client, ReadClient
from api.http.openapi import PAPER_PROBLEMS, TOKEN_PROBLEMS
from api.http.schemas import (
    MoveLine,
    PaperList,
    PaperRow,
    PaperStanding,
    ReadSoFar,
    ScanLine,
    Stage,
)
from api.wording import sentences
from api.wording.labels import STAGES, standing
from dossier.states import PaperState
from ocr.fields.forms import Forms

router = APIRouter(prefix="/v1/papers", tags=["papers"])


@router.get("", responses=TOKEN_PROBLEMS)
def list_papers(
    client: ReadClient,
    state: Annotated[PaperState | None, Query(description="only papers in this state")] = None,
    dossier: Annotated[str | None, Query(max_length=100)] = None,
    # A longer request line is refused before it is parsed.
    after: Annotated[
        str,
        Query(
            max_length=12_000,
            pattern="^[A-Za-z0-9_-]*$",
            description="`next` of the page before",
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PaperList:
    """The papers this token may see: by office, in the order received."""
    page = desk.list_papers(
        client.application,
        client.caller,
        state=state,
        dossier=dossier,
        after=after,
        limit=limit,
    )
    forms = client.application.forms
    return PaperList(
        papers=[row_of(view, forms) for view in page.papers],
        next=page.next or None,
    )


@router.get("/{paper}", responses=PAPER_PROBLEMS)
def show_state(client: ReadClient, paper: UUID) -> PaperStanding:
    """Where a paper stands: stages, history, progress, and why it waits. Not what it says."""
    return state_of(client, paper)


def state_of(client: Client, paper: UUID) -> PaperStanding:
    """Where a paper stands now, as an answer.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    view = desk.get_paper(client.application, client.caller, paper)
    return PaperStanding(
        **row_of(view, client.application.forms).model_dump(),
        version=view.version,
        sign_requested=view.sign_requested,
        retry_at=view.retry_at,
        progress=ReadSoFar(pages_read=view.progress.pages_read, pages=view.progress.pages),
        stages=[_stage(stage) for stage in view.stages],
        history=[line_of(entry) for entry in view.history],
        scans=[
            ScanLine(
                sha256=scan.sha256,
                size=scan.size,
                received_at=scan.received_at,
                replaced_at=scan.replaced_at,
            )
            for scan in view.scans
        ],
    )


def row_of(view: PaperView, forms: Forms) -> PaperRow:
    """A paper as a row of an answer."""
    return PaperRow(
        paper=view.paper,
        office=view.office,
        dossier=view.dossier,
        ordinal=view.ordinal,
        source=view.source,
        media_type=view.media_type,
        state=view.state.value,
        state_title=standing(view.state, view.code),
        waits_for=view.waits_for.value,
        code=view.code,
        code_title=sentences.sentence(view.code, view.fault),
        reason=problems.said(view.code, view.reason),
        kind=view.kind,
        kind_title=forms.name_of(view.kind),
        pages=view.pages,
        received_at=view.received_at,
        updated_at=view.updated_at,
    )


def line_of(entry: HistoryEntry) -> MoveLine:
    """A line of history in an answer."""
    return MoveLine(
        id=entry.sequence,
        at=entry.at,
        before=entry.before,
        after=entry.after,
        after_title=standing(PaperState(entry.after), entry.code),
        code=entry.code,
        code_title=sentences.sentence(entry.code),
        reason=problems.said(entry.code, entry.reason),
        actor=entry.actor,
    )


def _stage(stage: StageView) -> Stage:
    return Stage.model_validate(
        {
            "name": stage.name,
            "title": STAGES[stage.name],
            "status": stage.status.value,
            "at": stage.at,
        }
    )
