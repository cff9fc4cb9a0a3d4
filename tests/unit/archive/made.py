"""Made-up records for the tests of the archive."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from archive import ocfl
from dossier import written
from dossier.ports import CatalogueEntry, ObjectStore
from dossier.reports import Level, PdfaReport, Signature, SignatureReport
from dossier.spine import (
    Box,
    Description,
    HistoryEvent,
    MediaType,
    Page,
    Paper,
    Provenance,
    RecognisedPage,
    Record,
    Scan,
    SignedRecord,
    Source,
    Value,
    Word,
)

NOON = datetime(2026, 10, 8, 5, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(days=90)
OFFICE = "H15.50.05.13"
MOTHER = "001188012345"
FATHER = "001086054321"
ENGINE = "tesserocr 5.5.1 vie"


PROVENANCE = Provenance(
    events=(
        HistoryEvent(
            at=NOON - timedelta(minutes=3),
            before="",
            after="RECEIVED",
            code="",
            reason="",
            actor="cli:mai",
        ),
        HistoryEvent(
            at=NOON - timedelta(minutes=2),
            before="RECEIVED",
            after="RECOGNISED",
            code="",
            reason="",
            actor="worker-1",
        ),
        HistoryEvent(
            at=NOON - timedelta(minutes=1),
            before="RECOGNISED",
            after="REVIEW",
            code="review.doubtful",
            reason="",
            actor="worker-1",
        ),
        HistoryEvent(
            at=NOON - timedelta(seconds=30),
            before="REVIEW",
            after="DESCRIBED",
            code="",
            reason="",
            actor="cli:mai",
        ),
    ),
    reading=(("dpi", "200"), ("language", "vie")),
    office_name="UBND phường Bến Nghé",
    archived_by="worker-1",
)


def paper_id(n: int) -> UUID:
    """A UUIDv7, later for a higher number."""
    return UUID(int=((0x0199_9000_0000 + n) << 80) | (7 << 76) | (0b10 << 62) | n)


def value(field: str, text: str) -> Value:
    return Value(
        field=field,
        text=text,
        source=Source.OCR,
        confidence=0.9871,
        page=1,
        box=Box(72.04, 100.06, 190.0, 112.0),
    )


def description(
    *, kind: str = "birth-declaration", values: tuple[Value, ...] | None = None
) -> Description:
    if values is None:
        values = (
            value("child.name", "Nguyễn Hoàng Đăng"),
            value("mother.name", "Trần Thị Hoà"),
            value("mother.citizen_id", MOTHER),
            value("father.name", "Nguyễn Văn Đức"),
            value("father.citizen_id", FATHER),
            value("father.cmnd", "012345678"),
            value("requester.citizen_id", FATHER),
            value("requester.name", "Nguyễn Văn Đức"),
            value("paper.number", "123/2026"),
        )
    return Description(kind=kind, values=values)


TEXT = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nTỜ KHAI ĐĂNG KÝ KHAI SINH\n"
    f"Họ, chữ đệm, tên người mẹ: Trần Thị Hoà\nSố định danh cá nhân: {MOTHER}\n"
    "Nơi cư trú: phường Bến Nghé\fTrang hai, người làm chứng"
)


def pages_of(text: str) -> tuple[RecognisedPage, ...]:
    """Recognised pages whose text is this."""
    return tuple(
        RecognisedPage(
            number=number,
            width=595.28,
            height=841.89,
            words=tuple(
                Word(word, Box(50.0 + 7 * i, 60.0 + 14 * line, 56.0 + 7 * i, 72.0), 0.93, line)
                for line, words in enumerate(page.split("\n"))
                for i, word in enumerate(words.split(" "))
            ),
        )
        for number, page in enumerate(text.split("\f"), 1)
    )


def signed_record(
    store: ObjectStore,
    *,
    number: int = 1,
    office: str = OFFICE,
    dossier: str = "H15.50.05.13-261008-0975",
    ordinal: int = 1,
    text: str = TEXT,
    described: Description | None = None,
    pdf: bytes = b"%PDF-1.7 the judged PDF/A",
    scan: bytes = b"II*\0 the scan as received",
) -> SignedRecord:
    """A signed record whose blobs are in the work area."""
    pages = pages_of(text)
    scan_blob = store.put_work_bytes(scan + b" %d" % number)
    paper = Paper(
        id=paper_id(number),
        office=office,
        dossier=dossier,
        ordinal=ordinal,
        scan=Scan(
            id=paper_id(number + 10_000_000),
            office=office,
            blob=scan_blob,
            media_type=MediaType.TIFF,
            source="Nguyễn Văn Đức - khai sinh.tif",
            received_at=NOON - timedelta(minutes=3),
        ),
        pages=tuple(Page(p.number, p.width, p.height) for p in pages),
    )
    judged = pdf + b" %d" % number
    record = Record(
        paper=paper,
        pdfa=store.put_work_bytes(judged),
        words=store.put_work_bytes(written.words_to_json(pages, engine=ENGINE)),
        engine=ENGINE,
        pdfa_report=PdfaReport(flavour="2u", validator="pikepdf 10.17"),
        description=described or description(),
        received_signatures=(
            SignatureReport(
                signer="UBND phường",
                signed_at=NOON - timedelta(days=2),
                level=Level.B_T,
                intact=True,
                trusted=False,
                covers_whole_file=True,
                problem="chain.unknown-root",
            ),
        ),
    )
    return SignedRecord(
        record=record,
        pdf=store.put_work_bytes(judged + b"\n% an incremental update with the signature"),
        signatures=(
            Signature(
                signer="UBND phường Bến Nghé",
                certificate="ab" * 32,
                signed_at=NOON - timedelta(seconds=4),
                level=Level.B_T,
            ),
        ),
    )


def entry(
    number: int = 1,
    *,
    text: str = TEXT,
    described: Description | None = None,
    office: str = OFFICE,
    dossier: str = "H15.50.05.13-261008-0975",
    ordinal: int = 1,
) -> CatalogueEntry:
    """An entry of the catalogue."""
    return CatalogueEntry(
        paper=paper_id(number),
        office=office,
        dossier=dossier,
        ordinal=ordinal,
        source_digest="cd" * 32,
        media_type="image/tiff",
        page_count=2,
        description=described or description(),
        text=text,
        object_id=f"urn:uuid:{paper_id(number)}",
        key=f"ab/cd/urn%3auuid%3a{paper_id(number)}",
        version=1,
        signed_at=NOON + timedelta(seconds=number),
        archived_at=NOON + timedelta(minutes=number),
        kept_until=LATER,
    )


def write_over(path: Path, content: bytes) -> None:
    """Replace a file of the store, as somebody with the rights of its owner can."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    write_over(path, bytes(content))


def replace_content(folder: Path, name: str, content: bytes) -> None:
    """Replace a file of an object's first version; inventories and sidecars agree with it."""
    place = folder / "v1" / "content" / name
    before = hashlib.sha512(place.read_bytes()).hexdigest()
    write_over(place, content)
    after = hashlib.sha512(content).hexdigest()
    forged = (folder / "inventory.json").read_bytes().replace(before.encode(), after.encode())
    for version in (folder, folder / "v1"):
        write_over(version / "inventory.json", forged)
        write_over(version / "inventory.json.sha512", ocfl.sidecar(forged))
