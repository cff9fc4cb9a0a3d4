"""Scans come in: the body is the file."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query, Response
from starlette.concurrency import run_in_threadpool

from api.http import problems
from api.http.answers import Taken
from api.http.bodies import Body, Received
from api.http.callers import Caller, Intaking
from api.http.openapi import BODY_PROBLEMS
from api.http.papers import standing_of
from api.tokens import Scope
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from workflow.ledger.types import IdempotencyKey

router = APIRouter(prefix="/v1", tags=["intake"])

FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "the scan itself: PDF, TIFF, JPEG or PNG, told by its content",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_LONGEST_NAME = 1000

Name = Annotated[
    str,
    Header(
        alias="Sohoa-File-Name",
        max_length=_LONGEST_NAME,
        description="the file's own name, for people; percent-encoded UTF-8. A header, since a "
        "name may hold a person's name or number, and URLs are logged everywhere",
    ),
]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="a new one for each scan: the same key and scan get the same answer for a day",
    ),
]


@router.post(
    "/dossiers/{dossier}/papers",
    response_model=Taken,
    status_code=202,
    responses=BODY_PROBLEMS,
    openapi_extra=FILE_BODY,
)
async def upload(
    *,
    caller: Intaking,
    dossier: str,
    body: Received,
    name: Name = "",
    key: Key = None,
    sign: Annotated[
        bool,
        Query(description="sign it as soon as nothing is doubtful; wants the scope `sign` too"),
    ] = False,
    accept: Annotated[bool, Query(description="no review; trial data only")] = False,
) -> Response:
    """Take one scan into a dossier; `Location` says where its state is.

    A scan that cannot be taken is answered with a problem and written down as rejected.
    """
    # Not left to FastAPI: its own way into a thread costs a tenth of an upload.
    return await run_in_threadpool(
        take,
        caller,
        body,
        dossier=dossier_code(dossier),
        source=unquote(name, errors="replace"),
        key=key,
        sign=sign,
        accept=accept,
    )


def take(
    caller: Caller,
    body: Body,
    *,
    dossier: str,
    source: str,
    key: str | None,
    sign: bool,
    accept: bool,
) -> Response:
    """Take a body in and say what became of it."""
    if sign:
        caller.must_be_allowed(Scope.SIGN)
    if accept and not caller.application.trial:
        raise WrongUse(
            "intake.accept-not-allowed", "only trial data may be taken as found, without review"
        )
    once = None
    if key is not None:
        asked = repr((dossier, source, sign, accept)).encode() + body.digest()
        once = IdempotencyKey(
            token=caller.token.id,
            key=hashlib.sha256(key.encode()).digest(),
            request=hashlib.sha256(asked).digest(),
        )
    taken, error = caller.application.intake.take(
        body.content,
        dossier=dossier,
        sign=sign,
        accept=accept,
        source=source,
        actor=caller.actor,
        once=once,
    )
    location = {"Location": f"/v1/papers/{taken.paper}"}
    if error is not None:
        return problems.answer(error, location, paper=str(taken.paper))
    caller.service.enqueue(taken.paper)
    told = Taken(
        paper=taken.paper,
        dossier=dossier,
        known=taken.known_already,
        state=standing_of(caller, taken.paper).state.value if taken.known_already else "RECEIVED",
    )
    # Written here: FastAPI would check again what has just been made.
    return Response(
        told.model_dump_json(), HTTPStatus.ACCEPTED, location, media_type="application/json"
    )
