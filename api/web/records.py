"""An archived paper: what it says, its pages, the signed PDF, and a copy to print."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from api.desk import files, search
from api.desk.caller import Right
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import labels
from ocr.fields.forms import Structure

router = APIRouter(prefix="/records", route_class=PageRoute, include_in_schema=False)


@router.get("/{paper}")
def show_record(me: Visiting, paper: UUID) -> Response:
    """A paper that a look-up of this session showed; opening it is logged."""
    return _page(me, paper, "record.html")


@router.get("/{paper}/copy")
def show_copy(me: Visiting, paper: UUID) -> Response:
    """The paper as a page to print for the citizen."""
    return _page(me, paper, "copy.html")


@router.get("/{paper}/pdf")
def get_pdf(me: Visiting, paper: UUID) -> Response:
    """The signed PDF."""
    caller = me.caller(Right.READ)
    with ExitStack() as stack:
        path, name, _ = stack.enter_context(files.pdf(me.application, caller, paper))
        return _HeldFile(stack.pop_all(), path, name)


class _HeldFile(FileResponse):
    """A PDF that is held open until it is sent, however that ends."""

    def __init__(self, held: ExitStack, path: Path, name: str) -> None:
        super().__init__(path, filename=name, media_type="application/pdf")
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._held:
            await super().__call__(scope, receive, send)


def _page(me: Visitor, paper: UUID, template: str) -> Response:
    view = search.open_found(me.application, me.caller(Right.FIND), paper)
    forms = me.application.forms
    form = forms.by_id.get(view.kind)
    titled = form is not None and form.structure is Structure.TITLED
    values = () if view.content is None else view.content.description.values
    return me.page(
        template,
        "/find",
        view=view,
        kind=forms.name_of(view.kind) if view.kind else "Chưa rõ loại giấy",
        values=[
            (labels.field(one.field, titled=titled), labels.value(one.field, one.text))
            for one in values
        ],
        signatures=() if view.content is None else view.content.signatures,
        state=labels.standing(view.state, view.code),
        office=me.application.office_name(view.office),
    )
