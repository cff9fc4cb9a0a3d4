"""Submission of scans: the body is the file."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query, Response
from starlette.concurrency import run_in_threadpool

from api.desk import intake
from api.desk.papers import get_paper
from api.http import problems
from api.http.authentication import Client, IntakeClient
from api.http.openapi import BODY_PROBLEMS
from api.http.request_body import Body, Received
from api.http.schemas import Taken
from dossier.codes import dossier_code
from dossier.states import PaperState

router = APIRouter(prefix="/v1", tags=["intake"])

FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "the scan itself: PDF, TIFF, JPEG or PNG, recognised by its content",
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
    client: IntakeClient,
    dossier: str,
    body: Received,
    name: Name = "",
    key: Key = None,
    sign: Annotated[
        bool,
        Query(description="sign it once nothing is doubtful; needs the scope `sign` too"),
    ] = False,
    accept: Annotated[bool, Query(description="no review; trial data only")] = False,
) -> Response:
    """Submit one scan to a dossier; `Location` is the URL of its state.

    A scan that cannot be received is answered with a problem and entered as rejected.
    """
    # Not left to FastAPI: its own way into a thread costs a tenth of an upload.
    return await run_in_threadpool(
        _submit,
        client,
        body,
        dossier=dossier_code(dossier),
        source=unquote(name, errors="replace"),
        key=key,
        sign=sign,
        accept=accept,
    )


def _submit(
    client: Client,
    body: Body,
    *,
    dossier: str,
    source: str,
    key: str | None,
    sign: bool,
    accept: bool,
) -> Response:
    once = None
    if key is not None:
        once = intake.idempotency_key(
            client.caller, key, request=(dossier, source, sign, accept), body=body.digest()
        )
    submission = intake.submit(
        client.application,
        client.caller,
        body.content,
        dossier=dossier,
        sign=sign,
        accept=accept,
        source=source,
        idempotency=once,
    )
    paper = submission.paper
    location = {"Location": f"/v1/papers/{paper}"}
    if submission.error is not None:
        return problems.answer(submission.error, location, paper=str(paper))
    client.service.enqueue(paper)
    state = PaperState.RECEIVED
    if submission.known:
        state = get_paper(client.application, client.caller, paper).state
    taken = Taken(paper=paper, dossier=dossier, known=submission.known, state=state.value)
    # Written here: FastAPI would validate again what has just been made.
    return Response(
        taken.model_dump_json(), HTTPStatus.ACCEPTED, location, media_type="application/json"
    )
