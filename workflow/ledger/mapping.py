"""Maps rows of the ledger to the types of the domain, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier import written
from dossier.reports import PageMarks
from dossier.spine import Blob, MediaType, Page, Paper, Record, Scan, SignedRecord
from dossier.states import PaperState, ScanState
from workflow.ledger.page_marks import marks_from_json
from workflow.ledger.tables import PAPER, SCAN
from workflow.ledger.types import Outcome, PaperSummary, WorkItem

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FieldCipher:
    """Encryption of a column's value.

    Attributes:
        encrypt: plain bytes, bound to the ID of the paper or row they belong to.
        decrypt: the reverse; raises IntegrityViolation on bytes of another row.
        hash_text: keyed hash of 16 bytes, by which equal values can be found.
    """

    encrypt: Callable[[bytes, UUID], bytes]
    decrypt: Callable[[bytes, UUID], bytes]
    hash_text: Callable[[str], bytes]

    def encrypt_text(self, text: str, row: UUID) -> bytes:
        """Encrypt a text; an empty one stays empty."""
        return self.encrypt(text.encode(), row) if text else b""

    def decrypt_text(self, closed: bytes, row: UUID) -> str:
        """The reverse of ``encrypt_text``."""
        return self.decrypt(closed, row).decode() if closed else ""


# The values of columns that later steps fill.
EMPTY_PAPER: Columns = {
    "version": 0,
    "attempts": 0,
    "lost": 0,
    "pages_read": 0,
    "pages_to_read": 0,
    "held_by": "",
    "pages": [],
    "page_count": 0,
    "arrived_signed": False,
    "engine": "",
    "kind": "",
    "received_signatures": [],
    "signatures": [],
    "level": "",
    "sign_by": "",
    "sign_key": "",
    "object_id": "",
    "object_key": "",
    "object_version": 0,
    "fault": "",
    "request": "",
}

# Columns of the scan are labelled, to keep them apart from those of the paper.
SELECT_PAPER = sa.select(
    PAPER,
    SCAN.c.state.label("scan_state"),
    SCAN.c.digest.label("scan_digest"),
    SCAN.c.size.label("scan_size"),
    SCAN.c.media_type.label("scan_media_type"),
    SCAN.c.source.label("scan_source"),
    SCAN.c.received_at.label("scan_received_at"),
).join(SCAN, SCAN.c.id == PAPER.c.scan)


def blob_to_json(blob: Blob) -> Columns:
    """A blob as JSON."""
    return {"digest": blob.digest, "size": blob.size}


def blob_from_json(kept: Mapping[str, Any]) -> Blob:
    """A blob from JSON."""
    return Blob(str(kept["digest"]), int(kept["size"]))


def paper_of(row: Mapping[str, Any], cipher: FieldCipher) -> Paper:
    """The paper of a row of ``SELECT_PAPER``."""
    return Paper(
        id=row["id"],
        office=row["office"],
        dossier=row["dossier"],
        ordinal=row["ordinal"],
        scan=Scan(
            id=row["scan"],
            office=row["office"],
            blob=Blob(row["scan_digest"], row["scan_size"]),
            media_type=MediaType(row["scan_media_type"]),
            source=cipher.decrypt_text(row["scan_source"], row["scan"]),
            received_at=row["scan_received_at"],
        ),
        pages=tuple(
            Page(int(n), float(w), float(h), int(*turn)) for n, w, h, *turn in row["pages"]
        ),
        arrived_signed=row["arrived_signed"],
    )


def work_item(row: Mapping[str, Any], cipher: FieldCipher) -> WorkItem:
    """A paper with everything a step needs."""
    paper = paper_of(row, cipher)
    words = None if row["words"] is None else blob_from_json(row["words"])
    record = signed = described = None
    if row["description"] is not None:
        opened = cipher.decrypt(row["description"], paper.id)
        described = written.description_from_json(json.loads(opened))
    if row["pdfa"] is not None and words is not None and described is not None:
        record = Record(
            paper=paper,
            pdfa=blob_from_json(row["pdfa"]),
            words=words,
            engine=row["engine"],
            pdfa_report=written.pdfa_report_from_json(row["pdfa_report"]),
            description=described,
            received_signatures=tuple(
                written.report_from_json(report) for report in row["received_signatures"]
            ),
        )
        if row["signed"] is not None:
            signed = SignedRecord(
                record=record,
                pdf=blob_from_json(row["signed"]),
                signatures=tuple(written.signature_from_json(s) for s in row["signatures"]),
            )
    return WorkItem(
        paper=paper,
        state=PaperState(row["state"]),
        scan_state=ScanState(row["scan_state"]),
        version=row["version"],
        attempts=row["attempts"],
        sign_requested=row["sign_requested"],
        accept_as_found=row["accept_as_found"],
        words=words,
        engine=row["engine"],
        record=record,
        signed=signed,
        kept=described if record is None else None,
        request=row["request"],
        sign_key=row["sign_key"],
    )


def summary(row: Mapping[Any, Any], cipher: FieldCipher) -> PaperSummary:
    """A paper without its content."""
    return PaperSummary(
        paper=row["id"],
        version=row["version"],
        office=row["office"],
        dossier=row["dossier"],
        sequence=row["sequence"],
        ordinal=row["ordinal"],
        source=cipher.decrypt_text(row["scan_source"], row["scan"]),
        media_type=row["scan_media_type"] if row["scan_digest"] else "",
        state=PaperState(row["state"]),
        code=row["code"],
        reason=cipher.decrypt_text(row["reason"], row["id"]),
        fault=row["fault"],
        pages=row["page_count"],
        kind=row["kind"],
        level=row["level"],
        sign_requested=row["sign_requested"],
        retry_at=row["retry_at"],
        set_aside=row["set_aside_at"] is not None,
        received_at=row["scan_received_at"],
        updated_at=row["updated_at"],
        progress=progress(row),
        undoable=row["before_review"] is not None,
        marks=_marks(row),
        split_undoable=row["before_split"] is not None,
    )


def _marks(row: Mapping[Any, Any]) -> tuple[PageMarks, ...] | None:
    """The marks of the paper's own pages: the scan may hold others too."""
    if row["page_marks"] is None:
        return None
    marks = marks_from_json(row["page_marks"])
    own = {int(page[0]) for page in row["pages"]}
    return tuple(mark for mark in marks if not own or mark.number in own)


