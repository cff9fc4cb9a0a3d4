"""A file as an answer: ranges (RFC 9110 §14) and If-None-Match (§13)."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from api.http import problems
from dossier.errors import WrongUse

_REFUSED = frozenset({400, 416})  # a range that Starlette answers in plain text


class HeldFileResponse(FileResponse):
    """Answers with a file that is held open until the answer is sent.

    Args:
        held: closed after the answer, however it ends.
        path: of the file.
        headers: of the answer.
        media_type: of the file.
    """

    def __init__(
        self, held: ExitStack, path: Path, *, headers: dict[str, str], media_type: str
    ) -> None:
        super().__init__(path, headers=headers, media_type=media_type, stat_result=path.stat())
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or the requested range."""
        refused = False

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in _REFUSED:
                refused = True
            if not refused:
                await send(message)

        if scope["method"] == "HEAD":
            # RFC 9110 §14.2: a range is defined for GET alone.
            kept = [(name, value) for name, value in scope["headers"] if name != b"range"]
            scope = {**scope, "headers": kept}
        try:
            await super().__call__(scope, receive, send_unless_refused)
        finally:
            self._held.close()
        if refused:
            size = self.headers["content-length"]
            error = WrongUse("http.bad-range", f"the file has {size} bytes; request some of them")
            headers = {"Content-Range": f"bytes */{size}"}
            await problems.answer(error, headers)(scope, receive, send)


def is_cached(request: Request, etag: str) -> bool:
    """Whether the client has the file already, by ``If-None-Match``."""
    named = ",".join(Headers(scope=request.scope).getlist("if-none-match")).split(",")
    return not {"*", etag}.isdisjoint(tag.strip().removeprefix("W/") for tag in named)


def file_response(
    request: Request, held: ExitStack, path: Path, *, name: str, digest: str, media_type: str
) -> Response:
    """The answer with a file, a range of it, or 304.

    Args:
        request: to answer.
        held: closed after the answer.
        path: of the file.
        name: for the client.
        digest: SHA-256 of the file; its ETag.
        media_type: of the file.
    """
    etag = f'"{digest}"'
    headers = {"ETag": etag, "Content-Disposition": f'attachment; filename="{name}"'}
    if is_cached(request, etag):
        held.close()
        return Response(status_code=304, headers=headers | {"Accept-Ranges": "bytes"})
    return HeldFileResponse(held, path, headers=headers, media_type=media_type)
