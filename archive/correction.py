"""Correcting the metadata of an archived record: a new version of its object."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from archive import ead, package, read
from archive.deposit import note_of, premis_of
from archive.rebuild import StoredRecord, read_record
from archive.recall import recall
from archive.versions import write_version
from dossier.ports import ObjectStore
from dossier.spine import ArchivedRecord, Description, HistoryEvent

CORRECTED = "corrected"
_ARCHIVED = "ARCHIVED"
_DESCRIPTION = "description.json"
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
    stored = _complete_interrupted(store, read.load(store, key), scratch)
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


def _complete_interrupted(
    store: ObjectStore, stored: read.StoredObject, scratch: Path | None
) -> read.StoredObject:
    """Complete the version whose description was written and whose inventory was not."""
    begun = stored.files.get(f"v{stored.inventory.head + 1}/content/{_DESCRIPTION}")
    if begun is None:
        return stored
    with store.open_record(begun) as stream:
        content = stream.read(_LARGEST_DESCRIPTION)
    archived = recall(store, stored, description=content)
    _write(store, stored, archived, content, scratch)
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
) -> None:
    """Write the version, its description first: all other files follow from it."""
    write_version(
        store,
        archived.object_id,
        {
            package.DESCRIPTION: description,
            package.EAD_DOC: ead.to_xml(ead.doc_fields(archived.signed), ead.DOC_FIELDS),
            package.PREMIS: premis_of(
                archived.signed,
                archived_at=archived.archived_at,
                provenance=archived.provenance,
            ),
        },
        note_of(archived.signed.record.paper.office, CORRECTED, archived.provenance.events[-1].at),
        before=stored,
        kept_until=archived.kept_until,
        scratch=scratch,
    )
