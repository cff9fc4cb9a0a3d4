"""Submission of scans: received into the work area and entered in the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from dossier.codes import dossier_code
from dossier.errors import RejectedInput, WrongUse
from dossier.spine import Blob, MediaType, Scan
from ingest.litter import is_litter
from ingest.receive import clean_source, receive
from workflow import log_context
from workflow.ledger.types import IdempotencyKey, IncomingScan

_MAX_REASON = 500  # characters, as the ledger keeps them


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The result of submitting one file.

    Attributes:
        paper: the new paper, or the one that holds the same bytes already.
        known: the same bytes were in this dossier before.
        error: why the file was rejected; None where it was received.
    """

    paper: UUID
    dossier: str
    known: bool
    error: RejectedInput | None = None


def submit(
    application: Application,
    caller: Caller,
    file: Path | bytes,
    *,
    dossier: str,
    sign: bool = False,
    accept: bool = False,
    source: str | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Submission:
    """Submit one file to a dossier of the caller's office.

    A file that cannot be received is entered as rejected, with the reason; the file itself is left
    as it is in either case.

    Args:
        application: receives it.
        caller: submits it.
        file: its path or its bytes.
        dossier: the dossier code.
        sign: sign it with the office's key once nothing is doubtful.
        accept: accept all values without review; trial data only.
        source: its file name, where the path has another.
        idempotency: key under which a repeated request gets the first answer.

    Raises:
        WrongUse: ``dossier.bad-code``, ``dossier.closed``, ``intake.accept-not-allowed``,
            ``idempotency.key-reused``.
    """
    caller.require(Right.INTAKE)
    if sign:
        caller.require(Right.SIGN)
    if accept:
        check_accept(application)
    code = dossier_code(dossier)
    if source is None:
        source = file.name if isinstance(file, Path) else ""
    scan, error = _receive(application, caller, file, source)
    received = application.ledger.intake.receive(
        IncomingScan(
            scan=scan,
            paper=application.ids.new(),
            dossier=code,
            sign=sign and error is None,
            sign_key=application.signers.known_digest(caller.office) if sign else "",
            accept=accept and error is None,
            rejected=None if error is None else (error.code, error.message[:_MAX_REASON]),
            actor=caller.author,
            idempotency=idempotency,
            request=log_context.request_id(),
        )
    )
    if error is None and received.code:
        # The same request was rejected before: the same answer.
        error = RejectedInput(received.code, received.reason)
    return Submission(paper=received.paper, dossier=code, known=received.known_already, error=error)


def check_accept(application: Application) -> None:
    """Refuse to accept values without review in real data.

    Raises:
        WrongUse: ``intake.accept-not-allowed``.
    """
    if not application.trial:
        raise WrongUse(
            "intake.accept-not-allowed",
            "only trial data may be accepted without review; leave --accept out",
        )


def idempotency_key(
    caller: Caller, key: str, *, request: tuple[object, ...], body: bytes
) -> IdempotencyKey:
    """The key of a request: repeated, it gets the first answer.

    Args:
        caller: sends it.
        key: as the caller chose it.
        request: all that decides the answer besides the body.
        body: SHA-256 of the body.
    """
    return IdempotencyKey(
        token=caller.session,
        key=hashlib.sha256(key.encode()).digest(),
        request=hashlib.sha256(repr(request).encode() + body).digest(),
    )


def files_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named, sorted by name.

    In folders, hidden files and litter (``ingest.litter``) are skipped.

    Raises:
        WrongUse: ``ingest.no-such-path``, ``ingest.nothing-there``.
    """
    for path in paths:
        if path.is_dir():
            files = sorted(
                file
                for file in path.rglob("*")
                if file.is_file() and not is_litter(file.relative_to(path))
            )
            if not files:
                raise WrongUse("ingest.nothing-there", "a folder you named holds no file")
            yield from files
        elif path.is_file():
            yield path
        else:
            raise WrongUse(
                "ingest.no-such-path",
                "one of the paths you named is neither a file nor a folder; check its spelling",
            )


def receive_scan(application: Application, file: Path | bytes, *, source: str, office: str) -> Scan:
    """Put a file into the work area.

    Args:
        application: holds the work area.
        file: as it was sent.
        source: its file name.
        office: whose scan it is.

    Raises:
        RejectedInput: ``scan.*``: the file cannot be received.
    """
    return receive(
        file,
        source=source,
        office=office,
        store=application.store,
        limits=application.limits,
        clock=application.clock,
        ids=application.ids,
    )


def _receive(
    application: Application, caller: Caller, file: Path | bytes, source: str
) -> tuple[Scan, RejectedInput | None]:
    """The scan in the work area, or a scan without bytes and the error."""
    try:
        return receive_scan(application, file, source=source, office=caller.office), None
    except RejectedInput as error:
        scan = Scan(
            id=application.ids.new(),
            office=caller.office,
            blob=Blob("", _size(file)),
            media_type=MediaType.PDF,
            source=clean_source(source),
            received_at=application.clock.now(),
        )
        return scan, error


def _size(file: Path | bytes) -> int:
    if isinstance(file, bytes):
        return len(file)
    return file.stat().st_size if file.is_file() else 0
