"""The strip of a paper's pages: split, reorder, turn, drop, merge, replace, and undo."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, File, Form, UploadFile
from starlette.responses import RedirectResponse, Response

from api.desk import page_edits, page_marks, splitting
from api.desk.caller import Right
from api.desk.corrections import open_review
from api.desk.papers import list_papers
from api.desk.splitting import PageUse
from api.web.form_files import received
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import sentences
from api.wording.page_findings import page_remarks
from dossier.errors import RejectedInput, WrongUse
from dossier.states import PaperState

router = APIRouter(prefix="/review", route_class=PageRoute, include_in_schema=False)

_Version = Annotated[int, Form(ge=0, le=2**31 - 1)]
_Numbers = Annotated[list[int], Form(max_length=2000)]
_ENDED = frozenset(
    {PaperState.SIGNED, PaperState.ARCHIVED, PaperState.REJECTED, PaperState.DISPOSED}
)


@router.get("/{paper}/pages")
def show_strip(me: Visiting, paper: UUID) -> Response:
    """The pages with what is proposed for each."""
    return _strip(me, paper)


@router.post("/{paper}/pages")
def split(
    me: Visiting,
    paper: UUID,
    *,
    version: _Version,
    number: _Numbers,
    use: Annotated[list[PageUse], Form(max_length=2000)],
    turn: _Numbers,
    place: _Numbers,
    dossier: Annotated[list[str], Form(max_length=2000)],
) -> Response:
    """Split, reorder and turn as the form says."""
    lengths = {len(number), len(use), len(turn), len(place), len(dossier)}
    if len(lengths) != 1 or not set(turn) <= {0, 90, 180, 270}:
        raise WrongUse("web.bad-form", "the form cannot be read; open the page again")
    pages = sorted(zip(place, range(len(number)), number, turn, use, strict=True))
    try:
        made = splitting.split(
            me.application,
            me.caller(Right.REVIEW),
            paper,
            [(page, degrees, what) for _, _, page, degrees, what in pages],
            version=version,
            dossiers={page: code for page, code in zip(number, dossier, strict=True) if code},
        )
    except WrongUse as error:
        return _refused(me, paper, error)
    for one in made:
        me.service.enqueue(one)
    return _done(paper)


@router.post("/{paper}/pages/merge")
def merge(
    me: Visiting,
    paper: UUID,
    version: _Version,
    other: Annotated[UUID, Form()],
    afterwards: BackgroundTasks,
) -> Response:
    """Append the pages of another paper of the dossier."""
    caller = me.caller(Right.REVIEW)
    try:
        page_edits.merge(me.application, caller, paper, other, version=version)
    except (WrongUse, RejectedInput) as error:
        return _refused(me, paper, error)
    return _read_again(me, paper, afterwards)


@router.post("/{paper}/pages/scan")
def replace_page(
    me: Visiting,
    paper: UUID,
    *,
    version: _Version,
    page: Annotated[int, Form(ge=1)],
    file: Annotated[UploadFile, File()],
    afterwards: BackgroundTasks,
) -> Response:
    """Put a new scan of one page in the place of the old one."""
    caller = me.caller(Right.INTAKE)
    try:
        with received(me.application, file) as path:
            page_edits.replace_page(
                me.application,
                caller,
                paper,
                number=page,
                file=path,
                source=file.filename or "",
                version=version,
            )
    except (WrongUse, RejectedInput) as error:
        return _refused(me, paper, error)
    return _read_again(me, paper, afterwards)


@router.post("/{paper}/pages/undo")
def undo(me: Visiting, paper: UUID) -> Response:
    """Take back the last split, merge or replaced page."""
    again = page_edits.undo(me.application, me.caller(Right.REVIEW), paper)
    me.service.enqueue(paper)
    me.service.enqueue(again)
    return RedirectResponse("/review", HTTPStatus.SEE_OTHER)


def _read_again(me: Visitor, paper: UUID, afterwards: BackgroundTasks) -> Response:
    if Right.INTAKE in me.rights:
        afterwards.add_task(page_marks.look, me.application, me.caller(Right.INTAKE), paper)
    me.service.enqueue(paper)
    return _done(paper)


def _done(paper: UUID) -> Response:
    return RedirectResponse(f"/review?pages={paper}", HTTPStatus.SEE_OTHER)


def _refused(me: Visitor, paper: UUID, error: WrongUse | RejectedInput) -> Response:
    if error.code in {"paper.unknown", "right.missing"}:
        raise error
    return _strip(me, paper, sentence=sentences.sentence(error.code))


def _strip(me: Visitor, paper: UUID, *, sentence: str = "") -> Response:
    caller = me.caller(Right.REVIEW)
    view = open_review(me.application, caller, paper)
    proposed = {one.number: one for one in splitting.propose(me.application, caller, paper)}
    uses = [one.use for one in proposed.values()]
    others = list_papers(me.application, caller, dossier=view.dossier).papers
    return me.page(
        "split.html",
        "/review",
        status=HTTPStatus.CONFLICT if sentence else HTTPStatus.OK,
        view=view,
        content=view.content,
        proposed=proposed,
        papers=max(uses.count(PageUse.BEGINS), 1),
        dropped=uses.count(PageUse.DROPPED),
        remarks=page_remarks(view.marks),
        others=[
            one
            for one in sorted(others, key=lambda one: one.ordinal)
            if one.paper != paper and one.state not in _ENDED and one.office == view.office
        ],
        name_of=me.application.forms.name_of,
        may_intake=Right.INTAKE in me.rights,
        sentence=sentence,
        PageUse=PageUse,
    )
