"""Two papers made one, one page scanned again, and the last of it taken back, until signed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.intake import receive_scan
from api.desk.papers import stored_paper
from dossier.errors import RejectedInput, WrongUse
from dossier.spine import MediaType, Paper, Scan
from ingest.receive import inspect
from ocr.pdfa.compose import PageSource, compose
from workflow.ledger.edits import EditRequest


def merge(
    application: Application,
    caller: Caller,
    paper: UUID,
    other: UUID,
    *,
    version: int | None = None,
) -> None:
    """Append the pages of another paper of the dossier to a paper; the other one ends.

    Pages of one file stay pages of that file. Of two files a PDF of both is made, with their
    pictures as they are; the files as received are kept until the paper is finished.

    Args:
        application: holds the papers.
        caller: merges them.
        paper: keeps its ID and place.
        other: its pages come last.
        version: of ``paper`` as the caller saw it; None where unknown.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.signed-already``, ``pages.*``, ``dossier.closed``,
            ``review.changed-meanwhile``.
        RejectedInput: ``scan.*``: a file cannot be opened.
    """
    caller.require(Right.REVIEW)
    first, second = (_paper(application, caller, one) for one in (paper, other))
    scan = None
    if first.scan.blob != second.scan.blob:
        _require_pages(application, len(first.pages) + len(second.pages))
        order = [(0, n) for n in range(len(first.pages))]
        order += [(1, n) for n in range(len(second.pages))]
        scan = _composed(application, first, second, order)
    application.ledger.splitting.merge(
        _request(application, caller, paper), other, scan=scan, version=version
    )


def replace_page(
    application: Application,
    caller: Caller,
    paper: UUID,
    *,
    number: int,
    file: Path,
    source: str,
    version: int | None = None,
) -> None:
    """Put a new scan of one page in the place of the old one; the paper is recognised again.

    Args:
        application: holds the paper.
        caller: scanned the page.
        paper: its ID.
        number: the place of the page in the paper, from 1.
        file: the new scan, of one page.
        source: its file name.
        version: of the paper as the caller saw it; None where unknown.

    Raises:
        WrongUse: as ``merge``; ``page.unknown``; ``pages.not-one``: the file has several pages.
        RejectedInput: ``scan.*``: the file cannot be received.
    """
    caller.require(Right.INTAKE)
    held = _paper(application, caller, paper)
    if not 1 <= number <= len(held.pages):
        raise WrongUse("page.unknown", f"paper {paper} has no page {number}")
    scan = receive_scan(application, file, source=source, office=held.office)
    facts = inspect(scan, file, children=application.children, limits=application.limits)
    if facts.arrived_signed:
        raise WrongUse("pages.signed", "a file with signatures is a paper of its own")
    if len(facts.pages) != 1:
        raise WrongUse("pages.not-one", "send a file of the one page that is replaced")
    added = Paper(
        id=paper, office=held.office, dossier=held.dossier, ordinal=1, scan=scan, pages=facts.pages
    )
    order = [(1, 0) if n == number - 1 else (0, n) for n in range(len(held.pages))]
    whole = _composed(application, held, added, order)
    application.ledger.splitting.replace_page(
        _request(application, caller, paper), whole, scan, number=number, version=version
    )


def undo(application: Application, caller: Caller, paper: UUID) -> UUID:
    """Take back the last split, merge or replaced page of a paper.

    Returns:
        The ID that a paper ended by a merge has from now on; of no paper after a split.

    Raises:
        WrongUse: as ``merge``; ``pages.nothing-to-undo``, ``pages.changed-meanwhile``.
    """
    caller.require(Right.REVIEW)
    again = application.ids.new()
    application.ledger.splitting.undo(
        _request(application, caller, paper), paper=again, scan=application.ids.new()
    )
    return again


def _paper(application: Application, caller: Caller, paper: UUID) -> Paper:
    item = stored_paper(application, caller, paper).item
    if item is None or not item.paper.pages:
        raise WrongUse("pages.not-known", "the pages have not been counted yet; try again soon")
    if item.paper.arrived_signed:
        raise WrongUse("pages.signed", "the file carries signatures, which cover all its pages")
    return item.paper


def _require_pages(application: Application, count: int) -> None:
    if count > application.limits.max_pages:
        raise RejectedInput(
            "scan.too-many-pages", f"a paper has at most {application.limits.max_pages} pages"
        )


def _composed(
    application: Application, first: Paper, second: Paper, order: Sequence[tuple[int, int]]
) -> Scan:
    """The scan of pages of two papers."""
    store = application.store
    application.scratch.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="compose-", dir=application.scratch) as folder,
        store.work_file(first.scan.blob) as one,
        store.work_file(second.scan.blob) as other,
    ):
        out = Path(folder, "whole.pdf")
        compose(
            _source(first, one),
            _source(second, other),
            order,
            out,
            children=application.children,
            max_pixels=application.limits.max_pixels,
            what=f"paper {first.id}",
        )
        blob = store.put_work(out)
    return Scan(
        id=application.ids.new(),
        office=first.office,
        blob=blob,
        media_type=MediaType.PDF,
        source=first.scan.source,
        received_at=application.clock.now(),
    )


def _source(paper: Paper, file: Path) -> PageSource:
    pages = tuple((page.number, page.width, page.height, page.turn) for page in paper.pages)
    return PageSource(path=file, media_type=paper.scan.media_type, pages=pages)


def _request(application: Application, caller: Caller, paper: UUID) -> EditRequest:
    return EditRequest(
        paper=paper, offices=caller.offices, actor=caller.author, at=application.clock.now()
    )
