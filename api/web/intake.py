"""The intake desk: a dossier, the papers expected in it, and what becomes of those received."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, File, Form, Query, UploadFile
from starlette.responses import RedirectResponse, Response

from api.desk import dossiers, intake, page_marks, review
from api.desk.caller import Right
from api.desk.papers import get_paper
from api.desk.progress import WaitsFor
from api.desk.views import DossierView, PaperView
from api.web.form_files import received
from api.web.page_context import PageRoute, Visiting, Visitor
from api.wording import labels, sentences
from api.wording.page_findings import page_remarks
from dossier.codes import SEPARATOR, dossier_code
from dossier.errors import WrongUse
from dossier.states import PaperState

router = APIRouter(prefix="/intake", route_class=PageRoute, include_in_schema=False)

_Text = Annotated[str, Form(max_length=300)]
_Code = Annotated[str, Query(max_length=300)]
_ENDED = frozenset({PaperState.ARCHIVED, PaperState.REJECTED, PaperState.DISPOSED})
_NEXT_STEPS = {
    WaitsFor.MACHINE: "Máy đang làm, chưa cần làm gì.",
    WaitsFor.TIME: "Máy sẽ tự thử lại.",
    WaitsFor.CLERK: "Kiểm tra",
    WaitsFor.OFFICIAL: "Chờ người có thẩm quyền ký.",
    WaitsFor.OPERATOR: "Báo quản trị viên.",
    WaitsFor.NOBODY: "",
}
_SEND_AGAIN = "Quét lại rồi gửi lại vào hồ sơ này."


@router.get("")
def show_desk(me: Visiting, dossier: _Code = "") -> Response:
    """Where the dossier code is typed; with a code, its dossier."""
    me.caller(Right.INTAKE)
    if dossier.strip():
        try:
            return RedirectResponse(_address(dossier_code(dossier)), HTTPStatus.SEE_OTHER)
        except WrongUse as error:
            return _first_page(me, dossier, error)
    return _first_page(me, "", None)


@router.get("/{code}")
def show_dossier(me: Visiting, code: str, sent: int = 0, known: int = 0) -> Response:
    """A dossier with its papers."""
    return _page(me, code, sent=sent, known=known)


@router.get("/{code}/papers")
def show_papers(me: Visiting, code: str) -> Response:
    """The part of the page that changes while papers are read."""
    return me.page("intake_papers.html", "/intake", **_context(me, dossier_code(code)))


@router.get("/{code}/rescan/{paper}")
def show_rescan(me: Visiting, code: str, paper: UUID) -> Response:
    """Where a better scan of a paper is sent."""
    code = dossier_code(code)
    view = get_paper(me.application, me.caller(Right.INTAKE), paper)
    return me.page(
        "rescan.html",
        "/intake",
        view=view,
        code=code,
        address=_address(code),
        remarks=page_remarks(view.marks),
    )


@router.get("/{code}/separator")
def show_separator(me: Visiting, code: str) -> Response:
    """A sheet to print: what is scanned after it is a paper of this dossier."""
    me.caller(Right.INTAKE)
    code = dossier_code(code)
    path, side = _qr(code)
    return me.page(
        "separator.html", "/intake", code=code, address=_address(code), qr=path, side=side
    )


@router.post("/{code}/files")
def send_files(
    me: Visiting,
    code: str,
    files: Annotated[list[UploadFile], File()],
    afterwards: BackgroundTasks,
) -> Response:
    """Submit files to the dossier; a file that it has already is not stored twice.

    The pages are looked at right after the answer, before they are read.
    """
    caller = me.caller(Right.INTAKE)
    code = dossier_code(code)
    sent = known = 0
    try:
        for file in files:
            if not file.filename:
                continue
            with received(me.application, file) as path:
                done = intake.submit(
                    me.application, caller, path, dossier=code, source=file.filename
                )
            sent, known = sent + 1, known + done.known
            if done.error is None and not done.known:
                afterwards.add_task(page_marks.look, me.application, caller, done.paper)
                me.service.enqueue(done.paper)
    except WrongUse as error:
        return _page(me, code, error=error)
    query = urlencode({"sent": sent, "known": known})
    return RedirectResponse(f"{_address(code)}?{query}", HTTPStatus.SEE_OTHER)


@router.post("/{code}/expected")
def expect(me: Visiting, code: str, kind: _Text = "", remove: _Text = "") -> Response:
    """Add an expected paper, or remove one."""
    caller = me.caller(Right.INTAKE)
    code = dossier_code(code)
    expected = [one.kind for one in _dossier(me, code).expected]
    if kind:
        expected.append(kind)
    elif remove in expected:
        expected.remove(remove)
    dossiers.expect_papers(me.application, caller, code, expected)
    return RedirectResponse(_address(code), HTTPStatus.SEE_OTHER)


@router.post("/{code}/close")
def close(me: Visiting, code: str, anyway: Annotated[bool, Form()] = False) -> Response:  # noqa: FBT002 - a field of the form
    """Close the dossier; with unfinished papers only after they were listed."""
    caller = me.caller(Right.INTAKE)
    try:
        dossiers.close_dossier(me.application, caller, code, anyway=anyway)
    except WrongUse as error:
        if error.code != "dossier.unfinished":
            raise
        return _page(me, code, error=error)
    return RedirectResponse(_address(code), HTTPStatus.SEE_OTHER)


@router.post("/{code}/reopen")
def reopen(me: Visiting, code: str) -> Response:
    """Let the dossier take papers again."""
    dossiers.reopen_dossier(me.application, me.caller(Right.INTAKE), code)
    return RedirectResponse(_address(code), HTTPStatus.SEE_OTHER)


def _qr(code: str) -> tuple[str, str]:
    """The path of a separator sheet's QR code and its side with the quiet zone, in modules."""
    import zxingcpp  # noqa: PLC0415 - only this page draws a code

    drawn = zxingcpp.create_barcode(
        SEPARATOR + code, zxingcpp.BarcodeFormat.QRCode, ec_level="Q"
    ).to_svg()
    path = drawn.partition('<path d="')[2].partition('"')[0]
    return path, drawn.partition('width="')[2].partition('"')[0]


