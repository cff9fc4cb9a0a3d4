"""The files of a paper: PDF/A, words, description, validation report, package, pictures.

Every access is logged before anything is returned. Archived files come from the record area with
every digest checked, not from the ledger.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.dossier_records import stored_dossier
from api.desk.papers import is_gone, not_read, opened
from archive import package, read
from archive.aip import Aip, compose_dossier, compose_paper
from dossier import written
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from dossier.spine import Blob, Box
from dossier.states import PaperState
from workflow.ledger.types import StoredPaper, WorkItem

_PICTURE_SECONDS = 30.0
_CROP_MARGIN = 6.0  # pt around a box, so that letters do not touch the edge of the picture
_LARGEST_CROP = (1200, 600)  # px


@contextmanager
def pdf(application: Application, caller: Caller, paper: UUID) -> Iterator[tuple[Path, str, str]]:
    """The PDF/A of a paper, signed once it is, as a file for the duration of the context.

    Yields:
        The file, its name after TT 01/2023/TT-VPCP, and its SHA-256.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.no-pdf``.
    """
    caller.require(Right.READ)
    stored = opened(application, caller, paper)
    item = _item(stored)
    name = f"{item.paper.dossier}.{item.paper.ordinal:03d}.pdf"
    with _pdf_file(application, stored) as file:
        blob = _pdf_blob(item)
        yield file, name, "" if blob is None else blob.digest


def document(application: Application, caller: Caller, paper: UUID, which: str) -> bytes:
    """``words.json``, ``description.json`` or ``validation.json`` of a paper.

    Args:
        application: holds it.
        caller: opens it.
        paper: its ID.
        which: ``package.WORDS``, ``DESCRIPTION`` or ``VALIDATION``.

    Raises:
        WrongUse: ``paper.unknown``; ``paper.not-read``: the paper has no such document.
    """
    caller.require(Right.READ)
    stored = opened(application, caller, paper)
    if stored.location is not None:
        record = read.load(application.store, stored.location.key)
        if which == package.WORDS:
            return package.read_words(application.store, record)
        return read.read_file(application.store, record, which, limit=package.LARGEST_JSON)
    item = _item(stored)
    if is_gone(item.state):
        raise not_read(stored)
    if which == package.WORDS and item.words is not None:
        with application.store.work_file(item.words) as file:
            return file.read_bytes()
    if item.record is None or which == package.WORDS:
        raise not_read(stored)
    if which == package.DESCRIPTION:
        return written.dumps(written.description_to_json(item.record.description))
    signatures = item.signed.signatures if item.signed else ()
    reports = item.record.received_signatures
    return written.dumps(
        {
            "format": package.FORMAT,
            "pdfa": written.pdfa_report_to_json(item.record.pdfa_report),
            "received_signatures": [written.report_to_json(report) for report in reports],
            "signatures": [written.signature_to_json(signature) for signature in signatures],
        }
    )


def paper_package(application: Application, caller: Caller, paper: UUID) -> Aip:
    """The E-ARK AIP of an archived paper, ready to be written; logged.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.not-archived``.
        IntegrityViolation: the record is damaged.
    """
    caller.require(Right.READ)
    stored = opened(application, caller, paper)
    summary = stored.summary
    dossier = stored_dossier(application, summary.office, summary.dossier)
    return compose_paper(
        application.store,
        _record_key(stored),
        keep_years=application.settings.keep_years
        if dossier is None
        else dossier.record.keep_years,
    )


def dossier_package(application: Application, caller: Caller, code: str) -> Aip:
    """The E-ARK AIP of a dossier with all its archived papers; each is logged as opened.

    Where several offices have a dossier of this code, that of the caller's own, else the first.

    Raises:
        WrongUse: ``dossier.bad-code``; ``dossier.no-records``: none of its papers is archived.
        IntegrityViolation: a record or the dossier's own object is damaged or missing.
    """
    caller.require(Right.READ)
    code = dossier_code(code)
    rows = application.ledger.papers.list_papers(
        offices=caller.offices, state=PaperState.ARCHIVED, dossier=code
    )
    offices = sorted({row.office for row in rows}, key=lambda one: (one != caller.office, one))
    keys = [
        _record_key(opened(application, caller, row.paper))
        for row in rows
        if row.office == offices[0]
    ]
    return compose_dossier(
        application.store,
        keys,
        dossier=stored_dossier(application, offices[0], code) if offices else None,
        keep_years=application.settings.keep_years,
    )


def page_picture(
    application: Application, caller: Caller, paper: UUID, *, page: int, size: Sequence[int]
) -> bytes:
    """A page of a paper as WebP.

    Args:
        application: holds the paper.
        caller: opens it.
        paper: its ID.
        page: its number in the scan.
        size: largest width and height, px.

    Raises:
        WrongUse: ``paper.unknown``, ``page.unknown``, ``paper.no-pdf``.
    """
    caller.require(Right.READ)
    stored = opened(application, caller, paper)
    return _picture(application, stored, page=page, box=None, size=size)


def value_picture(application: Application, caller: Caller, paper: UUID, field: str) -> bytes:
    """The box in which a value stands, as WebP.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.not-read``; ``value.unknown``: the paper has no such
            value, or the value has no box.
    """
    caller.require(Right.REVIEW)
    stored = opened(application, caller, paper)
    record = _item(stored).record
    if record is None or is_gone(stored.summary.state):
        raise not_read(stored)
    value = next((v for v in record.description.values if v.field == field), None)
    if value is None or value.box is None or value.page is None:
        raise WrongUse("value.unknown", f"paper {paper} has no such value with a box")
    box = Box(
        value.box.left - _CROP_MARGIN,
        value.box.top - _CROP_MARGIN,
        value.box.right + _CROP_MARGIN,
        value.box.bottom + _CROP_MARGIN,
    )
    return _picture(application, stored, page=value.page, box=box, size=_LARGEST_CROP)


def _picture(
    application: Application,
    stored: StoredPaper,
    *,
    page: int,
    box: Box | None,
    size: Sequence[int],
) -> bytes:
    """Draw a page, or a box of it, in a child process."""
    paper = _item(stored).paper
    numbers = [p.number for p in paper.pages]
    if page not in numbers:
        raise WrongUse("page.unknown", f"paper {paper.id} has no page {page}")
    with _temporary_folder(application) as folder, _pdf_file(application, stored) as file:
        out = folder / "picture.webp"
        application.children.run(
            "pages.picture:picture",
            {
                "number": numbers.index(page) + 1,
                "box": None if box is None else [box.left, box.top, box.right, box.bottom],
                "most_width": size[0],
                "most_height": size[1],
            },
            deadline=_PICTURE_SECONDS,
            what=f"paper {paper.id} page {page}",
            reads={"path": file},
            writes={"out": out},
        )
        return out.read_bytes()


@contextmanager
def _pdf_file(application: Application, stored: StoredPaper) -> Iterator[Path]:
    item = _item(stored)
    if stored.location is not None:
        record = read.load(application.store, stored.location.key)
        with _temporary_folder(application) as folder:
            copy = folder / "signed.pdf"
            with copy.open("xb") as out:
                read.copy_file(application.store, record, package.signed_path(item.paper), to=out)
            yield copy
        return
    blob = _pdf_blob(item)
    if blob is None or is_gone(item.state):
        raise WrongUse("paper.no-pdf", f"paper {item.paper.id} is {item.state}: it has no PDF/A")
    with application.store.work_file(blob) as file:
        yield file


def _pdf_blob(item: WorkItem) -> Blob | None:
    if item.signed is not None:
        return item.signed.pdf
    return None if item.record is None else item.record.pdfa


def _item(stored: StoredPaper) -> WorkItem:
    if stored.item is None:
        raise not_read(stored)
    return stored.item


def _record_key(stored: StoredPaper) -> str:
    if stored.location is None:
        paper = stored.summary.paper
        raise WrongUse("paper.not-archived", f"paper {paper} is not archived yet")
    return stored.location.key


@contextmanager
def _temporary_folder(application: Application) -> Iterator[Path]:
    application.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="open-", dir=application.scratch) as folder:
        yield Path(folder)
