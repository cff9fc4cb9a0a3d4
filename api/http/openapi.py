"""The OpenAPI document: an example for every answer, and the problems each route may return."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.http.problems import MEDIA_TYPE
from api.http.schemas import Problem
from api.wording import sentences

Responses = dict[int | str, dict[str, Any]]

# What a person says: something, and no control characters but tabs and ends of lines.
SAID = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

_EXAMPLES: dict[int, tuple[str, str]] = {
    400: ("http.bad-request", "the body is not JSON; send what the OpenAPI document says"),
    401: ("token.not-valid", "send a token that is neither revoked nor expired"),
    403: ("token.scope-missing", "this token does not allow review; have one made that does"),
    404: ("paper.unknown", "there is no such paper for this token"),
    405: ("http.method-not-allowed", "this path knows other methods; Allow says which"),
    408: ("http.too-slow", "nothing came for 30 seconds; send it again"),
    409: ("review.not-in-review", "the paper stands DESCRIBED; only REVIEW is reviewed"),
    410: ("upload.expired", "the upload was not finished in time; begin a new one"),
    411: ("http.length-needed", "say how long it is"),
    412: ("upload.bad-version", "send Tus-Resumable: 1.0.0"),
    413: ("http.too-large", "the body may have at most 209715200 bytes"),
    415: ("scan.not-a-known-type", "the file is neither PDF, TIFF, JPEG nor PNG"),
    416: ("http.bad-range", "the file is not as long as that"),
    422: ("http.invalid-request", "the request is invalid; see errors"),
    429: ("token.too-many-requests", "wait as long as Retry-After says"),
    500: ("fault.unexpected", "a fault of ours; nothing was lost"),
    503: ("database.no-answer", "the database did not answer; it is tried again"),
}


def problems_of(*statuses: int) -> Responses:
    """The responses of these statuses."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    code, detail = _EXAMPLES[status]
    phrase = HTTPStatus(status).phrase
    return {
        "description": phrase,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": {
                    "type": f"urn:sohoa:problem:{code}",
                    "title": sentences.refusal(code) or phrase,
                    "status": status,
                    "code": code,
                    "detail": detail,
                },
            }
        },
    }


_ALWAYS = (400, 401, 403, 422, 429, 500, 503)
TOKEN_PROBLEMS = problems_of(*_ALWAYS)
PAPER_PROBLEMS = problems_of(*_ALWAYS, 404)
ACT_PROBLEMS = problems_of(*_ALWAYS, 404, 409)
BODY_PROBLEMS = problems_of(*_ALWAYS, 408, 409, 413, 415)


def file_answer(media_type: str, description: str, example: str) -> dict[str, Any]:
    """A response that is a file or a stream."""
    return {
        "description": description,
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}, "example": example}
        },
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        # FastAPI leaves out what is null; an example says that too.
        for name, shown in _examples(BaseModel):
            if name in schemas:
                schemas[name]["examples"] = shown
        for operations in made["paths"].values():
            for operation in operations.values():
                if "requestBody" in operation:
                    # Said by the walls around all routes, not by the route.
                    operation["responses"].setdefault("413", _problem(413))
                _give_examples(operation, schemas)
        app.openapi_schema = made
    return app.openapi_schema


def _examples(model: type[BaseModel]) -> Iterator[tuple[str, list[Any]]]:
    for made in model.__subclasses__():
        extra = made.model_config.get("json_schema_extra")
        if made.__module__.startswith("api.http.") and isinstance(extra, dict):
            yield made.__name__, cast("list[Any]", extra.get("examples", []))
        yield from _examples(made)


def _give_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            if name and "example" not in content:
                content["example"] = schemas[name]["examples"][0]
