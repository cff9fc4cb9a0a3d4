"""Resumable uploads: tus 1.0.0, core protocol with creation, expiration and termination.

After a lost connection a client requests (HEAD) the number of durable bytes and continues there
(PATCH). A complete upload becomes a paper: ``Location`` of the last answer is its URL, and so is
``Location`` of HEAD from then on. Why tus: docs/decisions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import replace
from email.utils import format_datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.desk import uploads
from api.http import problems
from api.http.authentication import Client, IntakeClient
from api.http.middleware import TUS_VERSION
from api.http.openapi import BODY_PROBLEMS, problems_of
from api.http.request_body import pieces, refuse_encoded
from dossier.errors import RejectedInput, WrongUse

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

_MEDIA_TYPE = "application/offset+octet-stream"
_PROBLEMS = {**BODY_PROBLEMS, **problems_of(404, 410, 411, 412)}

Version = Annotated[
    str | None, Header(alias="Tus-Resumable", description="1.0.0", examples=[TUS_VERSION])
]


def _headers(**said: dict[str, str]) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {"schema": {"type": "string"}, **more}
        for name, more in said.items()
    }


_OFFSET = _headers(Upload_Offset={"description": "bytes that are durable"})
_CREATED = {
    "description": "begun; send the pieces to Location",
    "headers": _headers(Location={"description": "of the upload"}),
}
_PATCHED = {
    "description": "there; Location of the paper once it is whole",
    "headers": {**_OFFSET, **_headers(Location={"description": "of the paper"})},
}


@router.options("", status_code=204, response_class=Response, responses=problems_of(500))
def describe_upload_protocol(request: Request) -> Response:
    """The tus extensions supported and the largest file. Needs no token (tus 1.0.0)."""
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
    client: IntakeClient,
    version: Version = None,
    length: Annotated[int | None, Header(alias="Upload-Length", ge=0, le=2**53)] = None,
    metadata: Annotated[
        str,
        Header(
            alias="Upload-Metadata",
            max_length=4000,
            description="`dossier` (needed), `filename`, `sign` (`true`; needs the scope `sign` "
            "too): name, blank, base64 of the value; separated by commas",
        ),
    ] = "",
) -> Response:
    """Begin an upload; the body is empty."""
    _check_version(version)
    if length is None:
        raise RejectedInput("http.length-needed", "state in Upload-Length how long the file is")
    metadata_ = _metadata(metadata)
    upload = uploads.begin(
        client.application,
        client.caller,
        dossier=metadata_["dossier"],
        source=metadata_.get("filename", ""),
        sign=metadata_.get("sign") == "true",
        length=length,
    )
    if not length:
        with client.application.upload_files.locked(upload):
            upload = _finish(client, upload)
    return Response(
        status_code=201,
        headers={**_offset(upload), "Location": f"/v1/uploads/{upload.id}"},
    )


@router.head(
    "/{upload}",
    status_code=200,
    response_class=Response,
    responses={**_PROBLEMS, 200: {"description": "how many bytes are durable", "headers": _OFFSET}},
)
def get_upload_offset(*, client: IntakeClient, upload: UUID, version: Version = None) -> Response:
    """How many bytes are durable; `Location` of the paper once the upload is complete."""
    _check_version(version)
    found = uploads.get(client.application, client.caller, upload)
    if found.offset < found.length:
        # A closed dossier refuses the paper: better before the rest is sent.
        uploads.require_open(client.application, client.caller, found.dossier)
    elif found.paper is None:
        # A crash came between the last piece and the paper.
        with client.application.upload_files.locked(found):
            found = uploads.get(client.application, client.caller, upload)
            if found.paper is None:
                found = _finish(client, found)
    headers = {**_offset(found), "Upload-Length": str(found.length)}
    if found.paper is not None:
        headers["Location"] = f"/v1/papers/{found.paper}"
    return Response(status_code=200, headers=headers)


@router.delete("/{upload}", status_code=204, response_class=Response, responses=_PROBLEMS)
def delete_upload(*, client: IntakeClient, upload: UUID, version: Version = None) -> Response:
    """Cancel an upload; a paper made of it stays."""
    _check_version(version)
    uploads.cancel(client.application, client.caller, upload)
    return Response(status_code=204)


def _expected(
    *,
    request: Request,
    client: IntakeClient,
    upload: UUID,
    version: Version = None,
    offset: Annotated[int | None, Header(alias="Upload-Offset", ge=0, le=2**53)] = None,
) -> uploads.Upload:
    """The upload of a piece that begins where the upload ends."""
    _check_version(version)
    refuse_encoded(request)
    if request.headers.get("content-type") != _MEDIA_TYPE:
        raise RejectedInput("http.bad-media-type", f"a piece is sent as {_MEDIA_TYPE}")
    found = uploads.get(client.application, client.caller, upload)
    if offset is None or offset != found.offset or found.paper is not None:
        raise _wrong_offset(found)
    return found


async def _receive_piece(
    request: Request, client: IntakeClient, upload: Annotated[uploads.Upload, Depends(_expected)]
) -> AsyncIterator[uploads.Upload]:
    """Append a piece; what arrived before a connection broke stays."""
    files, offset = client.application.upload_files, upload.offset
    with files.locked(upload):
        # Read again, now that no other request writes to it.
        upload = await run_in_threadpool(uploads.get, client.application, client.caller, upload.id)
        if upload.offset != offset:
            raise _wrong_offset(upload)
        try:
            async for piece in pieces(request):
                if offset + len(piece) > upload.length:
                    raise RejectedInput("http.too-large", "the body is longer than Upload-Length")
                await run_in_threadpool(files.append, upload.id, piece, at=offset)
                offset += len(piece)
        finally:
            await run_in_threadpool(files.commit, upload, offset=offset)
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
def append_to_upload(
    client: IntakeClient, upload: Annotated[uploads.Upload, Depends(_receive_piece)]
) -> Response:
    """Send a piece from Upload-Offset on; the last one makes a paper of the upload."""
    if upload.offset == upload.length:
        upload = _finish(client, upload)
    if upload.code:
        error = RejectedInput(upload.code, upload.reason)
        return problems.answer(error, _offset(upload), paper=str(upload.paper))
    headers = _offset(upload)
    if upload.paper is not None:
        headers["Location"] = f"/v1/papers/{upload.paper}"
    return Response(status_code=204, headers=headers)


def _finish(client: Client, upload: uploads.Upload) -> uploads.Upload:
    """The complete, locked upload as a paper, its first step enqueued."""
    finished = uploads.finish(client.application, upload)
    if finished.paper is not None and not finished.code:
        client.service.enqueue(finished.paper)
    return finished


def _offset(upload: uploads.Upload) -> dict[str, str]:
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def _wrong_offset(upload: uploads.Upload) -> WrongUse:
    return WrongUse(
        "upload.wrong-offset",
        f"the upload has {upload.offset} bytes; continue from there with Upload-Offset",
    )


def _check_version(version: str | None) -> None:
    if version != TUS_VERSION:
        raise WrongUse("upload.bad-version", f"send Tus-Resumable: {TUS_VERSION}")


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
                "Upload-Metadata is name, blank, base64 of UTF-8; separated by commas",
            ) from None
    if "dossier" not in said:
        raise WrongUse("upload.bad-metadata", "name the dossier in Upload-Metadata")
    return said
