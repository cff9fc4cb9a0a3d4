"""Fakes for the api's unit tests: a clock that stands still, stages that do nothing hard."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import WrongUse
from dossier.ports import CatalogueEntry, ObjectStore
from dossier.reports import Level, PdfaReport, Signature
from dossier.spine import (
    ArchivedRecord,
    Blob,
    Box,
    Description,
    HistoryEvent,
    MediaType,
    Page,
    Paper,
    RecognisedPage,
    RecognisedPaper,
    Record,
    Scan,
    SignedRecord,
    Source,
    Value,
    Word,
)
from pages.children import JobRunner
from signing.sign import KEY_CHANGED
from workflow.ledger import migrate as schema
from workflow.ledger.engine import build_engine
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.sql_ledger import SqlLedger
from workflow.pipeline.step_functions import Put

OFFICE = "H15"
START = datetime(2026, 10, 8, 2, 15, tzinfo=UTC)
SEALING = FieldCipher(
    encrypt=lambda plain, _: plain[::-1],
    decrypt=lambda closed, _: closed[::-1],
    hash_text=lambda text: hashlib.sha256(text.encode()).digest()[:16],
)


class StandingClock:
    """A clock that moves on request."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **much: float) -> None:
        self.time += timedelta(**much)


@cache
def migrated() -> bytes:
    """A database file as the migrations make it; made once, since that takes a second."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "empty.db")
        engine = build_engine(f"sqlite:///{file}")
        schema.upgrade(engine)
        engine.dispose()
        return file.read_bytes()


def new_ledger(folder: Path) -> SqlLedger:
    """A ledger on a fresh SQLite file."""
    file = folder / "ledger.db"
    file.write_bytes(migrated())
    return ledger_on(build_engine(f"sqlite:///{file}"))


def ledger_on(engine: sa.Engine) -> SqlLedger:
    """A ledger with one office; descriptions are sealed by turning them around."""
    ledger = SqlLedger(engine, cipher=SEALING)
    ledger.offices.add(OFFICE, "UBND")
    return ledger


def scan(number: int, *, content: bytes = b"scan", office: str = OFFICE) -> Scan:
    return Scan(
        id=UUID(int=1000 + number),
        office=office,
        blob=Blob(f"{int.from_bytes(content, 'big'):064x}"[-64:], len(content)),
        media_type=MediaType.PDF,
        source="scan.pdf",
        received_at=START,
    )


class FakeStages:
    """Stages whose outcome a test decides.

    Attributes:
        fail: raised by the stage of that name instead of working, once for each entry.
        key: digest of the certificate that offices sign with.
        doubtful: whether what is described is doubtful.
    """

    def __init__(self) -> None:
        self.fail: dict[str, list[Exception]] = {}
        self.doubtful = False
        self.key = "a1" * 32
        self.calls: list[str] = []

    def _called(self, stage: str) -> None:
        self.calls.append(stage)
        if self.fail.get(stage):
            raise self.fail[stage].pop(0)

    def split(self, paper: Paper, scan: Path, *, jobs: JobRunner) -> Paper:  # noqa: ARG002 - the stages' own signature
        self._called("split")
        return replace(paper, pages=(Page(1, 595, 842),))

    def recognise(
        self,
        paper: Paper,
        scan: Path,  # noqa: ARG002 - as above
        *,
        jobs: JobRunner,  # noqa: ARG002 - as above
        page_read: Callable[[int], None],
    ) -> RecognisedPaper:
        self._called("recognise")
        word = Word("Số", Box(1, 2, 3, 4), 0.9, 0)
        page_read(1)
        return RecognisedPaper(
            paper=paper, pages=(RecognisedPage(1, 595, 842, (word,)),), engine="fake"
        )

    def describe(
        self,
        recognised: RecognisedPaper,
        *,
        jobs: JobRunner,  # noqa: ARG002 - as above
        scan: Path,  # noqa: ARG002 - as above
        words: Blob,
        pdfa: Path,
        put: Put,
    ) -> Record:
        self._called("describe")
        pdfa.write_bytes(b"%PDF-1.7 fake")
        value = Value(
            field="mother.citizen_id",
            text="001199012345",
            source=Source.OCR,
            confidence=0.8,
            page=1,
            box=Box(1, 2, 3, 4),
            doubt="citizen_id.low-confidence" if self.doubtful else "",
        )
        return Record(
            paper=recognised.paper,
            pdfa=put(pdfa),
            words=words,
            engine=recognised.engine,
            pdfa_report=PdfaReport(flavour="2u", validator="fake"),
            description=Description(kind="birth-declaration", values=(value,)),
        )

    def signing_key(self, office: str) -> str:  # noqa: ARG002 - as above
        return self.key

    def sign(
        self,
        record: Record,
        *,
        key: str,
        jobs: JobRunner,  # noqa: ARG002 - as above
        pdfa: Path,
        out: Path,
        store: ObjectStore,
    ) -> SignedRecord:
        self._called("sign")
        if key != self.key:
            raise WrongUse(KEY_CHANGED, "another key")
        out.write_bytes(pdfa.read_bytes() + b" signed")
        signature = Signature(signer="S", certificate="00", signed_at=START, level=Level.B_T)
        return SignedRecord(record=record, pdf=store.put_work(out), signatures=(signature,))

    def deposit(
        self,
        signed: SignedRecord,
        store: ObjectStore,  # noqa: ARG002 - as above
        *,
        events: tuple[HistoryEvent, ...],  # noqa: ARG002 - as above
        archived_by: str,  # noqa: ARG002 - as above
    ) -> tuple[ArchivedRecord, CatalogueEntry]:
        self._called("deposit")
        paper = signed.record.paper
        archived = ArchivedRecord(
            signed=signed,
            object_id=f"urn:uuid:{paper.id}",
            version=1,
            key=f"aa/bb/{paper.id}",
            archived_at=START,
            kept_until=START + timedelta(days=90),
        )
        entry = CatalogueEntry(
            paper=paper.id,
            office=paper.office,
            dossier=paper.dossier,
            ordinal=paper.ordinal,
            source_digest=paper.scan.blob.digest,
            media_type=paper.scan.media_type.value,
            page_count=1,
            description=signed.record.description,
            text="Số",
            object_id=archived.object_id,
            key=archived.key,
            version=1,
            signed_at=START,
            archived_at=START,
            kept_until=archived.kept_until,
        )
        return archived, entry


class ListingCatalogue:
    """A catalogue that only remembers what was added."""

    def __init__(self) -> None:
        self.entries: list[CatalogueEntry] = []

    def add(self, entry: CatalogueEntry) -> None:
        self.entries.append(entry)
