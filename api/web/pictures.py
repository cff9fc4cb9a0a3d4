"""Pictures of pages and of single values, kept by the browser of the person who saw them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.desk import files
from api.desk.caller import Right
from api.desk.papers import get_paper
from api.web.page_context import PageRoute, Visiting

router = APIRouter(prefix="/papers", route_class=PageRoute, include_in_schema=False)

_FIELD = r"^[a-z][a-z0-9_-]{0,30}(-[2-9])?\.[a-z][a-z0-9_-]{0,30}$"
# px: a page at 150 dpi, and one of a strip of pages.
PAGE_SIZE = (1240, 1754)
THUMBNAIL_SIZE = (224, 317)
# The address names the content, so a picture is not asked for again; it is removed at sign-out.
_KEPT = "private, max-age=3600, immutable"

Tag = Annotated[str, Query(pattern=r"^[0-9a-f]{1,16}$")]


@router.get("/{paper}/pages/{page}.webp")
def show_page(request: Request, me: Visiting, paper: UUID, page: int, v: Tag) -> Response:
    """A page as it is shown beside its values."""
    return _page(request, me, paper, page, tag=v, size=PAGE_SIZE)


@router.get("/{paper}/pages/{page}/small.webp")
def show_thumbnail(request: Request, me: Visiting, paper: UUID, page: int, v: Tag) -> Response:
    """A page in a strip of pages."""
    return _page(request, me, paper, page, tag=v, size=THUMBNAIL_SIZE)


@router.get("/{paper}/values/{field}.webp")
def show_value(
    request: Request,
    me: Visiting,
    paper: UUID,
    field: Annotated[str, Path(pattern=_FIELD)],
    v: Tag,
) -> Response:
    """The box in which a value stands."""
    caller = me.caller(Right.REVIEW)
    if _is_kept(request, v):
        get_paper(me.application, caller, paper)
        return _not_changed(v)
    return _picture(files.value_picture(me.application, caller, paper, field), v)


def _page(
    request: Request, me: Visiting, paper: UUID, page: int, *, tag: str, size: tuple[int, int]
) -> Response:
    caller = me.caller(Right.READ)
    if _is_kept(request, tag):
        get_paper(me.application, caller, paper)
        return _not_changed(tag)
    drawn = files.page_picture(me.application, caller, paper, page=page, size=size)
    return _picture(drawn, tag)


def _is_kept(request: Request, tag: str) -> bool:
    return request.headers.get("if-none-match", "") == f'"{tag}"'


def _not_changed(tag: str) -> Response:
    return Response(
        status_code=HTTPStatus.NOT_MODIFIED,
        headers={"ETag": f'"{tag}"', "Cache-Control": _KEPT},
    )


def _picture(drawn: bytes, tag: str) -> Response:
    return Response(
        drawn, media_type="image/webp", headers={"ETag": f'"{tag}"', "Cache-Control": _KEPT}
    )
