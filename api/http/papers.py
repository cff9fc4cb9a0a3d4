"""Papers: where each stands, how it came there, and what it waits for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.http import problems
from api.http.answers import (
    WAITS_FOR,
    MoveLine,
    PaperList,
    PaperRow,
    PaperStanding,
    ReadSoFar,
    ScanLine,
    Stage,
)
from api.http.callers import Caller, Reading
from api.http.openapi import PAPER_PROBLEMS, TOKEN_PROBLEMS
from api.wording import sentences
from api.wording.labels import STATES
from dossier import states
from dossier.codes import dossier_code, numbers_masked
from dossier.errors import WrongUse
from workflow.ledger.cursors import Cursor
from workflow.ledger.types import HistoryEntry, PaperSummary
from workflow.pipeline.process_name import is_name

router = APIRouter(prefix="/v1/papers", tags=["papers"])

_State = states.PaperState
_STAGES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("receive", "Nhận", frozenset()),
    ("read", "Đọc", frozenset({_State.RECEIVED})),
    ("describe", "Trích", frozenset({_State.RECOGNISED})),
    ("review", "Xem lại", frozenset({_State.REVIEW})),
    ("sign", "Ký", frozenset({_State.DESCRIBED})),
    ("archive", "Lưu", frozenset({_State.SIGNED})),
)
_ENDED = frozenset({_State.ARCHIVED, _State.REJECTED, _State.DISPOSED})


@router.get("", responses=TOKEN_PROBLEMS)
def list_papers(
    caller: Reading,
    state: Annotated[_State | None, Query(description="only those that stand so")] = None,
    dossier: Annotated[str | None, Query(max_length=100)] = None,
    after: Annotated[str, Query(max_length=64_000, description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PaperList:
    """The papers this token may see: by office, in the order received."""
    cursor = Cursor.from_text(after) if after else Cursor()
    found = caller.service.listing.list_papers(
        offices=caller.application.offices,
        state=state,
        dossier=None if dossier is None else dossier_code(dossier),
        after=cursor,
        limit=limit + 1,
    )
    shown = found[:limit]
    return PaperList(
        papers=[row_of(caller, standing) for standing in shown],
        next=cursor.advance(shown).to_text() if len(found) > limit else None,
    )


@router.get("/{paper}", responses=PAPER_PROBLEMS)
def show_state(caller: Reading, paper: UUID) -> PaperStanding:
    """Where a paper stands: stages, history, progress, and why it waits. Not what it says."""
    return state_of(caller, standing_of(caller, paper))


def standing_of(caller: Caller, paper: UUID) -> PaperSummary:
    """Where a paper stands, if this token may see it.

    Raises:
        WrongUse: ``paper.unknown``, also where it is another office's.
    """
    standing = caller.service.listing.get_summary(paper, offices=caller.application.offices)
    if standing is None:
        raise WrongUse("paper.unknown", "there is no such paper")
    return standing


def state_of(caller: Caller, standing: PaperSummary) -> PaperStanding:
    """Everything about a paper but its content."""
    stored = caller.application.ledger.papers.read(
        standing.paper, offices=caller.application.offices, content=False
    )
    if stored is None:
        raise WrongUse("paper.unknown", "there is no such paper")
    standing, history = stored.summary, list(stored.history)
    return PaperStanding(
        **row_of(caller, standing).model_dump(),
        version=standing.version,
        sign_requested=standing.sign_requested,
        retry_at=standing.retry_at,
        progress=progress_of(caller, standing),
        stages=stages_of(standing, history),
        history=[line_of(move) for move in history],
        scans=[
            ScanLine(
                sha256=scan.sha256,
                size=scan.size,
                received_at=scan.received_at,
                replaced_at=scan.replaced_at,
            )
            for scan in stored.scans
        ],
    )


def row_of(caller: Caller, standing: PaperSummary) -> PaperRow:
    """A paper as lists show it."""
    return PaperRow(
        paper=standing.paper,
        office=standing.office,
        dossier=standing.dossier,
        ordinal=standing.ordinal,
        source=numbers_masked(standing.source),
        media_type=standing.media_type,
        state=standing.state.value,
        state_title=STATES[standing.state],
        waits_for=waits_for(standing),
        code=standing.code,
        code_title=sentences.sentence(standing.code, standing.fault),
        reason=reason_of(standing.code, standing.reason),
        kind=standing.kind,
        kind_title=caller.application.stages.forms.name_of(standing.kind),
        pages=standing.pages,
        received_at=standing.received_at,
        updated_at=standing.updated_at,
    )


def line_of(move: HistoryEntry) -> MoveLine:
    """A line of history."""
    return MoveLine(
        id=move.sequence,
        at=move.at,
        before=move.before,
        after=move.after,
        after_title=STATES[_State(move.after)],
        code=move.code,
        code_title=sentences.sentence(move.code),
        reason=reason_of(move.code, move.reason),
        # Which process of which machine is for the operator's log.
        actor="worker" if is_name(move.actor) else move.actor,
    )


def waits_for(standing: PaperSummary) -> WAITS_FOR:
    """Who must act next."""
    if standing.state in _ENDED:
        return "nobody"
    if standing.state is _State.REVIEW:
        return "clerk"
    if standing.set_aside:
        return "operator"
    if standing.state is _State.DESCRIBED and not standing.sign_requested:
        return "official"
    return "machine" if standing.retry_at is None else "time"


def progress_of(caller: Caller, standing: PaperSummary) -> ReadSoFar:
    """Pages read of how many."""
    now = caller.service.progress.of(standing.paper) or standing.progress
    if now is not None and standing.state is _State.RECEIVED:
        return ReadSoFar(pages_read=now[0], pages=now[1])
    read = 0 if standing.state is _State.RECEIVED else standing.pages
    return ReadSoFar(pages_read=read, pages=standing.pages)


def stages_of(standing: PaperSummary, history: list[HistoryEntry]) -> list[Stage]:
    """The stages, as the history since the newest scan tells them."""
    begins = max((i for i, m in enumerate(history) if m.after == _State.RECEIVED), default=0)
    ends: dict[str, HistoryEntry] = {move.before: move for move in history[begins:] if move.before}
    told: list[Stage] = []
    ended = standing.state in _ENDED
    for name, title, during in _STAGES:
        left = next((ends[state] for state in during if state in ends), None)
        if not during:
            at, status = (history[begins].at if history else standing.received_at), "done"
        elif standing.state in during:
            at, status = None, "now"
        elif left is not None and _index(left.after) > _index(left.before):
            at, status = left.at, "done"
        else:
            passed = ended or _index(standing.state) > _index(next(iter(during)))
            at, status = None, "skipped" if passed else "ahead"
        told.append(
            Stage.model_validate({"name": name, "title": title, "status": status, "at": at})
        )
    return told


def _index(state: str) -> int:
    return next((i for i, (_, _, during) in enumerate(_STAGES) if state in during), len(_STAGES))


def reason_of(code: str, reason: str) -> str:
    """The reason to a code as the API tells it; a person who wrote it may have named a number."""
    return numbers_masked(problems.said(code, reason))
