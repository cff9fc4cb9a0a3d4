"""The archived record of the spine, read back from an object's own files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from archive import ocfl, package, read
from dossier import written
from dossier.codes import dossier_code, office_code
from dossier.errors import WrongUse
from dossier.ports import ObjectStore
from dossier.spine import (
    ArchivedRecord,
    Blob,
    MediaType,
    Page,
    Paper,
    Record,
    Scan,
    SignedRecord,
)

_LARGEST_REPORT = 64 << 20


def recall(
    store: ObjectStore, stored: read.StoredObject, *, description: bytes | None = None
) -> ArchivedRecord:
    """Read the archived record of an object; its term is that of the object's lock.

    Args:
        store: where the object is.
        stored: the object, its inventory read.
        description: instead of the object's own; of a version that is being completed.

    Raises:
        IntegrityViolation: ``object.bad-description``; ``record.not-locked``; a file is not what
            was archived.
    """
    if description is None:
        description = read.read_file(store, stored, package.DESCRIPTION, limit=package.LARGEST_JSON)
    described = package.read_description(description, key=stored.key)
    validation = read.read_file(store, stored, package.VALIDATION, limit=_LARGEST_REPORT)
    try:
        signed = _signed(described.read, json.loads(validation))
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        WrongUse,
    ) as fault:
        raise package.unreadable(stored.key, fault) from None  # the cause may quote personal data
    if not signed.signatures or ocfl.object_id(signed.record.paper.id) != stored.inventory.id:
        raise package.unreadable(stored.key, ValueError())
    return ArchivedRecord(
        signed=signed,
        object_id=stored.inventory.id,
        version=stored.inventory.head,
        key=stored.key,
        archived_at=described.archived_at,
        kept_until=read.locked_until(store, stored),
        versions=read.versions_of(store, stored),
        provenance=described.provenance,
    )


def _signed(described: Mapping[str, Any], validation: Mapping[str, Any]) -> SignedRecord:
    received = described["received"]
    paper = Paper(
        id=UUID(described["paper"]),
        office=office_code(described["office"]),
        dossier=dossier_code(described["dossier"]),
        ordinal=int(described["ordinal"]),
        scan=Scan(
            id=UUID(received["scan"]),
            office=str(described["office"]),
            blob=Blob(str(received["sha256"]), int(received["size"])),
            media_type=MediaType(received["media_type"]),
            source=str(received.get("source", "")),
            received_at=datetime.fromisoformat(received["at"]),
        ),
        pages=tuple(
            Page(int(n), float(w), float(h), int(*turn)) for n, w, h, *turn in described["pages"]
        ),
        arrived_signed=bool(described["arrived_signed"]),
    )
    record = Record(
        paper=paper,
        pdfa=_blob(described["pdfa"]),
        words=_blob(described["words"]),
        engine=str(described["engine"]),
        pdfa_report=written.pdfa_report_from_json(validation["pdfa"]),
        description=written.description_from_json(described["description"]),
        received_signatures=tuple(
            written.report_from_json(report) for report in described["received_signatures"]
        ),
    )
    return SignedRecord(
        record=record,
        pdf=_blob(described["signed"]),
        signatures=tuple(written.signature_from_json(s) for s in described["signatures"]),
    )


def _blob(described: Mapping[str, Any]) -> Blob:
    return Blob(str(described["sha256"]), int(described["size"]))
