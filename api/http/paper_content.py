"""What a paper says, and its files. Each access is logged."""

from __future__ import annotations

import json
from contextlib import ExitStack
from itertools import chain
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from api.desk import files
from api.http.authentication import Client, ReadClient
from api.http.file_response import file_response
from api.http.openapi import ACT_PROBLEMS, file_answer, problems_of
from api.http.schemas import example
from archive import package
from archive.aip import Aip
from archive.export import stream_tar, stream_zip

router = APIRouter(prefix="/v1/papers/{paper}", tags=["records"])

_PDF = "application/pdf"
_WEBP = "image/webp"
_ZIP = "application/zip"
_FORMS = {"zip": _ZIP, "tar": "application/x-tar"}
Form = Annotated[Literal["zip", "tar"], Query(description="of the package")]


class WordsPage(BaseModel):
    """The words of a page: text, left, top, right, bottom (pt), confidence, line."""

    model_config = example(
        number=1,
        width=595.3,
        height=841.9,
        turn=0,
        unread="",
        words=[["Số", 70.1, 88.0, 82.4, 98.2, 0.93, 0]],
    )

    number: int
    width: float
    height: float
    turn: int
    unread: str
    words: list[list[str | float | int]]


class Words(BaseModel):
    """Recognised words, with boxes in pt from the top left of the upright page."""

    model_config = example(
        format=1,
        engine="tesserocr 5.5.1 vie",
        unit="pt from the top left of the upright page",
        pages=[
            {
                "number": 1, "width": 595.3, "height": 841.9, "turn": 0, "unread": "",
                "words": [["Số", 70.1, 88.0, 82.4, 98.2, 0.93, 0]],
            }
        ],
    )  # fmt: skip

    format: int
    engine: str
    unit: str
    pages: list[WordsPage]


class DescriptionAnswer(BaseModel):
    """``description.json``: of an archived paper, as stored in its package."""

    model_config = example(
        paper="0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11",
        content={"format": 1, "kind": "birth-declaration", "values": [], "doubts": []},
    )

    paper: UUID
    content: dict[str, Any]


class ValidationAnswer(BaseModel):
    """``validation.json``: the reports on PDF/A and signatures."""

    model_config = example(
        paper="0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11",
        content={
            "format": 1,
            "pdfa": {"flavour": "2u", "validator": "pikepdf", "findings": [], "drawn_anew": []},
            "received_signatures": [],
            "signatures": [],
        },
    )

    paper: UUID
    content: dict[str, Any]


_PDF_RESPONSES: dict[int | str, dict[str, Any]] = {
    **ACT_PROBLEMS,
    **problems_of(416),
    200: file_answer(_PDF, "the PDF/A, signed once it is", "%PDF-1.7 ..."),
    206: file_answer(_PDF, "the requested range", "..."),
    304: {"description": "If-None-Match names its ETag"},
}


@router.get("/pdf", responses=_PDF_RESPONSES, response_class=Response)
def get_pdf(request: Request, client: ReadClient, paper: UUID) -> Response:
    """The PDF/A of a paper, signed once it is; ranges are answered."""
    with ExitStack() as stack:
        path, name, digest = stack.enter_context(
            files.pdf(client.application, client.caller, paper)
        )
        held = stack.pop_all()
    return file_response(request, held, path, name=name, digest=digest, media_type=_PDF)


@router.get("/words", responses=ACT_PROBLEMS)
def get_words(client: ReadClient, paper: UUID) -> Words:
    """The words recognised on a paper, with boxes and confidences."""
    return Words.model_validate(_document(client, paper, package.WORDS))


@router.get("/description", responses=ACT_PROBLEMS)
def get_description(client: ReadClient, paper: UUID) -> DescriptionAnswer:
    """What a paper is and says."""
    content = _document(client, paper, package.DESCRIPTION)
    return DescriptionAnswer(paper=paper, content=content)


@router.get("/validation", responses=ACT_PROBLEMS)
def get_validation(client: ReadClient, paper: UUID) -> ValidationAnswer:
    """The reports on the PDF/A, on signatures received, and on ours."""
    return ValidationAnswer(paper=paper, content=_document(client, paper, package.VALIDATION))


@router.get(
    "/package",
    responses={
        **ACT_PROBLEMS,
        200: file_answer(_ZIP, "the E-ARK package of an archived paper", "PK..."),
    },
    response_class=Response,
)
def get_package(request: Request, client: ReadClient, paper: UUID, form: Form = "zip") -> Response:
    """The E-ARK package of an archived paper, streamed."""
    return package_response(
        request, files.paper_package(client.application, client.caller, paper), form
    )


@router.get(
    "/pages/{page}/picture",
    responses={**ACT_PROBLEMS, 200: file_answer(_WEBP, "the page", "RIFF...WEBP")},
    response_class=Response,
)
def get_page_picture(
    client: ReadClient,
    paper: UUID,
    page: int,
    width: Annotated[int, Query(ge=100, le=1654, description="px at most")] = 900,
) -> Response:
    """A page as WebP, as it stands in the PDF/A. `page` is its number in the scan."""
    drawn = files.page_picture(
        client.application, client.caller, paper, page=page, size=(width, 2 * width)
    )
    return Response(drawn, media_type=_WEBP)


# HEAD of every GET; left out of the document, where each would stand twice.
for _path, _answer in (
    ("/pdf", get_pdf),
    ("/words", get_words),
    ("/description", get_description),
    ("/validation", get_validation),
    ("/package", get_package),
    ("/pages/{page}/picture", get_page_picture),
):
    router.add_api_route(_path, _answer, methods=["HEAD"], include_in_schema=False)


def _document(client: Client, paper: UUID, which: str) -> dict[str, Any]:
    content = files.document(client.application, client.caller, paper, which)
    read: dict[str, Any] = json.loads(content)
    return read


def package_response(request: Request, aip: Aip, form: str) -> Response:
    """A package as a ZIP or a tar, streamed; HEAD reads no content."""
    headers = {"Content-Disposition": f'attachment; filename="{aip.name}.{form}"'}
    media_type = _FORMS[form]
    if request.method == "HEAD":
        return Response(headers=headers, media_type=media_type)
    stream = stream_zip(aip) if form == "zip" else stream_tar(aip)
    first = next(stream)  # an error is answered with its own status
    return StreamingResponse(chain((first,), stream), media_type=media_type, headers=headers)
