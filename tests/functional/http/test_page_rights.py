"""Every page with every role: nobody reaches a desk that the role does not open."""

from __future__ import annotations

import re
from http import HTTPStatus
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute
from functional.http.serving import Served
from functional.http.visiting import browser, signed_in

from api.desk.caller import Right
from api.desk.roles import RIGHTS
from api.web.routes import PAGES
from dossier.people import Role

_OPEN = ("/static", "/login", "/invitation", "/verify")
_OF_ONESELF = ("/account", "/logout", "/step-up")
_NEEDS = {
    "/intake": Right.INTAKE,
    "/review": Right.REVIEW,
    "/sign": Right.SIGN,
    "/find": Right.FIND,
    "/records": Right.FIND,
    "/audit": Right.AUDIT,
    "/people": Right.PEOPLE,
    "/offices": Right.PEOPLE,
    "/papers": Right.READ,
}
_REFUSED = {HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}
# Enough for every form: a page that reads fewer fields ignores the rest.
_FORM = {"term": "x", "purpose": "x", "page": "1", "version": "1", "reason": "x", "number": "1"}
_VALUES = {"page": "1", "field": "paper.number", "dossier": "NONE-1", "digest": "x", "name": "x"}


def _routes() -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for router in PAGES
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]


def _address(path: str) -> str:
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: _VALUES.get(found[1], str(UUID(int=7))), path)


def _send(client: httpx.Client, method: str, path: str) -> httpx.Response:
    if method == "GET":
        return client.get(_address(path))
    return client.request(method, _address(path), data=_FORM)


def test_nobody_reaches_a_desk_without_signing_in(served: Served) -> None:
    client = browser(served)
    for method, path in _routes():
        if path.startswith(_OPEN):
            continue
        answer = _send(client, method, path)
        assert answer.status_code == HTTPStatus.SEE_OTHER, (method, path)
        assert answer.headers["location"].startswith("/login?next="), (method, path)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_its_own_desks_alone(served: Served, role: Role) -> None:
    client = signed_in(served, role.value)
    for method, path in _routes():
        if path == "/" or path.startswith((*_OPEN, *_OF_ONESELF)):
            continue
        needed = _NEEDS["/" + path.split("/")[1]]
        answer = _send(client, method, path)
        if needed in RIGHTS[role]:
            assert answer.status_code != HTTPStatus.FORBIDDEN, (method, path)
        else:
            assert answer.status_code in _REFUSED, (method, path, answer.status_code)
