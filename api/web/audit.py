"""The page on which an auditor reads who saw whose data."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from api.desk import audit
from api.desk.caller import Right
from api.web.page_context import PageRoute, Visiting
from api.wording import labels
from dossier.errors import WrongUse

router = APIRouter(prefix="/audit", route_class=PageRoute, include_in_schema=False)

_PAGE = 50


@router.get("")
def show_accesses(
    me: Visiting,
    before: Annotated[int | None, Query(ge=1)] = None,
    paper: UUID | None = None,
    day: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The access log, newest first."""
    caller = me.caller(Right.AUDIT)
    begin = _day(day)
    since = None if begin is None else begin.replace(tzinfo=me.application.settings.zone)
    found = audit.list_accesses(
        me.application,
        caller,
        before=before,
        paper=paper,
        since=since,
        until=None if since is None else since + timedelta(days=1),
        limit=_PAGE + 1,
    )
    return me.page(
        "audit.html",
        "/audit",
        lines=found[:_PAGE],
        more=found[_PAGE - 1].cursor if len(found) > _PAGE else None,
        misses=audit.list_misses(me.application, caller),
        actions=labels.ACTIONS,
        day_asked=day,
        about=False,
    )


@router.post("/person")
def show_about_person(me: Visiting, number: Annotated[str, Form(max_length=40)]) -> Response:
    """Who looked one citizen up; the number comes by a form, so that no address holds it."""
    me.require_step_up()
    caller = me.caller(Right.AUDIT)
    return me.page(
        "audit.html",
        "/audit",
        lines=audit.list_about_person(me.application, caller, number),
        more=None,
        misses=[],
        actions=labels.ACTIONS,
        day_asked="",
        about=True,
    )


def _day(text: str) -> datetime | None:
    """A day as ``dd/mm/yyyy`` or ``ddmmyyyy``; None for empty."""
    typed = text.strip()
    if not typed:
        return None
    for form in ("%d/%m/%Y", "%d%m%Y", "%Y-%m-%d"):
        try:
            return datetime.combine(datetime.strptime(typed, form).date(), time.min)  # noqa: DTZ007 - the caller adds the zone
        except ValueError:
            continue
    raise WrongUse("web.bad-day", "write a day as dd/mm/yyyy")
