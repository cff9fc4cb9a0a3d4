"""Streams of what moves, for desks and programs that do not want to poll: server-sent events.

A move's event carries its number as id: who comes again with ``Last-Event-ID`` gets every move
since, read anew from the ledger. Progress carries no id: it is only ever about now.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.http.callers import Caller, Reading
from api.http.news import LOOK_SECONDS
from api.http.openapi import PAPER_PROBLEMS, TOKEN_PROBLEMS
from api.http.papers import line_of, standing_of
from api.tokens import still_lasts
from dossier.codes import dossier_code
from dossier.errors import TransientFault
from dossier.states import PaperState
from workflow.ledger.cursors import Cursor
from workflow.ledger.types import HistoryEntry

router = APIRouter(prefix="/v1", tags=["events"])

MEDIA_TYPE = "text/event-stream"
_ALIVE_SECONDS = 15.0
_EXAMPLE = (
    "event: move\nid: eyJIMTUiOjd9\n"
    'data: {"paper": "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11", "before": "RECEIVED", '
    '"after": "RECOGNISED", "after_title": "Đang trích", "code": ""}\n\n'
    'event: progress\ndata: {"pages_read": 3, "pages": 12}\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "server-sent events; come again with Last-Event-ID",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}

_LAST_EVENT = Header(
    alias="Last-Event-ID",
    max_length=64_000,
    description="the id of the last event that came: every move since is told again",
)
LastEvent = Annotated[str, _LAST_EVENT]


@router.get(
    "/papers/{paper}/events", responses={**PAPER_PROBLEMS, **_STREAM}, response_class=Response
)
def watch_paper(caller: Reading, paper: UUID, last: LastEvent = "") -> Response:
    """The moves of a paper, all of them first, and pages read while it is being read."""
    standing = standing_of(caller, paper)
    return _stream(caller, _cursor(last), paper=paper, reads=standing.state is PaperState.RECEIVED)


@router.get(
    "/dossiers/{dossier}/events", responses={**PAPER_PROBLEMS, **_STREAM}, response_class=Response
)
def watch_dossier(caller: Reading, dossier: str, last: LastEvent = "") -> Response:
    """The moves of all papers of a dossier, all of them first."""
    return _stream(caller, _cursor(last), dossier=dossier_code(dossier))


@router.get("/events", responses={**TOKEN_PROBLEMS, **_STREAM}, response_class=Response)
def watch_all(caller: Reading, last: LastEvent = "") -> Response:
    """The moves of all papers this token may see, from now on or since Last-Event-ID."""
    since = caller.service.listing.last_event(offices=caller.application.offices)
    return _stream(caller, Cursor.from_text(last) if last else since)


def _cursor(last: str) -> Cursor:
    return Cursor.from_text(last) if last else Cursor()


def _stream(
    caller: Caller,
    after: Cursor,
    *,
    paper: UUID | None = None,
    dossier: str | None = None,
    reads: bool = False,
) -> Response:
    news = caller.service.news
    if news.is_full_for(caller.token.id):
        raise TransientFault("events.full", "too many listen already; poll the state instead")
    events = _events(caller, after=after, paper=paper, dossier=dossier, reads=reads)
    allowed = _while_token_lasts(caller, events)
    return StreamingResponse(allowed, media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


async def _while_token_lasts(
    caller: Caller, events: AsyncGenerator[bytes]
) -> AsyncGenerator[bytes]:
    """End with the token: a stream may last for days, and something comes at least every 15 s."""
    service = caller.service
    async with aclosing(events):
        async for event in events:
            now = service.application.clock.now()
            if not await run_in_threadpool(still_lasts, caller.token, service.tokens, now=now):
                return
            yield event


async def _events(
    caller: Caller, *, after: Cursor, paper: UUID | None, dossier: str | None, reads: bool
) -> AsyncGenerator[bytes]:
    service = caller.service
    seen, known, told, quiet = after, -1, None, 0.0
    with service.news.listening(caller.token.id):
        yield b"retry: 2000\n\n"
        while not service.news.ended:
            last = await service.news.last(service.listing.count_events)
            if last != known:
                known = last
                moves = await run_in_threadpool(
                    service.listing.list_events,
                    offices=caller.application.offices,
                    paper=paper,
                    dossier=dossier,
                    after=seen,
                )
                for move in moves:
                    seen, quiet = seen.advance([move]), 0.0
                    reads = paper is not None and move.after == PaperState.RECEIVED
                    yield _event("move", _move(move), cursor=seen)
                if moves:
                    known = -1  # there may be more than one answer holds
            now = await _reading(caller, paper) if reads and paper is not None else None
            if now is not None and now != told:
                told, quiet = now, 0.0
                yield _event("progress", {"pages_read": now[0], "pages": now[1]})
            if quiet >= _ALIVE_SECONDS:
                quiet = 0.0
                yield b": still here\n\n"
            await asyncio.sleep(LOOK_SECONDS / 2)
            quiet += LOOK_SECONDS / 2


async def _reading(caller: Caller, paper: UUID) -> tuple[int, int] | None:
    """Pages read and pages to read, here or elsewhere; None where it is not being read."""
    here = caller.service.progress.of(paper)
    if here is not None:
        return here
    standing = await run_in_threadpool(standing_of, caller, paper)
    return standing.progress


def _move(move: HistoryEntry) -> dict[str, Any]:
    line = line_of(move).model_dump(mode="json")
    return {"paper": str(move.paper), "dossier": move.dossier, **line}


def _event(name: str, data: dict[str, Any], *, cursor: Cursor | None = None) -> bytes:
    head = f"event: {name}\n" + ("" if cursor is None else f"id: {cursor.to_text()}\n")
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
