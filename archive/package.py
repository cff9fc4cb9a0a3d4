"""What a record's package holds: its paths, its description and its validation report.

    representations/rep1/data/<dossier>.<ordinal>.pdf   the signed PDF/A, named as TT 05/2025 says
    representations/rep2/data/received.<suffix>         the scan as received, byte for byte
    documentation/words.json                            the recognised words with their boxes
    documentation/description.json                      what the catalogue is made of
    documentation/validation.json                       what was found about PDF/A and signatures

The received file's own name is in none of them: it may name a person, nothing is found by it, and
what the paper is stands in the description.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dossier import written
from dossier.codes import dossier_code, office_code
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import CatalogueEntry
from dossier.spine import ArchivedRecord, MediaType, Paper, SignedRecord

FORMAT = 1
WORDS = "documentation/words.json"
DESCRIPTION = "documentation/description.json"
VALIDATION = "documentation/validation.json"
LARGEST_JSON = 256 << 20
"""bytes; some thirty thousand dense pages of words"""


def signed_path(paper: Paper) -> str:
    """Where the signed PDF/A stands in the package.

    Raises:
        WrongUse: ``dossier.bad-code``.
    """
    return f"representations/rep1/data/{dossier_code(paper.dossier)}.{paper.ordinal:03d}.pdf"


def received_path(media_type: MediaType) -> str:
    """Where the scan as received stands in the package."""
    return f"representations/rep2/data/received{media_type.suffix}"


def description_of(signed: SignedRecord, *, archived_at: datetime, kept_until: datetime) -> bytes:
    """``description.json``: all that the catalogue needs, and what the files are."""
    record = signed.record
    paper = record.paper
    return written.dumps(
        {
            "format": FORMAT,
            "paper": str(paper.id),
            "office": office_code(paper.office),
            "dossier": dossier_code(paper.dossier),
            "ordinal": paper.ordinal,
            "pages": [[p.number, round(p.width, 2), round(p.height, 2)] for p in paper.pages],
            "arrived_signed": paper.arrived_signed,
            "received": {
                "scan": str(paper.scan.id),
                "at": _time(paper.scan.received_at),
                "media_type": paper.scan.media_type.value,
                "sha256": paper.scan.blob.digest,
                "size": paper.scan.blob.size,
            },
            "pdfa": {"sha256": record.pdfa.digest, "size": record.pdfa.size},
            "signed": {"sha256": signed.pdf.digest, "size": signed.pdf.size},
            "words": {"sha256": record.words.digest, "size": record.words.size},
            "engine": record.engine,
            "description": written.description_to_json(record.description),
            "signatures": [written.signature_to_json(s) for s in signed.signatures],
            "received_signatures": [written.report_to_json(r) for r in record.received_signatures],
            "archived_at": _time(archived_at),
            "kept_until": _time(kept_until),
        }
    )


def validation_of(signed: SignedRecord) -> bytes:
    """``validation.json``: the reports on the PDF/A, on signatures received, and on our own."""
    record = signed.record
    return written.dumps(
        {
            "format": FORMAT,
            "pdfa": written.pdfa_report_to_json(record.pdfa_report),
            "received_signatures": [written.report_to_json(r) for r in record.received_signatures],
            "signatures": [written.signature_to_json(s) for s in signed.signatures],
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A ``description.json``, read.

    Attributes:
        read: the whole of it.
    """

    read: dict[str, Any]
    archived_at: datetime
    kept_until: datetime


def read_description(content: bytes, *, key: str) -> Described:
    """Read a ``description.json``.

    Args:
        content: its bytes, their digest checked.
        key: of the object, for the error.

    Raises:
        IntegrityViolation: ``object.bad-description``.
    """
    try:
        return _described(json.loads(content))
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise _unreadable(key, fault) from None  # the cause may quote what it says of people


def _described(read: dict[str, Any]) -> Described:
    if read["format"] != FORMAT:
        raise ValueError("of another format")
    return Described(
        read=read,
        archived_at=_read_time(read["archived_at"]),
        kept_until=_read_time(read["kept_until"]),
    )


def entry_of(
    described: Described, *, text: str, object_id: str, key: str, version: int
) -> CatalogueEntry:
    """The entry of the catalogue that a description makes.

    Raises:
        IntegrityViolation: ``object.bad-description``.
    """
    read = described.read
    try:
        return CatalogueEntry(
            paper=UUID(read["paper"]),
            office=office_code(read["office"]),
            dossier=dossier_code(read["dossier"]),
            ordinal=int(read["ordinal"]),
            source_digest=str(read["received"]["sha256"]),
            media_type=MediaType(read["received"]["media_type"]).value,
            page_count=len(read["pages"]),
            description=written.description_from_json(read["description"]),
            text=text,
            object_id=object_id,
            key=key,
            version=version,
            signed_at=max(_read_time(s["signed_at"]) for s in read["signatures"]),
            archived_at=described.archived_at,
            kept_until=described.kept_until,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, WrongUse) as fault:
        raise _unreadable(key, fault) from None  # as above


def catalogue_entry(archived: ArchivedRecord, *, words: bytes) -> CatalogueEntry:
    """The entry of the catalogue for a record just deposited, the same that ``rebuild`` makes.

    Args:
        archived: what ``deposit`` returned.
        words: the bytes of ``archived.signed.record.words``.
    """
    description = description_of(
        archived.signed, archived_at=archived.archived_at, kept_until=archived.kept_until
    )
    return entry_of(
        read_description(description, key=archived.key),
        text=text_of_words(words, key=archived.key),
        object_id=archived.object_id,
        key=archived.key,
        version=archived.version,
    )


def text_of_words(words: bytes, *, key: str) -> str:
    """The text in reading order of a ``words.json``, pages parted by a form feed.

    Raises:
        IntegrityViolation: ``object.bad-words``.
    """
    try:
        return written.text_from_words_json(words)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as fault:
        raise IntegrityViolation(
            "object.bad-words",
            f"the words of the object {key} cannot be read ({type(fault).__name__})",
        ) from None  # the cause may quote the paper


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _read_time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at


def _unreadable(key: str, fault: Exception) -> IntegrityViolation:
    return IntegrityViolation(
        "object.bad-description",
        f"the description of the object {key} cannot be read ({type(fault).__name__})",
    )
