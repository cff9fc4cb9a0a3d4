"""Changes to a paper until it is signed; each adds a line to its history."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.intake import receive_scan
from api.desk.papers import stored_paper
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from dossier.text import nfc
from signing.received import check_countersigning
from workflow.ledger.edits import EditRequest

_MAX_REASON = 300  # characters


def request_signature(
    application: Application, caller: Caller, paper: UUID, *, version: int | None = None
) -> None:
    """Request that a described paper be signed with the office's key and archived.

    A repeated request changes nothing, also after signing.

    Args:
        application: holds the paper.
        caller: requests it.
        paper: its ID.
        version: of the paper as the caller saw it; None where unknown.

    Raises:
        WrongUse: ``paper.unknown``, ``sign.not-described``, ``sign.changed-meanwhile``.
        RejectedInput: ``scan.not-countersigned``: it stays as it is.
    """
    caller.require(Right.SIGN)
    stored = stored_paper(application, caller, paper)
    if stored.item is not None and stored.item.record is not None:
        check_countersigning(stored.item.record.received_signatures, what=f"paper {paper}")
    application.ledger.edits.request_signature(
        _request(application, caller, paper),
        version=version,
        key=application.signers.known_digest(stored.summary.office),
    )


def send_back(application: Application, caller: Caller, paper: UUID, *, reason: str) -> None:
    """Send a described paper back to review.

    Raises:
        WrongUse: ``paper.unknown``, ``send-back.not-described``, ``reason.empty``.
    """
    caller.require(Right.SIGN)
    application.ledger.edits.send_back(_request(application, caller, paper, clean_reason(reason)))


def withdraw(application: Application, caller: Caller, paper: UUID, *, reason: str) -> None:
    """Reject a paper that was submitted by mistake; its scan may be submitted again.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.signed-already``, ``state.move-not-allowed``,
            ``reason.empty``.
    """
    caller.require(Right.INTAKE)
    application.ledger.edits.withdraw(_request(application, caller, paper, clean_reason(reason)))


def move(application: Application, caller: Caller, paper: UUID, *, dossier: str) -> None:
    """Move a paper to another dossier of its office. Confirmed values stay.

    Raises:
        WrongUse: as ``withdraw``; ``dossier.bad-code``, ``dossier.closed``,
            ``dossier.has-it-already``.
    """
    caller.require(Right.INTAKE)
    application.ledger.edits.move_to_dossier(
        _request(application, caller, paper), dossier_code(dossier)
    )


def arrange_pages(
    application: Application, caller: Caller, paper: UUID, *, pages: Sequence[tuple[int, int]]
) -> None:
    """Reorder and turn the pages of a paper; it is recognised again.

    Args:
        application: holds the paper.
        caller: arranges it.
        paper: its ID.
        pages: number in the scan and clockwise turn in degrees, in the new order.

    Raises:
        WrongUse: as ``withdraw``; ``pages.not-known``, ``pages.not-all``.
    """
    caller.require(Right.REVIEW)
    application.ledger.edits.arrange_pages(_request(application, caller, paper), pages)


def rescan(
    application: Application, caller: Caller, paper: UUID, *, file: Path | bytes, source: str
) -> None:
    """Replace the scan of a paper; it is recognised again, the old scan stays in its history.

    Args:
        application: holds the paper.
        caller: submits the scan.
        paper: its ID.
        file: the new scan.
        source: its file name.

    Raises:
        WrongUse: as ``withdraw``; ``dossier.has-it-already``.
        RejectedInput: ``scan.*``: the file cannot be received.
    """
    caller.require(Right.INTAKE)
    stored = stored_paper(application, caller, paper, content=False)
    scan = receive_scan(application, file, source=source, office=stored.summary.office)
    application.ledger.edits.replace_scan(_request(application, caller, paper), scan)


def clean_reason(text: str) -> str:
    """A reason as history keeps it: NFC, one line, without control and format characters.

    Bidirectional controls such as U+202E would let a text read differently from what it says.

    Raises:
        WrongUse: ``reason.empty``; ``reason.too-long``.
    """
    visible = "".join(
        " " if c.isspace() else c
        for c in nfc(text)
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    reason = " ".join(visible.split())
    if not reason:
        raise WrongUse("reason.empty", "state the reason in words")
    if len(reason) > _MAX_REASON:
        raise WrongUse("reason.too-long", f"a reason has at most {_MAX_REASON} characters")
    return reason


def _request(
    application: Application, caller: Caller, paper: UUID, reason: str = ""
) -> EditRequest:
    return EditRequest(
        paper=paper,
        offices=caller.offices,
        actor=caller.author,
        at=application.clock.now(),
        reason=reason,
    )
