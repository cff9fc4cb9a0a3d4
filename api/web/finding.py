"""The page on which papers are looked up; a POST, so that no address holds a number or a name."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.desk import search, sessions
from api.desk.caller import Right
from api.desk.rebuild import rebuild_state
from api.desk.search import LookupBy
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import labels, sentences
from dossier.errors import WrongUse
from dossier.ports import Found

router = APIRouter(prefix="/find", route_class=PageRoute, include_in_schema=False)

_Text = Annotated[str, Form(max_length=500)]
_LIMIT = 50


@router.get("")
def show_search(me: Visiting) -> Response:
    """The empty form."""
    return _page(me)


@router.post("")
def find(me: Visiting, term: _Text, purpose: _Text = "", proof: _Text = "") -> Response:
    """The papers found, numbers masked; the look-up is logged with its purpose."""
    caller = me.caller(Right.FIND)
    by = search.recognise(term)
    if by is LookupBy.DOSSIER and not purpose.strip():
        purpose = term
    try:
        if by is LookupBy.CITIZEN_ID and sessions.needs_step_up(me.application, me.signed_in):
            if not proof:
                return _page(me, term=term, purpose=purpose, asks_proof=True)
            sessions.step_up(me.application, me.signed_in, proof)
        found = search.find(me.application, caller, by, term, purpose=purpose, limit=_LIMIT + 1)
    except WrongUse as error:
        return _page(
            me, term=term, purpose=purpose, error=error, asks_proof=error.code.startswith("login.")
        )
    return _page(me, term=term, purpose=purpose, by=by, found=found)


def _page(
    me: Visitor,
    *,
    term: str = "",
    purpose: str = "",
    by: LookupBy | None = None,
    found: list[Found] | None = None,
    asks_proof: bool = False,
    error: WrongUse | None = None,
) -> Response:
    me.caller(Right.FIND)
    forms = me.application.forms
    return me.page(
        "find.html",
        "/find",
        status=_status(error),
        term=term,
        purpose=purpose,
        by="" if by is None else labels.ACTIONS[by],
        found=None if found is None else found[:_LIMIT],
        more=found is not None and len(found) > _LIMIT,
        kind=lambda row: forms.name_of(row.kind),
        role=labels.role,
        asks_proof=asks_proof,
        incomplete=rebuild_state(me.application) is not None,
        sentence="" if error is None else sentences.sentence(error.code),
    )


def _status(error: WrongUse | None) -> HTTPStatus:
    if error is None:
        return HTTPStatus.OK
    if isinstance(error, search.TooManyMisses):
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.BAD_REQUEST
