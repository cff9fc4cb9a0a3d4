"""Errors as RFC 9457 problem documents, and the HTTP status of every error.

The code is stable and part of the contract; the title says in Vietnamese what a clerk is to do,
the detail in English what happened here. None of them
ever holds a trace, a foreign exception's text, or what was sent to us.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from api.wording import sentences
from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
    WrongUse,
)

MEDIA_TYPE = "application/problem+json"

_NOT_FOUND = (
    "paper.unknown", "page.unknown", "value.unknown", "upload.unknown", "delivery.unknown",
    "dossier.unknown", "office.unknown", "http.no-such-path",
)  # fmt: skip
_CONFLICT = (
    "dossier.closed", "dossier.has-it-already", "paper.not-archived", "paper.not-read",
    "paper.signed-already", "review.not-in-review", "review.changed-meanwhile", "review.incomplete",
    "review.nothing-to-undo", "dossier.unfinished", "dossier.unfinished",
    "sign.not-described", "sign.changed-meanwhile", "send-back.not-described",
    "state.move-not-allowed", "upload.locked", "upload.wrong-offset", "paper.no-pdf",
    "pages.not-known",
)  # fmt: skip
STATUSES: dict[str, HTTPStatus] = {
    **dict.fromkeys(_NOT_FOUND, HTTPStatus.NOT_FOUND),
    **dict.fromkeys(_CONFLICT, HTTPStatus.CONFLICT),
    "http.bad-request": HTTPStatus.BAD_REQUEST,
    "http.unknown-parameter": HTTPStatus.BAD_REQUEST,
    "http.method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "http.too-slow": HTTPStatus.REQUEST_TIMEOUT,
    "http.too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "http.bad-encoding": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "http.bad-media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "http.length-needed": HTTPStatus.LENGTH_REQUIRED,
    "scan.too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "scan.not-a-known-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "token.not-valid": HTTPStatus.UNAUTHORIZED,
    "token.scope-missing": HTTPStatus.FORBIDDEN,
    "right.missing": HTTPStatus.FORBIDDEN,
    "token.too-many-requests": HTTPStatus.TOO_MANY_REQUESTS,
    "find.too-many-misses": HTTPStatus.TOO_MANY_REQUESTS,
    "http.bad-range": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    "upload.expired": HTTPStatus.GONE,
    "upload.bad-version": HTTPStatus.PRECONDITION_FAILED,
    "fault.unexpected": HTTPStatus.INTERNAL_SERVER_ERROR,
}
_ROOTS: tuple[tuple[type[SohoaError], HTTPStatus], ...] = (
    (WrongUse, HTTPStatus.UNPROCESSABLE_ENTITY),
    (RejectedInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Misconfigured, HTTPStatus.SERVICE_UNAVAILABLE),
    (TransientFault, HTTPStatus.SERVICE_UNAVAILABLE),
    (IntegrityViolation, HTTPStatus.INTERNAL_SERVER_ERROR),
)
# Sentences that name commands, for clients of HTTP.
_SAID = {
    "paper.unknown": "no such paper for this token; list those there are: GET /v1/papers",
    "review.doubtful": "this paper needs review: GET /v1/papers/{paper}/review",
}
_RETRY_SECONDS = "5"


def status_of(error: SohoaError) -> HTTPStatus:
    """The HTTP status of an error: by its code, else by who must act."""
    if error.code in STATUSES:
        return STATUSES[error.code]
    for root, status in _ROOTS:
        if isinstance(error, root):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def said(code: str, message: str) -> str:
    """The sentence to a code as the API says it."""
    return _SAID.get(code, message)


def document(error: SohoaError, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """The problem document of an error."""
    status = status_of(error)
    return {
        "type": f"urn:sohoa:problem:{error.code}",
        "title": sentences.refusal(error.code, error.fault) or status.phrase,
        "status": status.value,
        "code": error.code,
        "detail": said(error.code, error.message),
        **more,
    }


def answer(error: SohoaError, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:  # noqa: ANN401 - any JSON value
    """The response to an error."""
    status = status_of(error)
    sent = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = 'Bearer realm="sohoa"'
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        sent["Retry-After"] = _RETRY_SECONDS
    return JSONResponse(
        document(error, **more), status_code=status, headers=sent, media_type=MEDIA_TYPE
    )
