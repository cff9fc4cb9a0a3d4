"""The files of a record's package: their paths, the description and the validation report.

    representations/rep1/data/<dossier>.<ordinal>.pdf   the signed PDF/A, named as TT 05/2025 says
    representations/rep2/data/received.<suffix>         the scan as received, byte for byte
    documentation/words.json.gz                         the recognised words with their boxes
    documentation/description.json                      the source of catalogue and ledger
    documentation/validation.json                       the reports on PDF/A and signatures
    metadata/descriptive/EAD_doc.xml                    the description of TT 05/2025
    metadata/preservation/PREMIS.xml.gz                 provenance: events and agents

Format 2 of ``description.json`` adds the source's name, the history and the settings of the
recogniser to format 1, and words are compressed. Both formats are read.
"""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive import read
from dossier import written
from dossier.codes import dossier_code, office_code
from dossier.errors import IntegrityViolation
from dossier.ports import CatalogueEntry, ObjectStore
from dossier.spine import ArchivedRecord, HistoryEvent, MediaType, Paper, Provenance, SignedRecord

FORMAT = 2
_FORMATS = frozenset({1, FORMAT})
WORDS = "documentation/words.json.gz"
_PLAIN_WORDS = "documentation/words.json"
DESCRIPTION = "documentation/description.json"
VALIDATION = "documentation/validation.json"
EAD_DOC = "metadata/descriptive/EAD_doc.xml"
PREMIS = "metadata/preservation/PREMIS.xml.gz"
LARGEST_JSON = 256 << 20
"""bytes; some thirty thousand dense pages of words"""


def signed_path(paper: Paper) -> str:
    """The path of the signed PDF/A in the package.

    Raises:
        WrongUse: ``dossier.bad-code``.
    """
    return f"representations/rep1/data/{dossier_code(paper.dossier)}.{paper.ordinal:03d}.pdf"


def received_path(media_type: MediaType) -> str:
    """The path of the scan as received in the package."""
    return f"representations/rep2/data/received{media_type.suffix}"


