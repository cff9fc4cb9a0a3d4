"""The ASGI application: routes, errors as problem documents, limits around all routes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp

from api.desk.search import TooManyMisses
from api.http import (
    dossiers,
    events,
    finding,
    health,
    intake,
    metrics,
    openapi,
    paper_actions,
    paper_content,
    papers,
    problems,
    review,
    uploads,
    webhook_deliveries,
)
from api.http.authentication import TooManyRequests, admit
from api.http.middleware import RequestLimits
from api.http.service import Service
from dossier.errors import RejectedInput, SohoaError, TransientFault, WrongUse

_ROUTERS = (
    health.router,
    intake.router,
    dossiers.router,
    papers.router,
    review.router,
    paper_actions.router,
    paper_content.router,
    finding.router,
    events.router,
    uploads.router,
    webhook_deliveries.router,
    metrics.router,
)
_FILES = (
    ("POST", re.compile(r"/v1/dossiers/[^/]+/papers")),
    ("POST", re.compile(r"/v1/papers/[^/]+/scan")),
    ("PATCH", re.compile(r"/v1/uploads/[^/]+")),
    ("POST", re.compile(r"/review/[^/]+/(?:pages/)?scan|/intake/[^/]+/files")),
)
# Anybody may send a PDF to be verified: 20 MB, and the form around it.
_LARGEST_PUBLIC_FILE = 20 * 1024 * 1024 + 4096
# Headers that scripts in a browser may read besides the safelisted ones.
_EXPOSED = (
    "Location", "ETag", "Accept-Ranges", "Content-Range", "Content-Disposition", "Retry-After",
    "Allow", "WWW-Authenticate", "X-Request-ID", "Tus-Resumable", "Tus-Version", "Tus-Extension",
    "Tus-Max-Size", "Upload-Offset", "Upload-Length", "Upload-Expires",
)  # fmt: skip
_ABOUT = (
    "Papers of a one-stop department: scanned, read, signed as PDF/A, archived, found again. "
    "Errors are RFC 9457 problem documents with a stable `code`. Times are UTC. No URL holds a "
    "citizen ID: a lookup is a POST with a purpose, and is logged."
)
_HOME = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Sohoa</title>
<meta name="viewport" content="width=device-width"><style>body{font:17px/1.5 serif;margin:3em auto;
max-width:38em;padding:0 1em}code{font-size:.9em}</style><h1>Sohoa</h1>
<p>Dịch vụ đang chạy. Giao diện lập trình ở <code>/v1</code>, mô tả ở
<a href="/openapi.json">/openapi.json</a>. Tình trạng: <a href="/readyz">/readyz</a>.</p>
<p>The service is running; its interface is <code>/v1</code>. Every question to it needs a token:
<code>sohoa token create NAME --scope read</code>.</p></html>"""
_SAFE_NAME = re.compile(r"[a-z][a-z_]{0,40}|\d{1,3}")


def make_app(service: Service, *, pages: Sequence[APIRouter] = ()) -> ASGIApp:
    """The ASGI application of a service.

    Args:
        service: the caller starts it.
        pages: the screens; without them ``/`` says where the API is.
    """
    settings = service.application.settings
    app = FastAPI(
        title="Sohoa",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        dependencies=[Depends(_refuse_unknown_parameters)],
        # A redirect would follow the client's Host header, and take the body with it.
        redirect_slashes=False,
        # Generated clients name their functions after it: part of the contract.
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.service = service
    for router in _ROUTERS:
        app.include_router(router)
    for router in pages:
        app.include_router(router)
    if not pages:
        app.add_api_route("/", _home, include_in_schema=False)
    app.add_exception_handler(SohoaError, _problem)
    app.add_exception_handler(RequestValidationError, _bad_question)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _fault)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's own way
    walls = RequestLimits(
        app,
        largest_file=partial(_largest_file, limit=settings.limit_bytes),
        admit=partial(admit, service),
    )
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    if not origins:
        return walls
    # Outermost: a browser must be able to read refusals too.
    return CORSMiddleware(
        walls,
        allow_origins=origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=_EXPOSED,
    )


async def _refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not have: a filter must not be ignored.

    Raises:
        WrongUse: ``http.unknown-parameter``; without the name, which may be personal data.
    """
    route = request.scope["route"]
    if request.query_params and request.query_params.keys() - _parameters_of(route):
        raise WrongUse(
            "http.unknown-parameter",
            "this path has no such query parameter; /openapi.json lists those it has",
        )


def _parameters_of(route: APIRoute) -> frozenset[str]:
    """The names of a route's query parameters."""
    return frozenset(_query_parameters(route.dependant))


def _query_parameters(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for dependency in dependant.dependencies:
        yield from _query_parameters(dependency)


def _home() -> HTMLResponse:
    return HTMLResponse(_HOME)


def _largest_file(method: str, path: str, *, limit: int) -> int:
    """The most bytes of a file that a route takes; 0 where it takes none."""
    if (method, path) == ("POST", "/verify"):
        return _LARGEST_PUBLIC_FILE
    takes = any(method == m and pattern.fullmatch(path) for m, pattern in _FILES)
    return limit if takes else 0


def _problem(_request: Request, error: Exception) -> Response:
    headers: dict[str, str] = {}
    if isinstance(error, TooManyRequests | TooManyMisses):
        headers["Retry-After"] = str(int(error.seconds) + 1)
    return problems.answer(error if isinstance(error, SohoaError) else _unexpected(), headers)


def _bad_question(_request: Request, error: Exception) -> Response:
    """Place and kind of each error, never the value that was sent."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    if any(one["type"] == "json_invalid" for one in errors):
        return problems.answer(
            WrongUse("http.bad-request", "the body is not JSON; send what OpenAPI says")
        )
    return problems.answer(
        WrongUse("http.invalid-request", "the request is not valid; see errors, and /openapi.json"),
        errors=[_part(one) for one in errors],
    )


def _part(one: dict[str, Any]) -> dict[str, Any]:
    place = [str(part) for part in one["loc"]]
    # Header names are ours; other names may come from the client.
    ours = place[0] == "header"
    safe = [part if ours or _SAFE_NAME.fullmatch(part.lower()) else "?" for part in place]
    return {"where": safe[:-1] if one["type"] == "extra_forbidden" else safe, "what": one["type"]}


def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return problems.answer(_unexpected())
    cause = error.__cause__
    headers = dict(error.headers or {})
    if isinstance(cause, SohoaError):
        return problems.answer(cause, headers)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problems.answer(
            WrongUse("http.no-such-path", "there is no such path; see /openapi.json"), headers
        )
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return problems.answer(
            WrongUse("http.method-not-allowed", "this path has other methods; see Allow"), headers
        )
    return problems.answer(
        RejectedInput("http.bad-request", "the request cannot be read; see /openapi.json"), headers
    )


def _fault(_request: Request, _error: Exception) -> Response:
    # The walls around us log where it was.
    return problems.answer(_unexpected())


def _unexpected() -> TransientFault:
    return TransientFault(
        "fault.unexpected",
        "a fault of ours; nothing was lost. Try again, and report it to the operator",
    )
