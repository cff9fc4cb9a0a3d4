"""The spine: Scan -> Paper (Pages) -> RecognisedPaper -> Record -> SignedRecord -> ArchivedRecord.

All frozen, each made by exactly one function of one stage, so that doing things in the wrong
order is a type error. Lengths are in points (1/72 inch), origin at the top left of the page as it
is shown (after its own rotation and after ``turn``), x to the right, y down. Times are aware UTC.
Texts are NFC. Digests are SHA-256 in lower-case hex.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from dossier.reports import PdfaReport, Signature, SignatureReport


class MediaType(StrEnum):
    """The accepted formats, detected from content and never from the file name."""

    PDF = "application/pdf"
    TIFF = "image/tiff"
    JPEG = "image/jpeg"
    PNG = "image/png"

    @property
    def suffix(self) -> str:
        """The usual ending of a file name, with its dot."""
        return {
            MediaType.PDF: ".pdf",
            MediaType.TIFF: ".tif",
            MediaType.JPEG: ".jpg",
            MediaType.PNG: ".png",
        }[self]


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the work area of the store, addressed by what they are.

    Attributes:
        digest: SHA-256, 64 lower-case hex digits.
        size: bytes.
    """

    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The bytes as received.

    Attributes:
        source: the file's own name, NFC, for people only; may name a person, so never logged.
    """

    id: UUID
    office: str
    blob: Blob
    media_type: MediaType
    source: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a paper as received.

    Attributes:
        number: from 1, the place in the scan's file.
        width: pt, as shown in the scan.
        height: pt, as shown in the scan.
        turn: degrees clockwise (0, 90, 180, 270) by which a person turned it to stand upright.
    """

    number: int
    width: float
    height: float
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper of a dossier, its pages in order.

    Attributes:
        dossier: the dossier code (mã hồ sơ).
        ordinal: from 1, the number of the paper in its dossier (STT).
        arrived_signed: the scan is a PDF that carries signatures; its bytes are never rewritten.
    """

    id: UUID
    office: str
    dossier: str
    ordinal: int
    scan: Scan
    pages: tuple[Page, ...]
    arrived_signed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page in pt from the top left of the page as shown."""

    left: float
    top: float
    right: float
    bottom: float

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word.

    Attributes:
        text: NFC, no white space inside.
        box: where it stands, in pt.
        confidence: 0 to 1, the engine's own.
        line: index of its line on the page, from 0, in reading order.
    """

    text: str
    box: Box
    confidence: float
    line: int


@dataclass(frozen=True, slots=True)
class RecognisedPage:
    """The words of one page in reading order.

    Attributes:
        number: from 1.
        width, height: pt, as shown after ``turn``.
        turn: degrees clockwise (0, 90, 180, 270) from the page as received to the upright page.
        unread: the code why the page could not be read, or empty; then there are no words.
        doubts: codes such as ``page.incomplete``: the words may not be all of the page.
        attachments: names of files that a PDF carries besides; on its first page.
    """

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    turn: int = 0
    unread: str = ""
    doubts: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()

    def lines(self) -> tuple[tuple[Word, ...], ...]:
        """The words, line by line, in reading order."""
        lines: dict[int, list[Word]] = {}
        for word in self.words:
            lines.setdefault(word.line, []).append(word)
        return tuple(tuple(words) for words in lines.values())

    def text(self) -> str:
        """The page's text, one line of it a line."""
        return "\n".join(" ".join(w.text for w in line) for line in self.lines())


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedPaper:
    """A paper and what stands on its pages.

    Attributes:
        engine: name and version of the recogniser and its language, such as
            ``tesserocr 5.5.1 vie``.
    """

    paper: Paper
    pages: tuple[RecognisedPage, ...]
    engine: str

    def text(self) -> str:
        """The whole text in reading order; pages parted by a form feed."""
        return "\f".join(page.text() for page in self.pages)


