"""The review desk: the page of a paper beside the values that a person must settle."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, File, Form, Query, UploadFile
from starlette.responses import RedirectResponse, Response

from api.desk import edits, page_marks, review
from api.desk.caller import Right
from api.desk.corrections import open_review
from api.desk.duplicates import find_duplicates
from api.desk.review import Card, CardType
from api.desk.views import PaperContent
from api.web.form_files import received
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import labels, sentences
from api.wording.page_findings import page_remarks
from dossier.errors import WrongUse
from dossier.spine import Page
from dossier.states import PaperState
from dossier.text import NOT_ON_PAPER
from ocr.fields.forms import Forms, Structure

router = APIRouter(prefix="/review", route_class=PageRoute, include_in_schema=False)

_Text = Annotated[str, Form(max_length=2000)]
_Version = Annotated[int, Form(ge=0, le=2**31 - 1)]
# The list one came from: all papers, or those of one dossier.
_From = Annotated[str | None, Query(max_length=100)]


@dataclass(frozen=True)
class Sheet:
    """A page with its size as shown.

    Attributes:
        number: in the scan.
        width: pt.
        height: pt.
    """

    number: int
    width: float
    height: float


@router.get("")
def show_list(
    me: Visiting,
    dossier: _From = None,
    finished: UUID | None = None,
    pages: UUID | None = None,
) -> Response:
    """The papers that wait, those of the oldest dossier first.

    ``finished`` and ``pages`` name the paper whose last change can be taken back here.
    """
    caller = me.caller(Right.REVIEW)
    papers = review.list_waiting(me.application, caller, dossier=dossier)
    return me.page(
        "review_list.html",
        "/review",
        papers=papers,
        dossier=dossier,
        forms=me.application.forms,
        reason=sentences.sentence,
        doubts=review.list_doubts(me.application, caller, papers),
        doubt=sentences.doubt,
        at=_address,
        finished=finished,
        pages=pages,
    )


@router.get("/{paper}")
def show_paper(
    me: Visiting,
    paper: UUID,
    dossier: _From = None,
    page: int | None = None,
    finished: UUID | None = None,
) -> Response:
    """A paper with what is doubtful in it."""
    return _paper_page(me, paper, dossier, page=page, finished=finished)


@router.post("/{paper}/settle")
def settle(
    me: Visiting,
    paper: UUID,
    *,
    dossier: _From = None,
    name: _Text,
    version: _Version,
    text: _Text = "",
    choice: _Text = "",
    absent: _Text = "",
) -> Response:
    """Settle one value: as typed, an alternative, or not on the paper."""
    value = NOT_ON_PAPER if absent else (choice or text)
    try:
        review.settle(me.application, me.caller(Right.REVIEW), paper, name, value, version=version)
    except WrongUse as error:
        if not error.code.startswith("review."):
            raise
        return _paper_page(me, paper, dossier, error=error, typed=(name, text))
    return RedirectResponse(_address(paper, dossier), HTTPStatus.SEE_OTHER)


@router.post("/{paper}/complete")
def complete(me: Visiting, paper: UUID, *, dossier: _From = None, version: _Version) -> Response:
    """Let the paper go on, and show the next one of the list."""
    caller = me.caller(Right.REVIEW)
    papers = review.list_waiting(me.application, caller, dossier=dossier)
    _, following = review.beside(papers, paper)
    try:
        review.complete(me.application, caller, paper, version=version)
    except WrongUse as error:
        if not error.code.startswith("review."):
            raise
        return _paper_page(me, paper, dossier, error=error)
    me.service.enqueue(paper)
    target = _address(following, dossier, finished=paper)
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


@router.post("/{paper}/undo")
def undo(me: Visiting, paper: UUID, *, dossier: _From = None) -> Response:
    """Take back the last change."""
    review.undo(me.application, me.caller(Right.REVIEW), paper)
    return RedirectResponse(_address(paper, dossier), HTTPStatus.SEE_OTHER)


@router.post("/{paper}/scan")
def scan_again(
    me: Visiting,
    paper: UUID,
    *,
    dossier: _From = None,
    back: _Text = "",
    file: Annotated[UploadFile, File()],
    afterwards: BackgroundTasks,
) -> Response:
    """Replace the scan by a better one; then back to the list, or to the dossier."""
    caller = me.caller(Right.INTAKE)
    with received(me.application, file) as path:
        edits.rescan(me.application, caller, paper, file=path, source=file.filename or "")
    afterwards.add_task(page_marks.look, me.application, caller, paper)
    me.service.enqueue(paper)
    target = f"/intake/{quote(dossier)}" if back and dossier else _address(None, dossier)
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


@router.post("/{paper}/withdraw")
def withdraw(me: Visiting, paper: UUID, *, dossier: _From = None, reason: _Text) -> Response:
    """Take a paper out of its dossier."""
    edits.withdraw(me.application, me.caller(Right.INTAKE), paper, reason=reason)
    return RedirectResponse(_address(None, dossier), HTTPStatus.SEE_OTHER)


@router.post("/{paper}/move")
def move(me: Visiting, paper: UUID, *, dossier: _From = None, target: _Text) -> Response:
    """Move a paper to another dossier."""
    edits.move(me.application, me.caller(Right.INTAKE), paper, dossier=target)
    me.service.enqueue(paper)
    return RedirectResponse(_address(None, dossier), HTTPStatus.SEE_OTHER)


def _paper_page(
    me: Visitor,
    paper: UUID,
    dossier: str | None,
    *,
    page: int | None = None,
    finished: UUID | None = None,
    error: WrongUse | None = None,
    typed: tuple[str, str] = ("", ""),
) -> Response:
    caller = me.caller(Right.REVIEW)
    view = open_review(me.application, caller, paper)
    content = view.content
    if content is None:  # open_review refuses a paper without content
        raise WrongUse("paper.not-read", f"paper {paper} is not read yet")
    papers = review.list_waiting(me.application, caller, dossier=dossier)
    before, after = review.beside(papers, paper)
    waits = view.state is PaperState.REVIEW
    cards = review.cards(content.description, me.application.forms) if waits else ()
    now = cards[0] if cards else None
    return me.page(
        "review.html",
        "/review",
        status=HTTPStatus.OK if error is None else HTTPStatus.CONFLICT,
        view=view,
        content=content,
        cards=cards,
        now=now,
        waits=waits,
        settled=[value for value in content.description.values if not value.doubt],
        sheet=_sheet(content, page or (now.page if now else None)),
        left=len(papers),
        previous=before,
        following=after,
        dossier=dossier,
        query=_query(dossier),
        may_intake=Right.INTAKE in me.rights,
        sentence="" if error is None else sentences.sentence(error.code),
        typed=typed,
        undoable=paper if view.undoable else finished,
        remarks=page_remarks(view.marks),
        alike=find_duplicates(me.application, caller, paper) if waits else [],
        **_words(content, me.application.forms),
    )


def _words(content: PaperContent, forms: Forms) -> dict[str, Any]:
    """What the template needs to name things."""
    form = forms.by_id.get(content.description.kind)
    titled = form is not None and form.structure is Structure.TITLED
    return {
        "kind": forms.name_of(content.description.kind),
        "kinds": sorted((one.name, one.id) for one in forms.by_id.values()),
        "field": lambda name: labels.field(name, titled=titled),
        "value": labels.value,
        "doubt": sentences.doubt,
        "state": labels.standing,
        "example": _example,
        "at": _address,
        "CardType": CardType,
    }


def _sheet(content: PaperContent, wanted: int | None) -> Sheet | None:
    """The page to show: the wanted one, else the first."""
    if not content.pages:
        return None
    page = next((one for one in content.pages if one.number == wanted), content.pages[0])
    return Sheet(page.number, *_shown_size(page))


def _shown_size(page: Page) -> tuple[float, float]:
    upright = page.turn % 180 == 0
    return (page.width, page.height) if upright else (page.height, page.width)


def _example(card: Card) -> str:
    """How a value is written."""
    return {
        "citizen_id": "12 chữ số",
        "cmnd": "9 chữ số",
        "birth": "15/03/1984 hoặc 15031984",
        "date": "15/03/1984 hoặc 15031984",
        "sex": "Nam hoặc Nữ",
    }.get(card.name.partition(".")[2], "")


def _query(dossier: str | None) -> str:
    return "" if dossier is None else urlencode({"dossier": dossier})


def _address(paper: UUID | None, dossier: str | None, *, finished: UUID | None = None) -> str:
    """The page of a paper, or the list; ``finished`` is the paper that can still be undone."""
    said = {"dossier": dossier, "finished": finished}
    query = urlencode({name: value for name, value in said.items() if value is not None})
    path = "/review" if paper is None else f"/review/{paper}"
    return f"{path}?{query}" if query else path
