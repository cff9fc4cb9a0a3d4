"""The signing desk: each page seen by a person, then one password for the whole batch."""

from __future__ import annotations

from http import HTTPStatus
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from api.desk import edits, sessions, signing
from api.desk.caller import Right
from api.desk.duplicates import find_duplicates
from api.desk.people import names_of
from api.desk.signing import Outcome
from api.web.page_context import PageRoute, Visiting, Visitor
from api.web.pictures import Tag
from api.web.templating import draw
from api.wording import labels, sentences
from api.wording.page_findings import page_remarks
from dossier.codes import mask_numbers
from dossier.errors import WrongUse
from ocr.fields.forms import Structure

router = APIRouter(prefix="/sign", route_class=PageRoute, include_in_schema=False)

_Text = Annotated[str, Form(max_length=300)]
_Version = Annotated[int, Form(ge=0, le=2**31 - 1)]


@router.get("")
def show_queue(me: Visiting) -> Response:
    """The papers that wait, by kind, and those seen whole."""
    return _queue_page(me)


@router.post("/batches")
def sign_batch(me: Visiting, proof: _Text = "") -> Response:
    """Request the signatures of all papers seen whole."""
    caller = me.caller(Right.SIGN)
    try:
        if sessions.needs_step_up(me.application, me.signed_in):
            sessions.step_up(me.application, me.signed_in, proof)
        batch, requested = signing.request_batch(me.application, caller)
    except WrongUse as error:
        return _queue_page(me, error=error)
    for paper in requested:
        me.service.enqueue(paper)
    return _go(f"/sign/batches/{batch}")


@router.get("/batches/{batch}")
def show_batch(me: Visiting, batch: UUID) -> Response:
    """How far a batch is: the number signed, and each failure."""
    found = signing.batch_progress(me.application, me.caller(Right.SIGN), batch)
    return me.page(
        "sign_batch.html",
        "/sign",
        batch=batch,
        papers=found,
        signed=sum(one.outcome is Outcome.SIGNED for one in found),
        waiting=sum(one.outcome is Outcome.WAITING for one in found),
        failed=[one for one in found if one.outcome is Outcome.FAILED],
        forms=me.application.forms,
        sentence_of=sentences.sentence,
    )


@router.get("/{paper}")
def show_paper(
    me: Visiting,
    paper: UUID,
    page: int | None = None,
    zoom: bool = False,  # noqa: FBT001, FBT002 - from the address
) -> Response:
    """A page of a paper beside its key values: whole, or as wide as the screen allows."""
    return _paper_page(me, paper, page=page, zoom=zoom)


@router.get("/{paper}/stamp.svg")
def show_stamp(me: Visiting, paper: UUID, v: Tag) -> Response:
    """The stamp as it will stand, as a picture that lies over the first page."""
    stamp = signing.preview_stamp(me.application, me.caller(Right.SIGN), paper)
    drawn = draw("stamp.svg", stamp=stamp)
    return Response(
        drawn,
        media_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=600", "ETag": f'"{v}"'},
    )


@router.post("/{paper}/seen")
def record_seen(
    me: Visiting, paper: UUID, page: Annotated[int, Form(ge=1)], version: _Version
) -> Response:
    """The page was seen; go on to the next one, or the next paper."""
    caller = me.caller(Right.SIGN)
    signing.record_seen(me.application, caller, paper, page=page, version=version)
    opened = signing.open_for_signing(me.application, caller, paper)
    if not opened.queued.complete:
        return _go(f"/sign/{paper}")
    return _next(me)


@router.post("/{paper}/aside")
def set_aside(me: Visiting, paper: UUID, version: _Version) -> Response:
    """Leave the paper out of the batch; go on to the next one."""
    signing.set_aside(me.application, me.caller(Right.SIGN), paper, version=version)
    return _next(me)


@router.post("/{paper}/return")
def send_back(me: Visiting, paper: UUID, reason: _Text = "") -> Response:
    """Send the paper back to review with a reason; go on to the next one."""
    try:
        edits.send_back(me.application, me.caller(Right.SIGN), paper, reason=reason)
    except WrongUse as error:
        if not error.code.startswith("reason."):
            raise
        return _paper_page(me, paper, error=error)
    return _next(me)


def _next(me: Visitor) -> Response:
    queue = signing.list_queue(me.application, me.caller(Right.SIGN))
    following = signing.next_paper(queue)
    return _go("/sign" if following is None else f"/sign/{following.view.paper}")


def _go(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def _queue_page(me: Visitor, *, error: WrongUse | None = None) -> Response:
    caller = me.caller(Right.SIGN)
    queue = signing.list_queue(me.application, caller)
    return me.page(
        "sign_queue.html",
        "/sign",
        status=HTTPStatus.OK if error is None else HTTPStatus.BAD_REQUEST,
        kinds=[(kind, list(papers)) for kind, papers in groupby(queue, lambda one: one.view.kind)],
        complete=[one for one in queue if one.complete],
        aside=[one for one in queue if one.set_aside],
        first=signing.next_paper(queue),
        forms=me.application.forms,
        asks_proof=sessions.needs_step_up(me.application, me.signed_in),
        last_batch=signing.last_batch(me.application, caller),
        sentence="" if error is None else sentences.sentence(error.code),
    )


def _paper_page(
    me: Visitor,
    paper: UUID,
    *,
    page: int | None = None,
    zoom: bool = False,
    error: WrongUse | None = None,
) -> Response:
    caller = me.caller(Right.SIGN)
    opened = signing.open_for_signing(me.application, caller, paper)
    queue = signing.list_queue(me.application, caller)
    unseen = [number for number in opened.pages if number not in opened.queued.seen]
    shown = page if page in opened.pages else (unseen or opened.pages)[0]
    view = opened.queued.view
    form = me.application.forms.by_id.get(view.kind)
    titled = form is not None and form.structure is Structure.TITLED
    names = names_of(me.application, opened.reviewers)
    return me.page(
        "sign_paper.html",
        "/sign",
        status=HTTPStatus.OK if error is None else HTTPStatus.BAD_REQUEST,
        view=view,
        kind=me.application.forms.name_of(view.kind),
        pages=opened.pages,
        seen=opened.queued.seen,
        shown=shown,
        zoom=zoom,
        keys=[
            (labels.field(name, titled=titled), mask_numbers(labels.value(name, text)))
            for name, text in opened.keys
        ],
        remarks=page_remarks(view.marks),
        alike=find_duplicates(me.application, caller, paper),
        stamped=shown == opened.pages[0] and bool(me.application.stamp_form(view.office)),
        reviewers=[names.get(actor, actor) for actor in opened.reviewers],
        waiting=len(queue),
        complete=sum(one.complete for one in queue),
        sentence="" if error is None else sentences.sentence(error.code),
    )
