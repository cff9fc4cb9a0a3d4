"""The page on which an administrator keeps stamps and keys of offices."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from starlette.responses import RedirectResponse, Response

from api.desk import offices
from api.desk.caller import Right
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import sentences
from dossier.errors import WrongUse

router = APIRouter(prefix="/offices", route_class=PageRoute, include_in_schema=False)

_Text = Annotated[str, Form(max_length=300)]


@router.get("")
def show_offices(me: Visiting) -> Response:
    """The offices of the administrator."""
    return _page(me)


@router.post("")
def add_office(me: Visiting, code: _Text = "", name: _Text = "") -> Response:
    """Add an office below."""
    caller = me.caller(Right.PEOPLE)
    try:
        offices.add_office(me.application, caller, code=code, name=name)
    except WrongUse as error:
        return _page(me, error=error)
    return _back()


@router.post("/stamp")
def set_stamp(me: Visiting, office: _Text, form: _Text = "") -> Response:
    """Set what the stamps of an office say."""
    caller = me.caller(Right.PEOPLE)
    me.require_step_up()
    offices.set_stamp_form(me.application, caller, office, form)
    return _back()


@router.post("/key")
def add_key(
    me: Visiting,
    office: _Text,
    file: Annotated[UploadFile, File()],
    passphrase: _Text = "",
) -> Response:
    """Let an office sign with another key."""
    caller = me.caller(Right.PEOPLE)
    me.require_step_up()
    content = file.file.read(offices.LARGEST_KEY + 1)
    try:
        offices.add_key(me.application, caller, office, content=content, passphrase=passphrase)
    except WrongUse as error:
        return _page(me, error=error)
    return _back()


def _back() -> Response:
    return RedirectResponse("/offices", HTTPStatus.SEE_OTHER)


def _page(me: Visitor, *, error: WrongUse | None = None) -> Response:
    caller = me.caller(Right.PEOPLE)
    return me.page(
        "offices.html",
        "/offices",
        status=HTTPStatus.OK if error is None else HTTPStatus.BAD_REQUEST,
        offices=offices.list_offices(me.application, caller),
        forms=offices.STAMP_FORMS,
        sentence="" if error is None else sentences.refusal(error.code, error.fault),
        sentence_of=sentences.sentence,
    )
