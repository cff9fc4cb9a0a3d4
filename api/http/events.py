"""Streams of what moves, for desks and programs that do not want to poll."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import Response

from api.http.callers import Caller, Reading
from api.http.news import MEDIA_TYPE
from api.http.openapi import PAPER_PROBLEMS, TOKEN_PROBLEMS
from api.http.papers import standing_of
from dossier.codes import dossier_code
from dossier.errors import TransientFault

router = APIRouter(prefix="/v1", tags=["events"])

_EXAMPLE = (
    'event: move\nid: 7\ndata: {"paper": "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11", "before": '
    '"RECEIVED", "after": "RECOGNISED", "code": ""}\n\nevent: progress\ndata: {"pages_read": 3, '
    '"pages": 12}\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "server-sent events; come again with Last-Event-ID",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}

LastEvent = Annotated[
    int,
    Header(
        alias="Last-Event-ID",
        ge=0,
        le=2**62,
        description="the id of the last event that came: every move since is told again",
    ),
]


@router.get(
    "/papers/{paper}/events", responses={**PAPER_PROBLEMS, **_STREAM}, response_class=Response
)
def watch_paper(caller: Reading, paper: UUID, last: LastEvent = 0) -> Response:
    """The moves of a paper, all of them first, and pages read while it is being read."""
    standing_of(caller, paper)
    return _stream(caller, last, paper=paper)


@router.get(
    "/dossiers/{dossier}/events", responses={**PAPER_PROBLEMS, **_STREAM}, response_class=Response
)
def watch_dossier(caller: Reading, dossier: str, last: LastEvent = 0) -> Response:
    """The moves of all papers of a dossier, all of them first."""
    return _stream(caller, last, dossier=dossier_code(dossier))


@router.get("/events", responses={**TOKEN_PROBLEMS, **_STREAM}, response_class=Response)
def watch_all(caller: Reading, last: LastEvent | None = None) -> Response:
    """The moves of all papers this token may see, from now on or since Last-Event-ID."""
    since = caller.service.listing.last_move() if last is None else last
    return _stream(caller, since)


def _stream(
    caller: Caller, after: int, *, paper: UUID | None = None, dossier: str | None = None
) -> Response:
    news = caller.service.news
    if news.full:
        raise TransientFault("events.full", "too many listen already; poll the state instead")
    return news.stream(caller, after=after, paper=paper, dossier=dossier)
