"""A file as an answer, or one range of it (RFC 9110 §14), or that the caller has it (§13)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from api.desk.files import OpenFile
from api.http import problems
from dossier.errors import WrongUse

_PIECE = 256 * 1024
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def file_response(request: Request, file: OpenFile, media_type: str) -> Response:
    """Answer with a file; with the range that was asked for, where it is one.

    Several ranges at once are answered with all of it, as RFC 9110 allows. Who names the ETag in
    If-None-Match has it: 304. HEAD is answered with the headers of all of it.
    """
    etag = f'"{file.digest}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Content-Disposition": f'attachment; filename="{file.name}"',
    }
    if _has_it(request, etag):
        file.stream.close()
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        file.stream.close()
        whole = {**headers, "Content-Length": str(file.size)}
        return Response(headers=whole, media_type=media_type)
    first, last, status = 0, file.size - 1, 200
    asked = _ONE_RANGE.fullmatch(request.headers.get("range", ""))
    if asked is not None and request.headers.get("if-range", etag) == etag:
        first, last = _bounds(asked[1], asked[2], file.size)
        status = 206
        headers["Content-Range"] = f"bytes {first}-{last}/{file.size}"
    if first > last:
        file.stream.close()
        return problems.answer(
            WrongUse("http.bad-range", f"the file has {file.size} bytes; ask for some of them"),
            {"Content-Range": f"bytes */{file.size}"},
        )
    headers["Content-Length"] = str(last - first + 1)
    return StreamingResponse(
        _pieces(file, first, last + 1), status_code=status, headers=headers, media_type=media_type
    )


def _has_it(request: Request, etag: str) -> bool:
    named = ",".join(request.headers.getlist("if-none-match")).split(",")
    return not {"*", etag}.isdisjoint(tag.strip().removeprefix("W/") for tag in named)


def _pieces(file: OpenFile, first: int, end: int) -> Iterator[bytes]:
    with file.stream as stream:
        stream.seek(first)
        left = end - first
        while left and (piece := stream.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many bytes
        return (max(size - int(last), 0), size - 1) if last and int(last) else (1, 0)
    return int(first), min(int(last), size - 1) if last else size - 1