def description_of(
    signed: SignedRecord,
    *,
    archived_at: datetime,
    kept_until: datetime,
    provenance: Provenance,
) -> bytes:
    """``description.json``: all that catalogue and ledger need."""
    record = signed.record
    paper = record.paper
    return written.dumps(
        {
            "format": FORMAT,
            "paper": str(paper.id),
            "office": office_code(paper.office),
            "dossier": dossier_code(paper.dossier),
            "ordinal": paper.ordinal,
            "pages": [
                [p.number, round(p.width, 2), round(p.height, 2), p.turn] for p in paper.pages
            ],
            "arrived_signed": paper.arrived_signed,
            "received": {
                "scan": str(paper.scan.id),
                "at": time_to_json(paper.scan.received_at),
                "media_type": paper.scan.media_type.value,
                "sha256": paper.scan.blob.digest,
                "size": paper.scan.blob.size,
                "source": paper.scan.source,
            },
            "pdfa": {"sha256": record.pdfa.digest, "size": record.pdfa.size},
            "signed": {"sha256": signed.pdf.digest, "size": signed.pdf.size},
            "words": {"sha256": record.words.digest, "size": record.words.size},
            "engine": record.engine,
            "description": written.description_to_json(record.description),
            "signatures": [written.signature_to_json(s) for s in signed.signatures],
            "received_signatures": [written.report_to_json(r) for r in record.received_signatures],
            "provenance": _provenance_to_json(provenance),
            "archived_at": time_to_json(archived_at),
            "kept_until": time_to_json(kept_until),
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
        kept_until: the end of the first lock; a later one is known by the store alone.
    """

    read: dict[str, Any]
    archived_at: datetime
    kept_until: datetime
    provenance: Provenance


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
        raise unreadable(key, fault) from None  # the cause may quote personal data


def _described(read: dict[str, Any]) -> Described:
    if read["format"] not in _FORMATS:
        raise ValueError("of another format")
    return Described(
        read=read,
        archived_at=time_from_json(read["archived_at"]),
        kept_until=time_from_json(read["kept_until"]),
        provenance=_provenance_from_json(read.get("provenance", {})),
    )


def _provenance_to_json(provenance: Provenance) -> dict[str, Any]:
    return {
        "events": [
            [time_to_json(e.at), e.before, e.after, e.code, e.reason, e.actor]
            for e in provenance.events
        ],
        "reading": dict(provenance.reading),
        "office_name": provenance.office_name,
        "archived_by": provenance.archived_by,
    }


def _provenance_from_json(read: dict[str, Any]) -> Provenance:
    return Provenance(
        events=tuple(
            HistoryEvent(
                at=time_from_json(at),
                before=str(before),
                after=str(after),
                code=str(code),
                reason=str(reason),
                actor=str(actor),
            )
            for at, before, after, code, reason, actor in read.get("events", ())
        ),
        reading=tuple((str(k), str(v)) for k, v in sorted(read.get("reading", {}).items())),
        office_name=str(read.get("office_name", "")),
        archived_by=str(read.get("archived_by", "")),
    )


def entry_of(archived: ArchivedRecord, *, text: str) -> CatalogueEntry:
    """The catalogue's entry for an archived record.

    Args:
        archived: as ``deposit`` returned it, or as it was read back from the store.
        text: the recognised text, pages separated by form feeds.
    """
    record = archived.signed.record
    paper = record.paper
    return CatalogueEntry(
        paper=paper.id,
        office=paper.office,
        dossier=paper.dossier,
        ordinal=paper.ordinal,
        source_digest=paper.scan.blob.digest,
        media_type=paper.scan.media_type.value,
        page_count=len(paper.pages),
        description=record.description,
        text=text,
        object_id=archived.object_id,
        key=archived.key,
        version=archived.version,
        signed_at=max(s.signed_at for s in archived.signed.signatures),
        archived_at=archived.archived_at,
        kept_until=archived.kept_until,
        versions=archived.versions,
    )


def text_of_words(words: bytes, *, key: str) -> str:
    """The text in reading order of a ``words.json``, pages separated by a form feed.

    Raises:
        IntegrityViolation: ``object.bad-words``.
    """
    try:
        return written.text_from_words_json(words)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as fault:
        raise _bad_words(key, fault) from None  # the cause may quote the paper


def compressed(content: bytes) -> bytes:
    """Gzip, the same bytes for the same content."""
    return gzip.compress(content, 6, mtime=0)


def read_words(store: ObjectStore, stored: read.StoredObject) -> bytes:
    """The ``words.json`` of an object, its digest checked.

    Raises:
        IntegrityViolation: ``object.bad-words``; the file is missing or changed.
    """
    if _PLAIN_WORDS in stored.inventory.state:
        return read.read_file(store, stored, _PLAIN_WORDS, limit=LARGEST_JSON)
    packed = read.read_file(store, stored, WORDS, limit=LARGEST_JSON)
    try:
        # Bounded: a few bytes may unpack to terabytes.
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            words = stream.read(LARGEST_JSON + 1)
    except (OSError, EOFError) as fault:
        raise _bad_words(stored.key, fault) from None
    if len(words) > LARGEST_JSON:
        raise _bad_words(stored.key, ValueError())
    return words


def _bad_words(key: str, fault: Exception) -> IntegrityViolation:
    return IntegrityViolation(
        "object.bad-words",
        f"the words of the object {key} cannot be read ({type(fault).__name__})",
    )


def time_to_json(at: datetime) -> str:
    """A time as the descriptions in the store hold it."""
    return at.astimezone(UTC).isoformat()


def time_from_json(text: str) -> datetime:
    """A time of a description in the store.

    Raises:
        ValueError: it is none, or has no zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at


def unreadable(key: str, fault: Exception) -> IntegrityViolation:
    """``object.bad-description``, without the text of the cause: it may quote personal data."""
    return IntegrityViolation(
        "object.bad-description",
        f"the description of the object {key} cannot be read ({type(fault).__name__})",
    )
