"""New versions of an archived record: corrected metadata, or a further level of its signature."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from archive import ead, package, read
from archive.deposit import note_of, premis_of
from archive.rebuild import StoredRecord, read_record
from archive.recall import recall
from archive.versions import write_version
from dossier.errors import IntegrityViolation, TransientFault
from dossier.ports import ObjectStore, RecordVersion
from dossier.reports import Signature
from dossier.spine import ArchivedRecord, Blob, Description, HistoryEvent

CORRECTED = "corrected"
_ARCHIVED = "ARCHIVED"
_DESCRIPTION = "description.json"
_SIGNED = "signed.pdf"
_LARGEST_DESCRIPTION = 64 << 20


def correct(
    store: ObjectStore,
    key: str,
    description: Description,
    *,
    at: datetime,
    actor: str,
    reason: str,
    scratch: Path | None = None,
) -> StoredRecord:
    """Write a version with another description; picture, PDF and words stay as they are.

    Time, actor and reason are part of the new version's provenance. A correction that was
    interrupted is completed first, as the description that it wrote says; this one follows it.

    Args:
        store: where the object is.
        key: of its root.
        description: the whole new description.
        at: now, aware.
        actor: the person who corrects.
        reason: in their words; may hold personal data.
        scratch: a folder for temporary files.

    Raises:
        IntegrityViolation: the object is damaged, or the version could not be written as it is.
        TransientFault: the store did not answer.
    """
    stored = complete_interrupted(store, read.load(store, key), scratch)
    if begun_pdf(stored) is not None:
        raise TransientFault(
            "record.level-unfinished",
            f"a level of preservation of the object {key} was begun and not ended; run "
            "`sohoa preserve` for its paper, then correct it",
        )
    archived = recall(store, stored)
    event = HistoryEvent(
        at=at, before=_ARCHIVED, after=_ARCHIVED, code=CORRECTED, reason=reason, actor=actor
    )
    record = replace(archived.signed.record, description=description)
    corrected = replace(
        archived,
        signed=replace(archived.signed, record=record),
        provenance=replace(archived.provenance, events=(*archived.provenance.events, event)),
    )
    _write(store, stored, corrected, _described(corrected), scratch)
    return read_record(store, key)


def add_level(
    store: ObjectStore,
    key: str,
    pdf: bytes,
    signatures: tuple[Signature, ...],
    *,
    at: datetime,
    actor: str,
    code: str,
    scratch: Path | None = None,
) -> StoredRecord:
    """Write a version whose signed PDF has further updates after the same bytes.

    Args:
        store: where the object is.
        key: of its root.
        pdf: the signed PDF; where an interrupted version holds one, that one.
        signatures: ours, with their level.
        at: now, aware.
        actor: the person or program that did it.
        code: ``preserved`` or ``renewed``, for the history.
        scratch: a folder for temporary files.

    Raises:
        IntegrityViolation: ``record.not-an-update``: the PDF does not begin with the one that is
            archived; the object is damaged, or the version could not be written as it is.
        TransientFault: the store did not answer.
    """
    stored = complete_interrupted(store, read.load(store, key), scratch)
    archived = recall(store, stored)
    path = package.signed_path(archived.signed.record.paper)
    before = archived.signed.pdf
    if len(pdf) < before.size or hashlib.sha256(pdf[: before.size]).hexdigest() != before.digest:
        raise IntegrityViolation(
            "record.not-an-update",
            f"the new PDF of the object {key} does not begin with the archived one; it was not "
            "archived",
        )
    event = HistoryEvent(
        at=at,
        before=_ARCHIVED,
        after=_ARCHIVED,
        code=code,
        reason=signatures[-1].level.value,
        actor=actor,
    )
    blob = Blob(hashlib.sha256(pdf).hexdigest(), len(pdf))
    extended = replace(
        archived,
        signed=replace(archived.signed, pdf=blob, signatures=signatures),
        provenance=replace(archived.provenance, events=(*archived.provenance.events, event)),
    )
    _write(store, stored, extended, _described(extended), scratch, pdf={path: pdf})
    return read_record(store, key)


def begun_pdf(stored: read.StoredObject) -> RecordVersion | None:
    """The signed PDF of a version that was begun and whose description was not written."""
    return stored.files.get(f"v{stored.inventory.head + 1}/content/{_SIGNED}")


def complete_interrupted(
    store: ObjectStore, stored: read.StoredObject, scratch: Path | None
) -> read.StoredObject:
    """Complete the version whose description was written and whose inventory was not."""
    begun = stored.files.get(f"v{stored.inventory.head + 1}/content/{_DESCRIPTION}")
    if begun is None:
        return stored
    with store.open_record(begun) as stream:
        content = stream.read(_LARGEST_DESCRIPTION)
    archived = recall(store, stored, description=content)
    pdf = begun_pdf(stored)
    if pdf is None:
        _write(store, stored, archived, content, scratch)
    else:
        with store.open_record(pdf) as stream:
            path = package.signed_path(archived.signed.record.paper)
            _write(store, stored, archived, content, scratch, pdf={path: stream.read()})
    return read.load(store, stored.key)


def _described(archived: ArchivedRecord) -> bytes:
    return package.description_of(
        archived.signed,
        archived_at=archived.archived_at,
        kept_until=archived.kept_until,
        provenance=archived.provenance,
    )


def _write(
    store: ObjectStore,
    stored: read.StoredObject,
    archived: ArchivedRecord,
    description: bytes,
    scratch: Path | None,
    *,
    pdf: Mapping[str, bytes] | None = None,
) -> None:
    """Write the version: a new PDF, then its description, from which all other files follow."""
    events = archived.provenance.events
    changed = {package.VALIDATION: package.validation_of(archived.signed)} if pdf else {}
    write_version(
        store,
        archived.object_id,
        {
            **(pdf or {}),
            package.DESCRIPTION: description,
            **changed,
            package.EAD_DOC: ead.to_xml(ead.doc_fields(archived.signed), ead.DOC_FIELDS),
            package.PREMIS: premis_of(
                archived.signed,
                archived_at=archived.archived_at,
                provenance=archived.provenance,
            ),
        },
        note_of(archived.signed.record.paper.office, events[-1].code, events[-1].at),
        before=stored,
        kept_until=archived.kept_until,
        scratch=scratch,
        names=dict.fromkeys(pdf or (), _SIGNED),
    )
