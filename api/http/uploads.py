"""Uploads in pieces: tus 1.0.0, core protocol with creation, expiration and termination.

A client that lost its connection asks (HEAD) how much is there for certain and goes on from there
(PATCH). When all of it is there the upload becomes a paper: ``Location`` of the last answer says
which, and so does HEAD from then on. Why tus: docs/decisions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http import problems
from api.http.bodies import pieces, refuse_encoded
from api.http.callers import Caller, Intaking
from api.http.openapi import BODY_PROBLEMS, problems_of
from api.http.service import finished
from api.http.walls import TUS_VERSION
from api.tokens import Scope
from dossier.codes import dossier_code
from dossier.errors import RejectedInput, WrongUse
from ingest.receive import clean_source
from workflow.ledger.dossiers import Dossiers
from workflow.ledger.uploads import Upload

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

_MEDIA_TYPE = "application/offset+octet-stream"
_MOST_UNFINISHED = 100  # of one token
_PROBLEMS = {**BODY_PROBLEMS, **problems_of(404, 410, 411, 412)}

Version = Annotated[
    str | None, Header(alias="Tus-Resumable", description="1.0.0", examples=[TUS_VERSION])
]


def _headers(**said: dict[str, str]) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {"schema": {"type": "string"}, **more}
        for name, more in said.items()
    }


_OFFSET = _headers(Upload_Offset={"description": "bytes that are there for certain"})
_CREATED = {
    "description": "begun; send the pieces to Location",
    "headers": _headers(Location={"description": "of the upload"}),
}
_PATCHED = {
    "description": "there; Location of the paper once it is whole",
    "headers": {**_OFFSET, **_headers(Location={"description": "of the paper"})},
}


@router.options("", status_code=204, response_class=Response, responses=problems_of(500))
def what_is_spoken(request: Request) -> Response:
    """What of tus is spoken here, and the largest file. Needs no token, as tus has it."""
    largest = request.app.state.service.application.settings.limit_bytes
    return Response(
        status_code=204,
        headers={
            "Tus-Version": TUS_VERSION,
            "Tus-Extension": "creation,expiration,termination",
            "Tus-Max-Size": str(largest),
        },
    )


@router.post(
    "",
    status_code=201,
    response_class=Response,
    responses={**_PROBLEMS, 201: _CREATED},
)
def begin(
    *,
    caller: Intaking,
    version: Version = None,
    length: Annotated[int | None, Header(alias="Upload-Length", ge=0, le=2**53)] = None,
    metadata: Annotated[
        str,
        Header(
            alias="Upload-Metadata",
            max_length=4000,
            description="`dossier` (needed), `filename`, `sign` (`true`; wants the scope `sign` "
            "too): name, blank, base64 of the value; parted by commas",
        ),
    ] = "",
) -> Response:
    """Begin an upload; the body is empty."""
    _speaks(version)
    length = _not_too_long(caller, length)
    said = _metadata(metadata)
    if said.get("sign") == "true":
        caller.must_be_allowed(Scope.SIGN)
    dossier = dossier_code(said["dossier"])
    _not_closed(caller, dossier)
    _not_too_many(caller)
    now = caller.application.clock.now()
    upload = Upload(
        id=caller.application.ids.new(),
        office=caller.application.settings.office,
        token=caller.token.id,
        dossier=dossier,
        source=clean_source(said.get("filename", "")),
        sign=said.get("sign") == "true",
        length=length,
        offset=0,
        created_at=now,
        expires_at=now + timedelta(hours=caller.application.settings.upload_hours),
    )
    caller.service.uploads.add(upload)
    if not length:
        with caller.service.pieces.held(upload):
            upload = finished(caller.service, upload)
    return Response(
        status_code=201,
        headers={**_standing(upload), "Location": f"/v1/uploads/{upload.id}"},
    )


@router.head(
    "/{upload}",
    status_code=200,
    response_class=Response,
    responses={**_PROBLEMS, 200: {"description": "how much is there", "headers": _OFFSET}},
)
def how_much(*, caller: Intaking, upload: UUID, version: Version = None) -> Response:
    """How many bytes are there for certain; `Location` of the paper once it is whole."""
    _speaks(version)
    found = _found(caller, upload)
    if found.offset < found.length:
        # Who is to go on is told before sending the rest in vain.
        _not_closed(caller, found.dossier)
    elif found.paper is None:
        # A crash came between the last piece and the paper.
        with caller.service.pieces.held(found):
            found = _found(caller, upload)
            if found.paper is None:
                found = finished(caller.service, found)
    headers = {**_standing(found), "Upload-Length": str(found.length)}
    if found.paper is not None:
        headers["Location"] = f"/v1/papers/{found.paper}"
    return Response(status_code=200, headers=headers)


@router.delete("/{upload}", status_code=204, response_class=Response, responses=_PROBLEMS)
def give_up(*, caller: Intaking, upload: UUID, version: Version = None) -> Response:
    """Give an upload up; a paper that it has become stays."""
    _speaks(version)
    found = _found(caller, upload)
    # Nobody writes to one that is a paper, and its pieces are gone.
    with caller.service.pieces.held(found) if found.paper is None else nullcontext():
        caller.service.uploads.delete(found.id)
        caller.service.pieces.remove(found.id)
    return Response(status_code=204)


def _wanted(
    *,
    request: Request,
    caller: Intaking,
    upload: UUID,
    version: Version = None,
    offset: Annotated[int | None, Header(alias="Upload-Offset", ge=0, le=2**53)] = None,
) -> Upload:
    """The upload that a piece is for, if the piece begins where it ends."""
    _speaks(version)
    refuse_encoded(request)
    if request.headers.get("content-type") != _MEDIA_TYPE:
        raise RejectedInput("http.bad-media-type", f"a piece is sent as {_MEDIA_TYPE}")
    found = _found(caller, upload)
    if offset is None or offset != found.offset or found.paper is not None:
        raise WrongUse(
            "upload.wrong-offset",
            f"{found.offset} bytes are there; go on from there with Upload-Offset",
        )
    return found


async def _came(
    request: Request, caller: Intaking, upload: Annotated[Upload, Depends(_wanted)]
) -> AsyncIterator[Upload]:
    """Take a piece in; what came before a connection broke stays."""
    kept = caller.service.pieces
    offset = upload.offset
    with kept.held(upload):
        # Again, now that nobody else writes.
        upload = await run_in_threadpool(_found, caller, upload.id)
        if upload.offset != offset:
            raise WrongUse("upload.wrong-offset", f"{upload.offset} bytes are there")
        try:
            async for piece in pieces(request):
                if offset + len(piece) > upload.length:
                    raise RejectedInput("http.too-large", "more came than Upload-Length said")
                await run_in_threadpool(kept.append, upload.id, piece, at=offset)
                offset += len(piece)
        finally:
            await run_in_threadpool(kept.settle, upload, offset=offset)
        yield replace(upload, offset=offset)


@router.patch(
    "/{upload}",
    status_code=204,
    response_class=Response,
    responses={**_PROBLEMS, 204: _PATCHED},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def go_on(caller: Intaking, upload: Annotated[Upload, Depends(_came)]) -> Response:
    """Send a piece from Upload-Offset on; the last one makes a paper of it."""
    if upload.offset == upload.length:
        upload = finished(caller.service, upload)
    if upload.code:
        error = RejectedInput(upload.code, upload.reason)
        return problems.answer(error, _standing(upload), paper=str(upload.paper))
    headers = _standing(upload)
    if upload.paper is not None:
        headers["Location"] = f"/v1/papers/{upload.paper}"
    return Response(status_code=204, headers=headers)


def _found(caller: Caller, upload: UUID) -> Upload:
    found = caller.service.uploads.get(upload, token=caller.token.id)
    if found is None:
        raise WrongUse("upload.unknown", "there is no such upload of this token; begin a new one")
    if found.expires_at <= caller.application.clock.now():
        raise WrongUse("upload.expired", "the upload was not finished in time; begin a new one")
    return found


def _standing(upload: Upload) -> dict[str, str]:
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def _speaks(version: str | None) -> None:
    if version != TUS_VERSION:
        raise WrongUse("upload.bad-version", f"send Tus-Resumable: {TUS_VERSION}")


def _not_too_long(caller: Caller, length: int | None) -> int:
    largest = caller.application.settings.limit_bytes
    if length is None:
        raise RejectedInput("http.length-needed", "say in Upload-Length how long the file is")
    if length > largest:
        raise RejectedInput(
            "scan.too-large", f"a file may have {largest} bytes; send it in parts, one file a paper"
        )
    return length


def _not_too_many(caller: Caller) -> None:
    if caller.service.uploads.count_unfinished(token=caller.token.id) >= _MOST_UNFINISHED:
        raise WrongUse(
            "upload.too-many",
            f"{_MOST_UNFINISHED} uploads of this token are not finished; end some",
        )


def _not_closed(caller: Caller, dossier: str) -> None:
    known = Dossiers(caller.application.ledger.connections)
    known.require_open(dossier, office=caller.application.settings.office)


def _metadata(text: str) -> dict[str, str]:
    """The pairs of ``Upload-Metadata``, the dossier among them.

    Raises:
        WrongUse: ``upload.bad-metadata``.
    """
    said: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = pair.partition(" ")
        try:
            said[name] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise WrongUse(
                "upload.bad-metadata",
                "Upload-Metadata is name, blank, base64 of UTF-8; parted by commas",
            ) from None
    if "dossier" not in said:
        raise WrongUse("upload.bad-metadata", "name the dossier in Upload-Metadata")
    return said
