"""The functions of the stages, bound to settings; no order, no state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from archive import package
from archive.deposit import deposit
from dossier.errors import RejectedInput
from dossier.ports import CatalogueEntry, Clock, ObjectStore, Signer, Stamp
from dossier.reports import PdfaReport, SignatureReport
from dossier.spine import (
    ArchivedRecord,
    Blob,
    HistoryEvent,
    Paper,
    Provenance,
    RecognisedPaper,
    Record,
    SignedRecord,
)
from ingest.receive import split
from ocr.fields.describe import describe
from ocr.fields.forms import Forms
from ocr.pdfa.make import make_pdfa
from ocr.reading import ReadingSettings, recognise
from pages.children import ChildCrashed, ChildFailed, ChildOutOfMemory, ChildTimedOut, JobRunner
from pages.limits import Limits
from signing.page_ink import page_ink
from signing.received import check_countersigning, countersigning_doubts
from signing.sign import sign

if TYPE_CHECKING:
    from signing.levels import Preserved

Put = Callable[[Path], Blob]
_Made = TypeVar("_Made")
# The time that a PDF/A may take, also on a slow machine; hostile files take for ever.
_SECONDS, _PAGE_SECONDS = 45.0, 5.0


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The function of each step, with its settings.

    Attributes:
        make_forms: reads the form definitions; called once.
        signing_key: SHA-256 (hex) of the certificate that an office signs with now.
        make_signer: the signer of an office with a key (its digest); called for each paper; what
            it loads is kept.
        make_preserver: what brings a PDF that was just signed to B-LTA; None where a job does it.
        verify: reports on the signatures of a PDF, in a child of the runner.
        stamp_form: what the stamps of an office say, such as SAO Y; empty for no stamp.
        office_name: the name of an office as stamps show it.
        stamp_zone: the zone in which stamps show the time.
        first_lock: how long a record is kept before its dossier is closed.
        paper_seconds: how long making a PDF/A may take at most, seconds; less where pages are few.
        scratch: a folder for temporary files.
    """

    limits: Limits
    reading: ReadingSettings
    make_forms: Callable[[], Forms]
    signing_key: Callable[[str], str]
    make_signer: Callable[[str, str], Signer]
    make_preserver: Callable[[], Callable[[bytes], Preserved] | None]
    verify: Callable[[Path, JobRunner], tuple[SignatureReport, ...]]
    clock: Clock
    stamp_form: Callable[[str], str]
    office_name: Callable[[str], str]
    stamp_zone: tzinfo
    first_lock: timedelta
    paper_seconds: float
    scratch: Path

    @cached_property
    def forms(self) -> Forms:
        """The form definitions, read once."""
        return self.make_forms()

    def split(self, paper: Paper, scan: Path, *, jobs: JobRunner) -> Paper:
        """The paper with its pages counted."""
        return split(paper, scan, children=jobs, limits=self.limits)

    def recognise(
        self, paper: Paper, scan: Path, *, jobs: JobRunner, page_read: Callable[[int], None]
    ) -> RecognisedPaper:
        """The paper with the words of its pages."""
        return recognise(paper, scan, children=jobs, settings=self.reading, page_read=page_read)

    def describe(
        self,
        recognised: RecognisedPaper,
        *,
        jobs: JobRunner,
        scan: Path,
        words: Blob,
        pdfa: Path,
        put: Put,
    ) -> Record:
        """The record: description and PDF/A; for a paper that arrived signed, its signatures.

        Raises:
            RejectedInput: ``scan.unusable``: every child that opens the file fails;
                ``scan.too-slow``: no child finishes in time; ``scan.signature-altered``; and the
                codes of ``make_pdfa``.
        """
        description = describe(recognised.pages, forms=self.forms)
        report, signatures = self._in_two_children(
            recognised.paper.id, lambda: self._made(recognised, scan, pdfa, jobs)
        )
        doubts = countersigning_doubts(signatures, what=f"paper {recognised.paper.id}")
        description = replace(description, doubts=(*description.doubts, *doubts))
        return Record(
            paper=recognised.paper,
            pdfa=put(pdfa),
            words=words,
            engine=recognised.engine,
            pdfa_report=report,
            description=description,
            received_signatures=signatures,
        )

    def _made(
        self, recognised: RecognisedPaper, scan: Path, pdfa: Path, jobs: JobRunner
    ) -> tuple[PdfaReport, tuple[SignatureReport, ...]]:
        """The report on the PDF/A, and on the signatures that the file arrived with."""
        signatures = self.verify(scan, jobs) if recognised.paper.arrived_signed else ()
        report = make_pdfa(
            recognised,
            scan,
            pdfa,
            children=jobs,
            created=recognised.paper.scan.received_at,
            deadline=min(
                self.paper_seconds, _SECONDS + _PAGE_SECONDS * len(recognised.paper.pages)
            ),
            max_pixels=self.limits.max_pixels,
        )
        return report, signatures

    @staticmethod
    def _in_two_children(paper: UUID, make: Callable[[], _Made]) -> _Made:
        """Run a job; retry once in a fresh child: a second failure is blamed on the file."""
        try:
            try:
                return make()
            except (ChildCrashed, ChildFailed, ChildOutOfMemory, ChildTimedOut):
                return make()
        except (ChildCrashed, ChildFailed, ChildOutOfMemory) as error:
            raise RejectedInput(
                "scan.unusable",
                f"paper {paper}: the file cannot be opened ({error.code}); print it and "
                "scan the print, or scan the paper again",
            ) from None
        except ChildTimedOut:
            raise RejectedInput(
                "scan.too-slow",
                f"paper {paper}: the file takes too long to open; print it and scan the print, or "
                "scan the paper again",
            ) from None

    def sign(
        self,
        record: Record,
        *,
        key: str,
        jobs: JobRunner,
        pdfa: Path,
        out: Path,
        store: ObjectStore,
    ) -> SignedRecord:
        """The record with our signature.

        Args:
            record: to be signed.
            key: SHA-256 (hex) of the certificate that it was requested with.
            jobs: runs the child that looks at the page.
            pdfa: the bytes of the record's PDF/A.
            out: where the signed file is written.
            store: takes it.

        Raises:
            RejectedInput: ``scan.not-countersigned``; and what the signer raises.
            WrongUse: ``signer.key-changed``.
        """
        office = record.paper.office
        check_countersigning(record.received_signatures, what=f"paper {record.paper.id}")
        signer, stamp = self.make_signer(office, key), None
        plain = self.stamp_of(office)
        if plain is not None:
            ink = page_ink(pdfa, children=jobs, what=f"paper {record.paper.id}")
            stamp = replace(plain, ink=ink)
        return sign(
            record,
            pdfa,
            out,
            signer=signer,
            stamp=stamp,
            store=store,
            preserve=self.make_preserver(),
        )

    def stamp_of(self, office: str) -> Stamp | None:
        """The stamp of an office as of now, without the ink of a page; None for no stamp."""
        form = self.stamp_form(office)
        if not form:
            return None
        at = self.clock.now().astimezone(self.stamp_zone)
        return Stamp(form=form, office=self.office_name(office), at=at)

    def deposit(
        self,
        signed: SignedRecord,
        store: ObjectStore,
        *,
        events: tuple[HistoryEvent, ...],
        archived_by: str,
    ) -> tuple[ArchivedRecord, CatalogueEntry]:
        """The record, deposited and read back, and its catalogue entry."""
        now = self.clock.now()
        archived = deposit(
            signed,
            store=store,
            archived_at=now,
            kept_until=now + self.first_lock,
            provenance=Provenance(
                events=events,
                reading=(
                    ("dpi", str(self.reading.dpi)),
                    ("language", self.reading.language),
                ),
                office_name=self.office_name(signed.record.paper.office),
                archived_by=archived_by,
            ),
            scratch=self.scratch,
        )
        with store.work_file(signed.record.words) as words:
            text = package.text_of_words(words.read_bytes(), key=archived.key)
        return archived, package.entry_of(archived, text=text)
