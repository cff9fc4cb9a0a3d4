"""Resumable uploads: begun, continued piece by piece, finished as a paper."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from api.application import Application
from api.desk import intake
from api.desk.caller import ALL_RIGHTS, Caller, Right
from dossier.codes import dossier_code
from dossier.errors import RejectedInput, SohoaError, WrongUse
from ingest.receive import clean_source
from workflow.ledger.types import IdempotencyKey
from workflow.ledger.uploads import Upload

__all__ = ["Upload", "begin", "cancel", "finish", "finish_unprocessed", "get", "require_open"]

_MAX_UNFINISHED = 100  # uploads of one token


def begin(
    application: Application,
    caller: Caller,
    *,
    dossier: str,
    source: str,
    sign: bool,
    length: int,
) -> Upload:
    """Begin an upload.

    Args:
        application: keeps it.
        caller: sends it.
        dossier: the dossier code.
        source: the file name.
        sign: sign the paper once nothing is doubtful.
        length: bytes.

    Raises:
        WrongUse: ``dossier.bad-code``, ``dossier.closed``, ``upload.too-many``.
        RejectedInput: ``scan.too-large``.
    """
    caller.require(Right.INTAKE)
    if sign:
        caller.require(Right.SIGN)
    code = dossier_code(dossier)
    largest = application.limits.max_bytes
    if length > largest:
        raise RejectedInput(
            "scan.too-large", f"a file may have {largest} bytes; send it in parts, one paper each"
        )
    require_open(application, caller, code)
    if application.uploads.count_unfinished(token=caller.session) >= _MAX_UNFINISHED:
        raise WrongUse(
            "upload.too-many",
            f"{_MAX_UNFINISHED} uploads of this token are not finished; finish or cancel some",
        )
    now = application.clock.now()
    upload = Upload(
        id=application.ids.new(),
        office=caller.office,
        token=caller.session,
        dossier=code,
        source=clean_source(source),
        sign=sign,
        length=length,
        offset=0,
        created_at=now,
        expires_at=now + timedelta(hours=application.settings.upload_hours),
    )
    application.uploads.add(upload)
    return upload


def get(application: Application, caller: Caller, upload: UUID) -> Upload:
    """An upload of the caller's token.

    Raises:
        WrongUse: ``upload.unknown``, ``upload.expired``.
    """
    caller.require(Right.INTAKE)
    found = application.uploads.get(upload, token=caller.session)
    if found is None:
        raise WrongUse("upload.unknown", "this token has no such upload; begin a new one")
    if found.expires_at <= application.clock.now():
        raise WrongUse("upload.expired", "the upload was not finished in time; begin a new one")
    return found


def require_open(application: Application, caller: Caller, dossier: str) -> None:
    """Refuse a closed dossier of the caller's office before bytes are sent.

    Raises:
        WrongUse: ``dossier.closed``.
    """
    application.ledger.dossiers.require_open(dossier, office=caller.office)


def cancel(application: Application, caller: Caller, upload: UUID) -> None:
    """Delete an upload; a paper made of it stays.

    Raises:
        WrongUse: ``upload.unknown``, ``upload.expired``, ``upload.locked``.
    """
    found = get(application, caller, upload)
    if found.paper is None:
        with application.upload_files.locked(found):
            _forget(application, found)
    else:
        _forget(application, found)


def finish(application: Application, upload: Upload) -> Upload:
    """Submit a complete upload, whose file is locked, as a paper; again, the same paper.

    Raises:
        WrongUse: ``dossier.closed``; the upload is deleted.
    """
    # Bytes that are rejected are not recognised as known after a crash; the key is.
    key = hashlib.sha256(b"upload:" + upload.id.bytes).digest()
    caller = Caller(
        actor=f"token:{upload.token}",
        office=upload.office,
        offices=(upload.office,),
        # The rights were checked when the upload began.
        rights=ALL_RIGHTS,
        session=upload.token,
    )
    try:
        submission = intake.submit(
            application,
            caller,
            application.upload_files.path(upload.id),
            dossier=upload.dossier,
            sign=upload.sign,
            source=upload.source,
            idempotency=IdempotencyKey(token=upload.token, key=key, request=key),
        )
    except WrongUse:
        # A closed dossier stays closed: every retry would be refused.
        _forget(application, upload)
        raise
    error = submission.error
    code, reason = ("", "") if error is None else (error.code, error.message)
    application.uploads.finish(upload.id, paper=submission.paper, code=code, reason=reason)
    application.upload_files.remove(upload.id)
    return replace(upload, paper=submission.paper, code=code, reason=reason)


def finish_unprocessed(application: Application) -> list[UUID]:
    """Submit the complete uploads that a crash left without a paper; the new papers."""
    papers: list[UUID] = []
    for upload in application.uploads.list_unprocessed():
        # Not those that another process has locked, or alone has the file of.
        with suppress(SohoaError), application.upload_files.locked(upload):
            made = finish(application, upload)
            if made.paper is not None and not made.code:
                papers.append(made.paper)
    return papers


def _forget(application: Application, upload: Upload) -> None:
    application.uploads.delete(upload.id)
    application.upload_files.remove(upload.id)
