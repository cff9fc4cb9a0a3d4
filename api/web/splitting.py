"""The strip of a paper's pages: which begin a paper, which are blank, which lie on their side."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from api.desk import splitting
from api.desk.caller import Right
from api.desk.corrections import open_review
from api.desk.splitting import PageUse
from api.web.page_context import PageRoute, Visiting
from dossier.errors import WrongUse

router = APIRouter(prefix="/review", route_class=PageRoute, include_in_schema=False)

_Version = Annotated[int, Form(ge=0, le=2**31 - 1)]


@router.get("/{paper}/pages")
def show_strip(me: Visiting, paper: UUID) -> Response:
    """The pages with what is proposed for each."""
    caller = me.caller(Right.REVIEW)
    view = open_review(me.application, caller, paper)
    proposed = {one.number: one.use for one in splitting.propose(me.application, caller, paper)}
    return me.page(
        "split.html",
        "/review",
        view=view,
        content=view.content,
        proposed=proposed,
        papers=max(sum(use is PageUse.BEGINS for use in proposed.values()), 1),
        blank=sum(use is PageUse.DROPPED for use in proposed.values()),
        PageUse=PageUse,
    )


@router.post("/{paper}/pages")
def split(
    me: Visiting,
    paper: UUID,
    *,
    version: _Version,
    number: Annotated[list[int], Form()],
    use: Annotated[list[PageUse], Form()],
    turn: Annotated[list[int], Form()],
) -> Response:
    """Split the paper as its form says."""
    if not len(number) == len(use) == len(turn) or not set(turn) <= {0, 90, 180, 270}:
        raise WrongUse("web.bad-form", "the form cannot be read; open the page again")
    made = splitting.split(
        me.application,
        me.caller(Right.REVIEW),
        paper,
        list(zip(number, turn, use, strict=True)),
        version=version,
    )
    for one in made:
        me.service.enqueue(one)
    return RedirectResponse("/review", HTTPStatus.SEE_OTHER)
