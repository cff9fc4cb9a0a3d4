"""Looks at the pages of a paper as soon as it is received, while it still lies on the scanner."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.papers import stored_paper
from dossier.errors import RejectedInput, TransientFault
from ingest.page_marks import look_at_pages


def look(application: Application, caller: Caller, paper: UUID) -> None:
    """Save what is seen on the pages of a new paper: their quality, and separator sheets.

    A page that could not be looked at has no marks; reading it goes on all the same.

    Args:
        application: holds the paper.
        caller: submitted it.
        paper: its ID.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    caller.require(Right.INTAKE)
    item = stored_paper(application, caller, paper).item
    if item is None or not item.paper.scan.blob.digest:
        return
    scan = item.paper.scan
    # A child that fails here says nothing about the page: the step that reads it will tell.
    with suppress(TransientFault, RejectedInput), application.store.work_file(scan.blob) as file:
        marks = look_at_pages(
            scan, file, children=application.children, max_pixels=application.limits.max_pixels
        )
        application.ledger.page_marks.save(paper, scan.id, marks)