def _first_page(me: Visitor, typed: str, error: WrongUse | None) -> Response:
    return me.page(
        "intake.html",
        "/intake",
        status=HTTPStatus.OK if error is None else HTTPStatus.BAD_REQUEST,
        typed=typed,
        sentence="" if error is None else sentences.sentence(error.code),
    )


def _page(
    me: Visitor, code: str, *, sent: int = 0, known: int = 0, error: WrongUse | None = None
) -> Response:
    context = _context(me, dossier_code(code))
    return me.page(
        "intake_dossier.html",
        "/intake",
        status=HTTPStatus.OK if error is None else HTTPStatus.CONFLICT,
        kinds=sorted((form.name, form.id) for form in me.application.forms.by_id.values()),
        sent=sent,
        known=known,
        sentence="" if error is None else sentences.sentence(error.code),
        unfinished=error is not None and error.code == "dossier.unfinished",
        **context,
    )


def _context(me: Visitor, code: str) -> dict[str, Any]:
    view = _dossier(me, code)
    papers = view.papers or ()
    return {
        "dossier": view,
        "papers": papers,
        "doubts": _doubts(me, papers),
        "doubt": sentences.doubt,
        "seconds": 1 if any(_is_new(paper) for paper in papers) else 4,
        "remarks": page_remarks,
        "open_papers": [paper for paper in papers if paper.state not in _ENDED],
        "address": _address(code),
        "state": labels.standing,
        "reason": sentences.sentence,
        "next_step": _next_step,
        "name_of": me.application.forms.name_of,
    }


def _dossier(me: Visitor, code: str) -> DossierView:
    """The dossier; an empty one before its first paper."""
    caller = me.caller(Right.INTAKE)
    with suppress(WrongUse):
        return dossiers.get_dossier(me.application, caller, code)
    return DossierView(
        code=code, office=caller.office, offices=(), closed_at=None, expected=(), papers=()
    )


def _doubts(me: Visitor, papers: Sequence[PaperView]) -> dict[UUID, tuple[str, ...]]:
    if Right.REVIEW not in me.rights:
        return {}
    return review.list_doubts(me.application, me.caller(Right.REVIEW), papers)


def _is_new(paper: PaperView) -> bool:
    """Whether the pages of a paper are likely being looked at now."""
    return paper.state is PaperState.RECEIVED and paper.marks is None


def _next_step(paper: PaperView) -> str:
    """What a person does next about a paper; empty where nothing is left to do."""
    if paper.state is PaperState.REJECTED and paper.code not in labels.OUT_OF_DOSSIER:
        return _SEND_AGAIN
    return _NEXT_STEPS[paper.waits_for]


def _address(code: str) -> str:
    return f"/intake/{quote(code)}"
