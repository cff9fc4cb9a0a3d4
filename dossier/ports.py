"""The ports: what the stages need from outside, each with two adapters or more.

Protocols only; the adapters live in the room they belong to and are chosen in ``api/bootstrap.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from dossier.finding import Found, FoundPage, TextQuery
from dossier.reports import Signature
from dossier.spine import Blob, Description, ObjectVersion, RecognisedPage


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...


class Ids(Protocol):
    """Where new identifiers come from."""

    def new(self) -> UUID:
        """A new UUIDv7: later ones sort after earlier ones."""
        ...


@dataclass(frozen=True, slots=True)
class GreyPicture:
    """A page as the recogniser takes it.

    Attributes:
        width: px.
        height: px.
        dpi: px an inch.
        pixels: one byte a pixel, 0 black to 255 white, rows from the top without padding.
    """

    width: int
    height: int
    dpi: float
    pixels: bytes


class Recogniser(Protocol):
    """Turns one grey picture into words. Runs in a child process."""

    @property
    def engine(self) -> str:
        """Name, version and language, such as ``tesserocr 5.5.1 vie``."""
        ...

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        """The words of a page in reading order, boxes in pt.

        Args:
            picture: the upright page.
            number: the page's number, from 1, for the result and for errors.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInk:
    """Where a page is printed, drawn or stamped on, cell by cell.

    Attributes:
        cell: side of a square cell, pt.
        bits: how many cells a row has room for; the first is the highest bit.
        rows: of the upright page from the top; a bit is set where there is ink.
    """

    cell: float
    bits: int
    rows: tuple[int, ...]

    def amount(self, left: float, top: float, right: float, bottom: float) -> int:
        """How many cells with ink a rectangle touches; pt from the page's top left."""
        first, last = max(0, int(left / self.cell)), min(self.bits, -int(-right // self.cell))
        if last <= first:
            return 0
        mask = ((1 << (last - first)) - 1) << (self.bits - last)
        rows = self.rows[max(0, int(top / self.cell)) : max(0, -int(-bottom // self.cell))]
        return sum((row & mask).bit_count() for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The content of an office's visible signature (NĐ 30/2020, phụ lục I).

    Attributes:
        form: SAO Y, SAO LỤC or TRÍCH SAO; or empty for none.
        office: the office's name.
        at: aware; shown as ISO 8601 with its own zone.
        ink: of the page, which the stamp shall not cover; None where it is not known.
    """

    form: str
    office: str
    at: datetime
    ink: PageInk | None = None


class Signer(Protocol):
    """Puts one PAdES signature on a finished PDF/A by incremental update."""

    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:
        """Write ``signed``: the bytes of ``unsigned`` and an update after them.

        Raises:
            TransientFault: ``tsa.no-answer``: the time-stamping authority did not answer rightly.
            Misconfigured: the key cannot be used.
            IntegrityViolation: what came out does not verify, or does not begin with ``unsigned``.
        """
        ...


class TimeSource(Protocol):
    """A time-stamping authority (RFC 3161)."""

    def timestamp(self, request: bytes) -> bytes:
        """The DER of the TimeStampResp to the DER of a TimeStampReq.

        Raises:
            TransientFault: ``tsa.no-answer``.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVersion:
    """One stored object of the record area.

    Attributes:
        key: where; ``/``-separated, no personal data.
        version: the store's own name of this version; empty where the store has none.
        size: bytes.
    """

    key: str
    version: str
    size: int


class ObjectStore(Protocol):
    """The store, with a work area (erased once safe) and a record area (only ever added to)."""

    def put_work(self, source: Path) -> Blob:
        """Copy a file into the work area; writing the same bytes twice is harmless."""
        ...

    def put_work_bytes(self, content: bytes) -> Blob:
        """Write bytes into the work area; writing the same bytes twice is harmless."""
        ...

    def work_file(self, blob: Blob) -> AbstractContextManager[Path]:
        """A local file with the blob's bytes for as long as the context lasts; not to be changed.

        Raises:
            IntegrityViolation: ``work.missing``.
        """
        ...

    def erase_work(self, digest: str, *, untouched_since: datetime) -> bool:
        """Remove a blob not written since then from the work area; return whether it was removed.

        The time is checked again here: the caller's list may be old.
        """
        ...

    def works(self, *, untouched_since: datetime) -> Iterator[str]:
        """The digests of blobs in the work area not written since then.

        Putting a blob again counts as touching it, so that a sweep never takes a blob between
        being put and being written down.
        """
        ...

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        """Add an object to the record area, durably.

        The same bytes at a key that holds them already is a success that adds nothing.

        Raises:
            IntegrityViolation: ``record.exists``: the key holds other bytes.
        """
        ...

    def put_records(
        self, files: Sequence[tuple[str, Path]], *, kept_until: datetime
    ) -> list[RecordVersion]:
        """Add objects at keys where a listing showed nothing, several at a time where that helps.

        The caller lists the keys afterwards: an older version than the one returned holds.

        Args:
            files: key and source of each; the order in which they are written is not defined.
            kept_until: of all of them.

        Raises:
            IntegrityViolation: ``record.exists``: a key holds other bytes meanwhile.
        """
        ...

    def sha512_of(self, records: Sequence[RecordVersion]) -> list[str]:
        """Read objects of the record area back; their SHA-512 in lower-case hex, in order.

        Raises:
            IntegrityViolation: ``record.missing``.
        """
        ...

    def replace_derived(self, key: str, source: Path, *, kept_until: datetime) -> None:
        """Put a newer inventory, or its sidecar, at the root of an object.

        The only files of the record area that change: they are derived from the newest version's.
        Where the store keeps versions, the older ones stay.

        Raises:
            WrongUse: ``record.not-derived``: any other key.
        """
        ...

    def open_record(self, record: RecordVersion) -> AbstractContextManager[BinaryIO]:
        """Read one object of the record area.

        Raises:
            IntegrityViolation: ``record.missing``.
        """
        ...

    def records(self, prefix: str = "") -> Iterator[RecordVersion]:
        """The objects of the record area under a prefix, ordered by key, oldest version first."""
        ...

    def covered(self, prefix: str = "") -> Iterator[RecordVersion]:
        """Younger versions and delete markers over records; no read takes one of them.

        Each is an alarm, but a root inventory or sidecar that agrees with the newest version's.
        """
        ...

    def kept_until(self, record: RecordVersion) -> datetime:
        """Until when an object is kept, as it was last set; aware UTC, whole seconds.

        Raises:
            IntegrityViolation: ``record.missing``; ``record.not-locked``.
        """
        ...

    def extend_lock(self, record: RecordVersion, *, until: datetime) -> None:
        """Keep an object for longer; a lock that ends later already is left alone.

        Raises:
            IntegrityViolation: ``record.missing``; ``record.not-locked``.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One archived record as the catalogue holds it.

    Attributes:
        text: the recognised text, pages parted by form feeds.
        object_id: of the OCFL object.
        key: of the object's root in the record area.
        version: of the object.
    """

    paper: UUID
    office: str
    dossier: str
    ordinal: int
    source_digest: str
    media_type: str
    page_count: int
    description: Description
    text: str
    object_id: str
    key: str
    version: int
    signed_at: datetime
    archived_at: datetime
    kept_until: datetime
    versions: tuple[ObjectVersion, ...] = ()


class Catalogue(Protocol):
    """Archived papers, by person, dossier and text. Can be rebuilt from the store alone."""

    def add(self, entry: CatalogueEntry) -> None:
        """Add a record with its people and its text; adding it again replaces it."""
        ...

    def add_all(self, entries: Iterable[CatalogueEntry]) -> None:
        """Add many in few transactions; what was added stays where a later one fails."""
        ...

    def get(self, paper: UUID, *, offices: Sequence[str]) -> CatalogueEntry | None:
        """One record, its text empty; None where it is not there or of another office."""
        ...

    def by_citizen_id(
        self, number: str, *, offices: Sequence[str], limit: int, skip: int = 0
    ) -> list[Found]:
        """The records that name this person (citizen ID or CMND), newest first."""
        ...

    def by_dossier(self, code: str, *, offices: Sequence[str], limit: int) -> list[Found]:
        """The records of a dossier, by ordinal."""
        ...

    def search(self, query: TextQuery) -> FoundPage:
        """The records that match: described values first, then relevance, then the younger."""
        ...

    def count(self, *, offices: Sequence[str] | None = None) -> int:
        """How many records these offices have; all offices by default."""
        ...

    def clear(self) -> None:
        """Forget all records, to make them again from the store."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEntry:
    """One access to personal data: a lookup, or a paper opened.

    Attributes:
        office: in whose name.
        at: aware UTC.
        actor: the caller, as history names it; never a person's name.
        person: the user who acted, in a session.
        session: the ID of the session.
        on_behalf_of: the colleague for whom a program acts, as the program names them.
        purpose: as the caller stated it; empty where none is required.
        action: ``open``, or the kind of lookup: ``citizen-id``, ``text``, ``dossier``.
        subject: the paper opened, or the term looked up; encrypted at rest.
        papers: those that the answer names.
    """

    office: str
    at: datetime
    actor: str
    purpose: str
    action: str
    subject: str
    papers: tuple[UUID, ...]
    person: UUID | None = None
    session: UUID | None = None
    on_behalf_of: str = ""


class AccessLog(Protocol):
    """Append-only log of access to personal data."""

    def record(self, entry: AccessEntry) -> None:
        """Append an entry durably; called before the data is shown."""
        ...
