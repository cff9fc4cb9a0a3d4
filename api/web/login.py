"""Pages to sign in, to accept an invitation, and to give password or code again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.desk import people, sessions
from api.web.page_context import COOKIE, PageRoute, Visiting, local_path, service_of
from api.web.templating import render
from api.wording import sentences
from dossier.errors import WrongUse

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_Text = Annotated[str, Form(max_length=300)]


@router.get("/")
def show_first(me: Visiting) -> Response:
    """The first desk of the person."""
    desks = me.desks
    return RedirectResponse(desks[0].path if desks else "/account", HTTPStatus.SEE_OTHER)


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The page to sign in."""
    return _login_page(request, next)


@router.post("/login")
def sign_in(
    request: Request,
    login: _Text = "",
    password: _Text = "",
    code: _Text = "",
    next: _Text = "/",  # noqa: A002 - the name in the form
) -> Response:
    """Begin a session."""
    application = service_of(request).application
    try:
        _, secret = sessions.sign_in(
            application,
            login=login,
            password=password,
            code=code,
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent", ""),
        )
    except WrongUse as error:
        return _login_page(request, next, error=error, login=login)
    answer = RedirectResponse(local_path(next), HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=application.settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/logout")
def sign_out(me: Visiting) -> Response:
    """End the session."""
    sessions.sign_out(me.application, me.signed_in)
    answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(COOKIE)
    # Pictures of pages that the browser keeps; it obeys on HTTPS and on localhost.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@router.get("/step-up")
def show_step_up(me: Visiting, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The page that asks for password or code again."""
    return me.page("step_up.html", "", next=local_path(next), sentence="")


@router.post("/step-up")
def step_up(me: Visiting, proof: _Text = "", next: _Text = "/") -> Response:  # noqa: A002 - the name in the form
    """Take password or code, and go on."""
    try:
        sessions.step_up(me.application, me.signed_in, proof)
    except WrongUse as error:
        return me.page(
            "step_up.html",
            "",
            status=HTTPStatus.FORBIDDEN,
            next=local_path(next),
            sentence=sentences.sentence(error.code),
        )
    return RedirectResponse(local_path(next), HTTPStatus.SEE_OTHER)


@router.get("/invitation")
def show_invitation(request: Request) -> Response:
    """The page of an invitation; its secret stands behind ``#``, which no server sees or logs."""
    return _invitation_page(request)


@router.post("/invitation")
def accept_invitation(request: Request, secret: _Text, password: _Text) -> Response:
    """Set the password of an invited person."""
    application = service_of(request).application
    try:
        people.accept_invitation(application, secret.strip(), password)
    except WrongUse as error:
        return _invitation_page(request, error=error)
    return RedirectResponse("/login", HTTPStatus.SEE_OTHER)


def _login_page(
    request: Request, next_path: str, *, error: WrongUse | None = None, login: str = ""
) -> Response:
    return render(
        "login.html",
        zone=service_of(request).application.settings.zone,
        status=HTTPStatus.OK if error is None else HTTPStatus.FORBIDDEN,
        sentence="" if error is None else sentences.sentence(error.code),
        needs_code=error is not None and error.code == "login.code-needed",
        login=login,
        next=local_path(next_path),
    )


def _invitation_page(request: Request, *, error: WrongUse | None = None) -> Response:
    return render(
        "invitation.html",
        zone=service_of(request).application.settings.zone,
        status=HTTPStatus.OK if error is None else HTTPStatus.FORBIDDEN,
        sentence="" if error is None else sentences.sentence(error.code),
    )
