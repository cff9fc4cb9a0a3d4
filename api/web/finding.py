"""The page on which papers are looked up; a POST, so that no address holds a number or a name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from api.desk import search, sessions
from api.desk.caller import Right
from api.desk.rebuild import rebuild_state
from api.desk.search import LookupBy
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import hit_list, labels, sentences
from dossier.errors import WrongUse
from dossier.finding import Filters, FoundPage, Passage, SortBy

router = APIRouter(prefix="/find", route_class=PageRoute, include_in_schema=False)

_LIMIT = 50
_SORTS = {SortBy.RELEVANCE: "phù hợp nhất", SortBy.NEWEST: "mới nhất", SortBy.OLDEST: "cũ nhất"}
_Short = Annotated[str, Field(max_length=200)]


class _Asked(BaseModel):
    """The form: what is looked up, why, and what narrows it."""

    model_config = ConfigDict(frozen=True)

    term: Annotated[str, Field(max_length=500)] = ""
    purpose: Annotated[str, Field(max_length=500)] = ""
    proof: Annotated[str, Field(max_length=500)] = ""
    kind: _Short = ""
    year: Annotated[int, Field(ge=1800, le=2999)] | None = None
    role: _Short = ""
    dossier: _Short = ""
    issuer: _Short = ""
    dated_from: date | None = None
    dated_until: date | None = None
    archived_from: date | None = None
    archived_until: date | None = None
    sort: SortBy = SortBy.RELEVANCE
    skip: Annotated[int, Field(ge=0, le=search.MOST_SKIPPED)] = 0
    csv: bool = False

    @field_validator("*", mode="before")
    @classmethod
    def _left_out(cls, value: object, info: object) -> object:
        """An empty field of a form was left out."""
        names = {"year", "dated_from", "dated_until", "archived_from", "archived_until"}
        return None if value == "" and getattr(info, "field_name", "") in names else value

    def filters(self) -> Filters:
        """What narrows the answer."""
        return Filters(
            kinds=(self.kind,) if self.kind else (),
            years=(self.year,) if self.year else (),
            roles=(self.role,) if self.role else (),
            dossier=self.dossier.strip().upper(),
            issuer=self.issuer,
            dated_from=self.dated_from,
            dated_until=self.dated_until,
            archived_from=self.archived_from,
            archived_until=self.archived_until,
        )


@router.get("")
def show_search(me: Visiting) -> Response:
    """The empty form."""
    return _page(me, _Asked())


@router.post("")
def find(me: Visiting, asked: Annotated[_Asked, Form()]) -> Response:
    """The papers found, numbers masked; the look-up is logged with its purpose."""
    caller = me.caller(Right.FIND)
    by = search.recognise(asked.term)
    if by is LookupBy.DOSSIER and not asked.purpose.strip():
        asked = asked.model_copy(update={"purpose": asked.term})
    try:
        if by is LookupBy.CITIZEN_ID and sessions.needs_step_up(me.application, me.signed_in):
            if not asked.proof:
                return _page(me, asked, asks_proof=True)
            sessions.step_up(me.application, me.signed_in, asked.proof)
        found = search.find(
            me.application,
            caller,
            by,
            asked.term,
            purpose=asked.purpose,
            limit=search.MOST_IN_LIST if asked.csv else _LIMIT,
            skip=0 if asked.csv else asked.skip,
            filters=asked.filters(),
            sort=asked.sort,
            facets=not asked.csv,
        )
    except WrongUse as error:
        return _page(me, asked, error=error, asks_proof=error.code.startswith("login."))
    if asked.csv:
        return Response(
            hit_list.as_csv(found.rows, title_of=me.application.forms.name_of),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="tra-cuu.csv"'},
        )
    return _page(me, asked, by=by, found=found)


def _page(
    me: Visitor,
    asked: _Asked,
    *,
    by: LookupBy | None = None,
    found: FoundPage | None = None,
    asks_proof: bool = False,
    error: WrongUse | None = None,
) -> Response:
    me.caller(Right.FIND)
    application = me.application
    return me.page(
        "find.html",
        "/find",
        status=_status(error),
        asked=asked,
        term=asked.term,
        purpose=asked.purpose,
        by="" if by is None else labels.ACTIONS[by],
        found=None if found is None else found.rows,
        page=found,
        first=asked.skip + 1,
        last=asked.skip + (len(found.rows) if found else 0),
        step=_LIMIT,
        kind=lambda row: application.forms.name_of(row.kind),
        kind_name=application.forms.name_of,
        kinds=sorted(application.forms.by_id, key=application.forms.name_of),
        role=labels.role,
        roles=labels.ROLES,
        field=labels.field,
        pieces=_pieces,
        sorts=_SORTS,
        narrowed=asked.filters() != Filters(),
        asks_proof=asks_proof,
        incomplete=rebuild_state(application) is not None or (found is not None and found.behind),
        sentence="" if error is None else sentences.sentence(error.code),
    )


def _pieces(passage: Passage) -> Iterator[tuple[str, bool]]:
    """A passage in pieces, each with whether it is marked."""
    at = 0
    for start, end in passage.marks:
        if start > at:
            yield passage.text[at:start], False
        yield passage.text[start:end], True
        at = end
    yield passage.text[at:], False


def _status(error: WrongUse | None) -> HTTPStatus:
    if error is None:
        return HTTPStatus.OK
    if isinstance(error, search.TooManyMisses):
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.BAD_REQUEST
