"""A record as the store alone tells it: the spine again, from an object's own files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from archive import package, read
from dossier import written
from dossier.errors import IntegrityViolation, WrongUse
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


def recall(store: ObjectStore, stored: read.StoredObject) -> ArchivedRecord:
    """The archived record of an object; its scan's own name is not known to the store.

    Args:
        store: where the object lies.
        stored: the object, found and its inventory read.

    Raises:
        IntegrityViolation: ``object.bad-description``, or a file is not what was archived.
    """
    described = package.read_description(
        read.read_file(store, stored, package.DESCRIPTION, limit=package.LARGEST_JSON),
        key=stored.key,
    )
    validation = read.read_file(store, stored, package.VALIDATION, limit=_LARGEST_REPORT)
    try:
        signed = _signed(described.read, json.loads(validation))
    except (ValueError, KeyError, TypeError, RecursionError, WrongUse) as fault:
        raise IntegrityViolation(
            "object.bad-description",
            f"the description of the object {stored.key} cannot be read ({type(fault).__name__})",
        ) from None  # the cause may quote what it says of people
    return ArchivedRecord(
        signed=signed,
        object_id=stored.inventory.id,
        version=stored.inventory.head,
        key=stored.key,
        archived_at=described.archived_at,
        kept_until=described.kept_until,
    )


def _signed(told: Mapping[str, Any], validation: Mapping[str, Any]) -> SignedRecord:
    received = told["received"]
    paper = Paper(
        id=UUID(told["paper"]),
        office=str(told["office"]),
        dossier=str(told["dossier"]),
        ordinal=int(told["ordinal"]),
        scan=Scan(
            id=UUID(received["scan"]),
            office=str(told["office"]),
            blob=Blob(str(received["sha256"]), int(received["size"])),
            media_type=MediaType(received["media_type"]),
            source="",
            received_at=datetime.fromisoformat(received["at"]),
        ),
        pages=tuple(Page(int(n), float(w), float(h)) for n, w, h in told["pages"]),
        arrived_signed=bool(told["arrived_signed"]),
    )
    record = Record(
        paper=paper,
        pdfa=_blob(told["pdfa"]),
        words=_blob(told["words"]),
        engine=str(told["engine"]),
        pdfa_report=written.pdfa_report_from_json(validation["pdfa"]),
        description=written.description_from_json(told["description"]),
        received_signatures=tuple(
            written.report_from_json(report) for report in told["received_signatures"]
        ),
    )
    return SignedRecord(
        record=record,
        pdf=_blob(told["signed"]),
        signatures=tuple(written.signature_from_json(s) for s in told["signatures"]),
    )


def _blob(told: Mapping[str, Any]) -> Blob:
    return Blob(str(told["sha256"]), int(told["size"]))
