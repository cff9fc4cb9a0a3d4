"""Moves and progress as server-sent events.

A move's event carries its number as id: who comes again with ``Last-Event-ID`` gets every move
since, read anew from the ledger. Progress carries no id: it is only ever about now.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from api.http.callers import Caller
from api.http.papers import line_of
from api.ledger.listing import Moved

MEDIA_TYPE = "text/event-stream"
_LOOK_SECONDS = 1.0
_ALIVE_SECONDS = 15.0
_MOST_STREAMS = 200


class News:
    """Knows whether anything has moved; looks once for all who wait.

    Moves of other processes (``sohoa sign`` beside a service) are seen too: it is the ledger that
    is looked at.
    """

    def __init__(self) -> None:
        self._ended = False
        self._streams = 0
        self._at = 0.0
        self._last = 0
        self._looking = asyncio.Lock()

    def end(self) -> None:
        """Let all streams come to their end; callers come again to whoever serves then."""
        self._ended = True

    @property
    def ended(self) -> bool:
        """Whether streams are to end."""
        return self._ended

    @property
    def full(self) -> bool:
        """Whether there are as many streams as there may be."""
        return self._streams >= _MOST_STREAMS

    async def last(self, look: Callable[[], int]) -> int:
        """The newest move's number, not older than a second."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if now - self._at >= _LOOK_SECONDS:
                self._last = await run_in_threadpool(look)
                self._at = now
            return self._last

    def stream(
        self, caller: Caller, *, after: int, paper: UUID | None, dossier: str | None
    ) -> StreamingResponse:
        """The events of one paper, one dossier, or all papers a caller may see."""
        events = self._events(caller, after=after, paper=paper, dossier=dossier)
        return StreamingResponse(events, media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})

    async def _events(
        self, caller: Caller, *, after: int, paper: UUID | None, dossier: str | None
    ) -> AsyncIterator[bytes]:
        listing = caller.service.listing
        self._streams += 1
        seen, known, told, quiet = after, -1, None, 0.0
        try:
            yield b"retry: 2000\n\n"
            while not self._ended:
                last = await self.last(listing.last_move)
                if last != known:
                    known = last
                    moves = await run_in_threadpool(
                        listing.moves,
                        offices=caller.house.offices,
                        paper=paper,
                        dossier=dossier,
                        after=seen,
                    )
                    for move in moves:
                        seen = move.id
                        yield _event("move", _move(move), number=move.id)
                        quiet = 0.0
                    if moves:
                        known = -1  # there may be more than one answer holds
                now = None if paper is None else caller.service.progress.of(paper)
                if now is not None and now != told:
                    told = now
                    yield _event("progress", {"pages_read": now[0], "pages": now[1]})
                    quiet = 0.0
                if quiet >= _ALIVE_SECONDS:
                    quiet = 0.0
                    yield b": still here\n\n"
                await asyncio.sleep(_LOOK_SECONDS / 2)
                quiet += _LOOK_SECONDS / 2
        finally:
            self._streams -= 1


def _move(move: Moved) -> dict[str, Any]:
    line = line_of(move).model_dump(mode="json")
    return {"paper": str(move.paper), "dossier": move.dossier, **line}


def _event(name: str, data: dict[str, Any], *, number: int | None = None) -> bytes:
    head = f"event: {name}\n" + ("" if number is None else f"id: {number}\n")
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
