"""The page of a person's own account: password, authenticator, sessions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from api.desk import credentials, sessions
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import sentences
from dossier.errors import WrongUse

router = APIRouter(prefix="/account", route_class=PageRoute, include_in_schema=False)

_Text = Annotated[str, Form(max_length=300)]


@router.get("")
def show_account(me: Visiting, done: str = "") -> Response:
    """Password, authenticator and sessions."""
    return _page(me, done=done)


@router.post("/password")
def change_password(me: Visiting, old: _Text, new: _Text) -> Response:
    """Replace the password."""
    try:
        sessions.change_password(me.application, me.signed_in, old=old, new=new)
    except WrongUse as error:
        return _page(me, error=error)
    return RedirectResponse("/account?done=password", HTTPStatus.SEE_OTHER)


@router.post("/authenticator")
def set_up_authenticator(me: Visiting, key: _Text, code: _Text) -> Response:
    """Keep the key of an authenticator, once its first code is right."""
    me.require_step_up()
    try:
        sessions.set_up_authenticator(me.application, me.signed_in, secret=key, code=code)
    except WrongUse as error:
        return _page(me, error=error, key=key)
    return RedirectResponse("/account?done=authenticator", HTTPStatus.SEE_OTHER)


@router.post("/authenticator/remove")
def remove_authenticator(me: Visiting, proof: _Text) -> Response:
    """Forget the authenticator."""
    try:
        sessions.remove_authenticator(me.application, me.signed_in, proof)
    except WrongUse as error:
        return _page(me, error=error)
    return RedirectResponse("/account?done=removed", HTTPStatus.SEE_OTHER)


@router.post("/sessions/{session}/revoke")
def revoke_session(me: Visiting, session: UUID) -> Response:
    """End another session."""
    sessions.revoke_session(me.application, me.signed_in, session)
    return RedirectResponse("/account", HTTPStatus.SEE_OTHER)


_DONE = {
    "password": "Đã đổi mật khẩu; các phiên khác đã kết thúc.",
    "authenticator": "Đã bật ứng dụng xác thực.",
    "removed": "Đã tắt ứng dụng xác thực.",
}


def _page(me: Visitor, *, done: str = "", error: WrongUse | None = None, key: str = "") -> Response:
    user = me.signed_in.user
    proposed = key or credentials.new_totp_secret()
    return me.page(
        "account.html",
        "/account",
        status=HTTPStatus.OK if error is None else HTTPStatus.BAD_REQUEST,
        done=_DONE.get(done, ""),
        sentence="" if error is None else sentences.sentence(error.code),
        sessions=sessions.list_sessions(me.application, me.signed_in),
        key=proposed,
        address=credentials.totp_address(proposed, login=user.login, issuer="Sohoa"),
    )