class Source(StrEnum):
    """Where a value was read."""

    OCR = "ocr"
    CARD_QR = "card-qr"
    MRZ = "mrz"
    TYPED = "typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value found on a paper (or typed by a clerk).

    Attributes:
        field: dotted name. A person's values are ``<role>.<attribute>`` such as
            ``mother.citizen_id`` (a second person of one role: ``owner-2.name``); the paper's own
            are ``paper.<attribute>``: number, date, issuer, ...
        text: the value in its canonical form (dates ISO 8601, citizen IDs 12 digits, text NFC).
        confidence: 0 to 1.
        page: from 1; None where it was typed.
        box: where it stands on that page, in pt; None where it was typed.
        doubt: a stable code why this value needs a person's eye, or empty.
    """

    field: str
    text: str
    source: Source
    confidence: float
    page: int | None = None
    box: Box | None = None
    doubt: str = ""

    @property
    def role(self) -> str:
        """The part before the dot."""
        return self.field.partition(".")[0]

    @property
    def attribute(self) -> str:
        """The part after the dot."""
        return self.field.partition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as a paper names them.

    Attributes:
        role: requester, mother, father, wife, husband, owner ... as the form definition says;
            without the number that distinguishes two people of one role.
        citizen_id: 12 digits, or None.
        cmnd: the old 9-digit number, or None.
        name: as printed, or None.
        birth: ISO 8601 date or year, or None.
    """

    role: str
    citizen_id: str | None = None
    cmnd: str | None = None
    name: str | None = None
    birth: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a paper is and says.

    Attributes:
        kind: id of the form definition, such as ``birth-declaration``; empty where unknown.
        values: in the order of the form.
        doubts: stable codes why the paper as a whole needs a person's eye, such as
            ``kind.unknown`` or ``page.unread:3``.
        absent: fields stated not to be on the paper.
    """

    kind: str
    values: tuple[Value, ...] = ()
    doubts: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether nothing in it needs a person's eye."""
        return not self.doubts and not any(value.doubt for value in self.values)

    def people(self) -> tuple[Person, ...]:
        """The people it names, in the order of the form."""
        by_role: dict[str, dict[str, str]] = {}
        for value in self.values:
            if value.role != "paper":
                by_role.setdefault(value.role, {})[value.attribute] = value.text
        return tuple(
            Person(
                role=role.partition("-")[0],
                citizen_id=parts.get("citizen_id"),
                cmnd=parts.get("cmnd"),
                name=parts.get("name"),
                birth=parts.get("birth"),
            )
            for role, parts in by_role.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The PDF/A of a paper plus its description.

    Attributes:
        pdfa: the two-layer PDF/A-2u.
        words: the recognised words, written by ``dossier.written.words_to_json``.
        received_signatures: the report on a paper that came signed; else empty.
    """

    paper: Paper
    pdfa: Blob
    words: Blob
    engine: str
    pdfa_report: PdfaReport
    description: Description
    received_signatures: tuple[SignatureReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRecord:
    """A record, signed by all who must sign.

    Attributes:
        pdf: the PDF/A with the signatures as incremental updates; it begins with exactly the
            bytes of ``record.pdfa``.
    """

    record: Record
    pdf: Blob
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One move of a paper, as the record keeps it.

    Attributes:
        before: the state it had; empty for the first.
        code: why; empty where there is nothing to say.
        reason: in the words of the actor; may hold personal data.
        actor: the person or program that moved it.
    """

    at: datetime
    before: str
    after: str
    code: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How a record came to be.

    Attributes:
        events: the history, oldest first.
        reading: settings of the recogniser by name, such as ``dpi``.
        office_name: the office as stamps show it.
        archived_by: the program that wrote the first version.
    """

    events: tuple[HistoryEvent, ...] = ()
    reading: tuple[tuple[str, str], ...] = ()
    office_name: str = ""
    archived_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectVersion:
    """One version of an object in the record area.

    Attributes:
        number: from 1.
        digest: SHA-512 of its inventory, lower-case hex.
        created_at: aware UTC.
    """

    number: int
    digest: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedRecord:
    """The location of a signed record and its retention date.

    Attributes:
        archived_at: aware UTC; the time of the first try, where a deposit took several.
        digests: SHA-256 of each file by its path in the package.
        object_id: of the OCFL object, ``urn:uuid:...``.
        version: of the OCFL object, from 1.
        key: of the object's root in the record area; holds no personal data.
        kept_until: aware UTC; the end of the lock, extended when the dossier is closed.
        versions: of the object, oldest first.
    """

    signed: SignedRecord
    object_id: str
    version: int
    key: str
    archived_at: datetime
    kept_until: datetime
    digests: tuple[tuple[str, str], ...] = field(default=())
    versions: tuple[ObjectVersion, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
