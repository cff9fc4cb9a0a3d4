"""Server-sent events: the history of papers as it is written, for clients that do not poll.

The event of a line of history carries its ID: a client that reconnects with ``Last-Event-ID`` gets
every line since, read from the ledger. Progress carries no ID: it is only about the present.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.desk import events
from api.desk.papers import get_paper
from api.desk.progress import PagesRead
from api.desk.tokens import is_valid
from api.desk.views import HistoryEntry
from api.http.authentication import Client, ReadClient
from api.http.event_poller import POLL_SECONDS
from api.http.openapi import PAPER_PROBLEMS, TOKEN_PROBLEMS
from api.http.papers import line_of
from dossier.codes import dossier_code
from dossier.errors import TransientFault
from dossier.states import PaperState

router = APIRouter(prefix="/v1", tags=["events"])

MEDIA_TYPE = "text/event-stream"
_ALIVE_SECONDS = 15.0
_EXAMPLE = (
    'event: move\nid: 7\ndata: {"paper": "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11", "before": '
    '"RECEIVED", "after": "RECOGNISED", "after_title": "Đang bóc tách dữ liệu", "code": ""}\n\n'
    'event: progress\ndata: {"pages_read": 3, "pages": 12}\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "server-sent events; reconnect with Last-Event-ID",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}

_LAST_EVENT = Header(
    alias="Last-Event-ID",
    max_length=64_000,
    description="the ID of the last event received: every later line of history is sent",
)
LastEvent = Annotated[str, _LAST_EVENT]


@router.get(
    "/papers/{paper}/events", responses={**PAPER_PROBLEMS, **_STREAM}, response_class=Response
)
def watch_paper(client: ReadClient, paper: UUID, last: LastEvent = "") -> Response:
    """The history of a paper from its beginning, and pages read while it is read."""
    view = get_paper(client.application, client.caller, paper)
    reads = view.state is PaperState.RECEIVED
    return _stream(client, _Filter(after=events.cursor_of(last), paper=paper, reads=reads))


@router.get(
    "/dossiers/{dossier}/events", responses={**PAPER_PROBLEMS, **_STREAM}, response_class=Response
)
def watch_dossier(client: ReadClient, dossier: str, last: LastEvent = "") -> Response:
    """The history of all papers of a dossier from its beginning."""
    return _stream(client, _Filter(after=events.cursor_of(last), dossier=dossier_code(dossier)))


@router.get("/events", responses={**TOKEN_PROBLEMS, **_STREAM}, response_class=Response)
def watch_all(client: ReadClient, last: LastEvent = "") -> Response:
    """The history of all papers this token may see, from now on or since Last-Event-ID."""
    after = events.cursor_of(last) if last else events.now(client.application, client.caller)
    return _stream(client, _Filter(after=after))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filter:
    """Which lines of history a stream carries."""

    after: events.Cursor
    paper: UUID | None = None
    dossier: str | None = None
    reads: bool = False


def _stream(client: Client, wanted: _Filter) -> Response:
    news = client.service.event_poller
    if news.is_full_for(client.caller.session):
        raise TransientFault("events.full", "too many streams are open; poll the state instead")
    stream = _while_token_valid(client, _events(client, wanted))
    return StreamingResponse(stream, media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


async def _while_token_valid(
    client: Client, stream: AsyncGenerator[bytes]
) -> AsyncGenerator[bytes]:
    """End the stream with the token: it may last for days, and sends at least every 15 s."""
    application, token = client.application, client.caller.session
    async with aclosing(stream):
        async for event in stream:
            now = application.clock.now()
            if not await run_in_threadpool(is_valid, application, token, now=now):
                return
            yield event


async def _events(client: Client, wanted: _Filter) -> AsyncGenerator[bytes]:
    application, news, reads = client.application, client.service.event_poller, wanted.reads
    sent, known, progress, quiet = wanted.after, -1, None, 0.0
    with news.listening(client.caller.session):
        yield b"retry: 2000\n\n"
        while not news.ended:
            last = await news.last(lambda: events.count_events(application))
            if last != known:
                known = last
                entries = await run_in_threadpool(
                    events.list_events,
                    application,
                    client.caller,
                    after=sent,
                    paper=wanted.paper,
                    dossier=wanted.dossier,
                )
                for entry in entries:
                    sent, quiet = sent.advance([entry]), 0.0
                    reads = wanted.paper is not None and entry.after == PaperState.RECEIVED
                    yield _event("move", _line(entry), cursor=sent)
                if entries:
                    known = -1  # there may be more than one query returns
            now = await _pages_read(client, wanted.paper) if reads else None
            if now is not None and now != progress:
                progress, quiet = now, 0.0
                yield _event("progress", {"pages_read": now.pages_read, "pages": now.pages})
            if quiet >= _ALIVE_SECONDS:
                quiet = 0.0
                yield b": still here\n\n"
            await asyncio.sleep(POLL_SECONDS / 2)
            quiet += POLL_SECONDS / 2


async def _pages_read(client: Client, paper: UUID | None) -> PagesRead | None:
    """Pages read of a paper; None while it is not being read."""
    if paper is None:
        return None
    return await run_in_threadpool(events.pages_read, client.application, client.caller, paper)


def _line(entry: HistoryEntry) -> dict[str, Any]:
    line = line_of(entry).model_dump(mode="json")
    return {"paper": str(entry.paper), "dossier": entry.dossier, **line}


def _event(name: str, data: dict[str, Any], *, cursor: events.Cursor | None = None) -> bytes:
    head = f"event: {name}\n" + ("" if cursor is None else f"id: {cursor.to_text()}\n")
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
