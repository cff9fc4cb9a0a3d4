"""Two papers that look alike, side by side."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from api.desk import duplicates
from api.desk.caller import Right
from api.web.page_context import PageRoute, Visiting
from api.wording import labels
from dossier.codes import mask_numbers

router = APIRouter(prefix="/review", route_class=PageRoute, include_in_schema=False)


@router.get("/{paper}/same/{other}")
def show_pair(me: Visiting, paper: UUID, other: UUID) -> Response:
    """Both papers, with their values."""
    caller = me.caller(Right.REVIEW)
    pair = duplicates.open_pair(me.application, caller, paper, other)
    forms = me.application.forms
    shown = [
        (
            view,
            forms.name_of(view.kind) or "Chưa rõ loại giấy",
            [
                (labels.field(one.field), mask_numbers(labels.value(one.field, one.text)))
                for one in (() if view.content is None else view.content.description.values)
            ],
        )
        for view in pair
    ]
    return me.page("same.html", "/review", pair=shown, state=labels.standing)


@router.post("/{paper}/same/{other}")
def decide(me: Visiting, paper: UUID, other: UUID, same: Annotated[bool, Form()]) -> Response:
    """Whether they are one."""
    duplicates.decide(me.application, me.caller(Right.REVIEW), paper, other, same=same)
    path = "/review" if same else f"/review/{paper}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