def scan_of(row: Mapping[Any, Any], cipher: FieldCipher) -> Scan:
    """The scan of a row of the table of scans."""
    return Scan(
        id=row["id"],
        office=row["office"],
        blob=Blob(row["digest"], row["size"]),
        media_type=MediaType(row["media_type"]),
        source=cipher.decrypt_text(row["source"], row["id"]),
        received_at=row["received_at"],
    )


def scan_columns(scan: Scan, cipher: FieldCipher) -> Columns:
    """The columns of a new scan, without its dossier and state."""
    return {
        "id": scan.id,
        "office": scan.office,
        "digest": scan.blob.digest,
        "size": scan.blob.size,
        "media_type": scan.media_type,
        "source": cipher.encrypt_text(scan.source, scan.id),
        "received_at": scan.received_at,
    }


def progress(row: Mapping[Any, Any]) -> tuple[int, int] | None:
    """Pages recognised and pages in all, while a worker recognises a paper; else None."""
    running = row["state"] == PaperState.RECEIVED and row["lease_until"] is not None
    return (row["pages_read"], row["pages_to_read"]) if running and row["pages_to_read"] else None


def pages_to_json(pages: tuple[Page, ...]) -> list[list[float]]:
    """Pages as JSON: number, width, height, and the rotation if there is one."""
    return [[p.number, p.width, p.height, *([p.turn] if p.turn else [])] for p in pages]


def pages_columns(paper: Paper) -> Columns:
    """The columns that follow from counting the pages."""
    return {
        "pages": pages_to_json(paper.pages),
        "page_count": len(paper.pages),
        "arrived_signed": paper.arrived_signed,
    }


def record_columns(record: Record, cipher: FieldCipher) -> Columns:
    """The columns of a new record, or of a changed description."""
    description = written.dumps(written.description_to_json(record.description))
    return {
        "kind": record.description.kind,
        "description": cipher.encrypt(description, record.paper.id),
        "pdfa": blob_to_json(record.pdfa),
        "pdfa_report": written.pdfa_report_to_json(record.pdfa_report),
        "received_signatures": [written.report_to_json(r) for r in record.received_signatures],
    }


def outcome_columns(outcome: Outcome, cipher: FieldCipher) -> Columns:
    """The columns of an outcome."""
    columns: Columns = {}
    if outcome.split is not None:
        columns |= pages_columns(outcome.split)
    if outcome.recognised is not None:
        recognised, words = outcome.recognised
        columns |= {"words": blob_to_json(words), "engine": recognised.engine}
    if outcome.record is not None:
        columns |= record_columns(outcome.record, cipher)
    if outcome.signed is not None:
        columns |= {
            "signed": blob_to_json(outcome.signed.pdf),
            "signatures": [written.signature_to_json(s) for s in outcome.signed.signatures],
            "level": outcome.signed.signatures[-1].level.value,
            "provable_until": outcome.signed.signatures[-1].provable_until,
            # What is signed is not changed: nothing is left to undo.
            "before_review": None,
        }
    if outcome.request_lapsed:
        columns |= {"sign_requested": False, **request_columns()}
    if outcome.archived is not None:
        columns |= {
            "object_id": outcome.archived.object_id,
            "object_key": outcome.archived.key,
            "object_version": outcome.archived.version,
            "kept_until": outcome.archived.kept_until,
        }
    return columns


def request_columns(actor: str = "", key: str = "") -> Columns:
    """The columns of a signing request: who made it, and the key that may fulfil it."""
    return {"sign_by": actor, "sign_key": key}


def digests(row: sa.RowMapping) -> tuple[str, ...]:
    """The digests of the blobs that a row of ``SELECT_PAPER`` refers to."""
    blobs = (row["words"], row["pdfa"], row["signed"])
    return (row["scan_digest"], *(str(blob["digest"]) for blob in blobs if blob is not None))
