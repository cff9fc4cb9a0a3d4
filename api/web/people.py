"""The page on which an administrator keeps the people of an office."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.desk import people
from api.desk.caller import Right
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import labels, sentences
from dossier.errors import WrongUse
from dossier.people import Role

router = APIRouter(prefix="/people", route_class=PageRoute, include_in_schema=False)

_Text = Annotated[str, Form(max_length=300)]
_Roles = Annotated[list[Role], Form()]


@router.get("")
def show_people(me: Visiting) -> Response:
    """The people of the administrator's offices."""
    return _page(me)


@router.post("")
def invite(
    request: Request, me: Visiting, *, login: _Text, name: _Text, office: _Text, roles: _Roles
) -> Response:
    """Add a person and show the link of the invitation, once."""
    caller = me.caller(Right.PEOPLE)
    try:
        secret = people.invite_person(
            me.application, caller, login=login, name=name, office=office, roles=roles
        )
    except WrongUse as error:
        return _page(me, error=error)
    return _page(me, link=_link(request, secret), invited=name)


@router.post("/{person}/invitation")
def invite_again(request: Request, me: Visiting, person: UUID) -> Response:
    """A new link for a person who lost the password."""
    secret = people.invite_again(me.application, me.caller(Right.PEOPLE), person)
    return _page(me, link=_link(request, secret))


@router.post("/{person}/disabled")
def set_disabled(me: Visiting, person: UUID, disabled: Annotated[bool, Form()]) -> Response:
    """Disable or enable a person."""
    people.set_disabled(me.application, me.caller(Right.PEOPLE), person, disabled=disabled)
    return RedirectResponse("/people", HTTPStatus.SEE_OTHER)


@router.post("/{person}/roles")
def set_role(
    me: Visiting,
    person: UUID,
    office: _Text,
    role: Annotated[Role, Form()],
    held: Annotated[bool, Form()],
) -> Response:
    """Give or take a role."""
    people.set_role(
        me.application, me.caller(Right.PEOPLE), person, office=office, role=role, held=held
    )
    return RedirectResponse("/people", HTTPStatus.SEE_OTHER)


def _link(request: Request, secret: str) -> str:
    return f"{request.base_url}invitation#{secret}"


def _page(
    me: Visitor, *, link: str = "", invited: str = "", error: WrongUse | None = None
) -> Response:
    caller = me.caller(Right.PEOPLE)
    return me.page(
        "people.html",
        "/people",
        status=HTTPStatus.OK if error is None else HTTPStatus.BAD_REQUEST,
        people=people.list_people(me.application, caller),
        offices=caller.offices,
        office_names={code: me.application.office_name(code) for code in caller.offices},
        roles=labels.PERSON_ROLES,
        link=link,
        invited=invited,
        sentence="" if error is None else sentences.sentence(error.code),
    )
