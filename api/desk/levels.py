"""Preserving archived signatures up to B-LTA, and renewing them; each level is a new version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.rebuild import restoring_of
from archive import correction, package, read
from archive.catalogue.object_versions import ObjectVersions
from archive.objects import alarm_of
from archive.rebuild import StoredRecord, read_record
from archive.recall import recall
from archive.versions import derive_root
from dossier.errors import IntegrityViolation, SohoaError, WrongUse
from dossier.ports import RecordVersion
from dossier.reports import Level, Signature
from signing.sign import NOT_CHECKED
from workflow.ledger.preservation import Preservation, PreservedPaper

if TYPE_CHECKING:
    from signing.levels import Preserved, Preserver

_AGAIN = timedelta(hours=6)
# Before the end of the archive timestamp's certificate.
_RENEW = timedelta(days=180)
_PER_RUN = 200
_MOST = 100_000
_LARGEST_PDF = 512 << 20  # bytes
_JOB = "job:preserve"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelResult:
    """What became of one paper.

    Attributes:
        level: of its signature now.
        provable_until: before then it has to be renewed; None below B-LTA.
        error: why B-LTA or the renewal was not reached; None where it was.
    """

    paper: UUID
    level: Level
    provable_until: datetime | None
    error: SohoaError | None = None


def preserve(
    application: Application, caller: Caller, papers: Sequence[UUID] | None
) -> list[LevelResult]:
    """Bring the signatures of archived papers to B-LTA, as far as it is possible now.

    Args:
        application: holds them.
        caller: asks for it.
        papers: their IDs; None for all of the caller's offices that are below B-LTA.

    Raises:
        WrongUse: ``right.missing``, ``preserve.not-archived``.
        Misconfigured: ``tsa.not-set``.
    """
    caller.require(Right.READ)
    ledger = _ledger(application)
    if papers is None:
        due = ledger.unfinished(limit=_MOST, offices=caller.offices)
    else:
        due = ledger.get(papers, offices=caller.offices)
        missing = set(papers) - {one.paper for one in due}
        if missing:
            raise WrongUse(
                "preserve.not-archived",
                f"paper {min(missing)} is not archived; only archived signatures are preserved",
            )
    return _all(application, due, actor=caller.author)


def renew(application: Application, caller: Caller) -> list[LevelResult]:
    """Renew the archive timestamps whose certificate ends within half a year.

    Raises:
        WrongUse: ``right.missing``.
        Misconfigured: ``tsa.not-set``.
    """
    caller.require(Right.READ)
    before = application.clock.now() + _RENEW
    due = _ledger(application).ending(before=before, limit=_MOST)
    return _all(application, due, actor=caller.author)


def preserve_due(application: Application) -> None:
    """The hourly job: some of the papers that are below B-LTA or end soon."""
    if not application.tsa_address():
        return
    ledger, now = _ledger(application), application.clock.now()
    ending = ledger.ending(before=now + _RENEW, limit=_PER_RUN, now=now)
    due = [*ending, *ledger.unfinished(limit=_PER_RUN - len(ending), now=now)]
    if due:
        _all(application, due, actor=_JOB)


def _all(
    application: Application, due: Iterable[PreservedPaper], *, actor: str
) -> list[LevelResult]:
    preserver = application.signers.preserver()
    return [_one(application, preserver, one, actor) for one in due]


def _one(
    application: Application, preserver: Preserver, due: PreservedPaper, actor: str
) -> LevelResult:
    """Preserve one paper; an error is saved with it, and a violation is an alarm."""
    now = application.clock.now()
    try:
        signature, error = _preserved(application, preserver, due, actor)
    except SohoaError as fault:
        if isinstance(fault, IntegrityViolation):
            connections = application.ledger.connections
            versions = ObjectVersions(connections.reading, connections.writing)
            versions.add_alarms([alarm_of(due.key, fault)], at=now)
        signature, error = None, fault
    if error is not None:
        _ledger(application).save_failure(due.paper, code=error.code, again_at=now + _AGAIN)
    return LevelResult(
        paper=due.paper,
        level=due.level if signature is None else signature.level,
        provable_until=due.provable_until if signature is None else signature.provable_until,
        error=error,
    )


def _preserved(
    application: Application, preserver: Preserver, due: PreservedPaper, actor: str
) -> tuple[Signature, SohoaError | None]:
    store = application.store
    stored = read.load(store, due.key)
    signed = recall(store, stored).signed
    *others, last = signed.signatures
    path = package.signed_path(signed.record.paper)
    content = read.read_file(store, stored, path, limit=_LARGEST_PDF)
    begun = correction.begun_pdf(stored)
    if begun is not None:
        made = preserver.assess(_bytes_of(application, begun))
    elif last.level is Level.B_LTA:
        made = _renewed(preserver, content, last, now=application.clock.now())
    else:
        made = preserver.extend(content, last.level)
    if made.content == content:
        if due.level is not last.level:  # killed before the ledger was written
            derive_root(store, due.key)
            _record(application, read_record(store, due.key))
        return last, made.error
    signature = replace(
        last,
        level=made.level,
        provable_until=made.until,
        remarks=tuple(remark for remark in last.remarks if remark != NOT_CHECKED),
    )
    written = correction.add_level(
        store,
        due.key,
        made.content,
        (*others, signature),
        at=application.clock.now(),
        actor=actor,
        code="renewed" if last.level is Level.B_LTA else "preserved",
    )
    _record(application, written)
    return signature, made.error


def _record(application: Application, written: StoredRecord) -> None:
    application.catalogue.add(written.entry)
    restoring_of(application).correct(written.archived)


def _renewed(preserver: Preserver, content: bytes, last: Signature, *, now: datetime) -> Preserved:
    if last.provable_until is not None and last.provable_until - now >= _RENEW:
        return preserver.assess(content)
    return preserver.renew(content)


def _bytes_of(application: Application, record: RecordVersion) -> bytes:
    with application.store.open_record(record) as stream:
        return stream.read(_LARGEST_PDF)


def _ledger(application: Application) -> Preservation:
    return Preservation(application.ledger.connections)
