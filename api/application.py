"""The application: its parts, wired; the same in both modes."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import sqlalchemy as sa

from api.clocks import TimedIds
from api.confinement import require_walls
from api.settings import Settings
from api.signers import Signers, revocation_data, signer_certificates, trusted_roots
from api.trial_services import TrialServices
from api.upload_files import UploadFiles
from archive.catalogue.sql_catalogue import SqlCatalogue
from dossier.ports import Clock, ObjectStore
from dossier.reports import SignatureReport

if TYPE_CHECKING:
    from signing.revocation import Fetch
from ocr.fields.forms import BUILT_IN, Forms, load_forms
from ocr.reading import Engine, ReadingSettings
from pages.children import Children, JobRunner, Walls
from pages.limits import Limits
from workflow.ledger.access_log import SqlAccessLog
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.people import People
from workflow.ledger.sessions import Sessions
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.statistics import Backlog
from workflow.ledger.tokens import Tokens
from workflow.ledger.types import WorkItem
from workflow.ledger.uploads import Uploads
from workflow.ledger.webhooks import Outbox
from workflow.pipeline.cleanup import remove_stale_scratch, remove_unneeded_blobs
from workflow.pipeline.events import Watch
from workflow.pipeline.fair_scheduler import Owner, Turns
from workflow.pipeline.paper_jobs import PaperJobs
from workflow.pipeline.process_identity import is_gone, this_process
from workflow.pipeline.progress import Progress
from workflow.pipeline.step_functions import Stages
from workflow.pipeline.steps import Lane, Pipeline
from workflow.pipeline.workers import Workers

# Another process may be writing a file of the store: the largest takes minutes.
_TEMP_KEPT = timedelta(hours=1)
# So long may a revoked token still be used.
_TOKEN_CACHE_SECONDS = 1.0
_WAIT_SECONDS = 0.5
VERIFY_SECONDS = 120.0


class Store(ObjectStore, Protocol):
    """A store that can be swept."""

    def sweep(self, *, before: datetime) -> int:
        """Remove what a crash left half written before then; how many files."""
        ...


@dataclass(frozen=True, kw_only=True)
class Application:
    """All parts, wired; child processes and workers start when first needed."""

    settings: Settings
    engine: sa.Engine
    ledger: SqlLedger
    catalogue: SqlCatalogue
    store: Store
    clock: Clock
    ids: TimedIds
    trial: bool
    cipher: FieldCipher
    # Makes the workers of the mode that runs.
    workers: Callable[[Application, Watch], Workers]
    # Extends locks, writes registers and reads a sample of the store back.
    preserve: Callable[[Application], None]
    _closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @cached_property
    def children(self) -> Children:
        """The child processes, one a core.

        Raises:
            Misconfigured: ``sandbox.incomplete``: SOHOA_SANDBOX requires what this machine lacks.
        """
        if self.settings.sandbox == "require":
            require_walls(self.walls)
        return self._pool

    @property
    def walls(self) -> Walls:
        """What confines the child processes, as seen from inside one."""
        return self._pool.walls

    @cached_property
    def _pool(self) -> Children:
        # Children write their own files here too, so that they are swept.
        self.scratch.mkdir(parents=True, exist_ok=True)
        children = Children(
            size=self.settings.worker_count,
            memory_bytes=self.settings.child_memory,
            scratch=self.scratch,
            programs=Engine(self.settings.ocr_engine) is Engine.PYTESSERACT,
        )
        return self._closing.enter_context(children)

    @cached_property
    def limits(self) -> Limits:
        """Limits of a scan."""
        settings = self.settings
        return Limits(
            max_bytes=settings.limit_bytes,
            max_pages=settings.limit_pages,
            max_pixels=settings.limit_pixels,
            max_paper_pixels=settings.limit_paper_pixels,
        )

    @cached_property
    def forms(self) -> Forms:
        """The form definitions, read once."""
        return forms_of(self.settings)

    @cached_property
    def progress(self) -> Progress:
        """Pages read of the papers that this process reads."""
        return Progress()

    @cached_property
    def tokens(self) -> Tokens:
        """Tokens of programs; each is cached for a second."""
        return Tokens(self.ledger.connections, cache_seconds=_TOKEN_CACHE_SECONDS)

    @cached_property
    def uploads(self) -> Uploads:
        """Resumable uploads."""
        return Uploads(self.ledger.connections, cipher=self.cipher)

    @cached_property
    def upload_files(self) -> UploadFiles:
        """Files of resumable uploads."""
        return UploadFiles(self.settings.var / "uploads", self.uploads)

    def backlog(self, *, offices: Sequence[str] | None = None) -> Backlog:
        """Counts of papers; of all offices by default."""
        return Backlog(self.ledger.connections, offices=offices)

    @cached_property
    def people(self) -> People:
        """People who sign in."""
        return People(self.ledger.connections, cipher=self.cipher)

    @cached_property
    def sessions(self) -> Sessions:
        """Sessions of people."""
        return Sessions(self.ledger.connections)

    def office_name(self, code: str) -> str:
        """The name of an office; its code where it is not known."""
        return self.ledger.offices.get_name(code) or code

    def stamp_form(self, office: str) -> str:
        """What the stamps of an office say; as the settings say where it has no text of its own."""
        own = self.ledger.offices.get_stamp_form(office)
        return self.settings.stamp_form if own is None else own

    @cached_property
    def access_log(self) -> SqlAccessLog:
        """Log of access to personal data."""
        return SqlAccessLog(self.ledger.connections, cipher=self.cipher, ids=self.ids)

    @cached_property
    def outbox(self) -> Outbox:
        """Webhooks and their deliveries."""
        return Outbox(self.ledger.connections, cipher=self.cipher)

    @cached_property
    def stages(self) -> Stages:
        """The stages' functions."""
        settings = self.settings
        return Stages(
            limits=self.limits,
            reading=ReadingSettings(
                engine=Engine(settings.ocr_engine),
                language=settings.ocr_language,
                dpi=settings.ocr_dpi,
                page_seconds=settings.page_seconds,
                max_source_pixels=settings.limit_pixels,
            ),
            make_forms=lambda: self.forms,
            signing_key=self.signers.digest,
            make_signer=self.signers.get,
            make_preserver=self.signers.preserve_at_once,
            verify=lambda file, jobs: self.verify(file, children=jobs),
            clock=self.clock,
            stamp_form=self.stamp_form,
            office_name=self.signers.office_name,
            stamp_zone=settings.zone,
            first_lock=timedelta(days=settings.first_lock_days),
            paper_seconds=settings.paper_seconds,
            scratch=self.scratch,
        )

    def pipeline(
        self, watch: Watch, *, nudge: Callable[[UUID, Lane], None] | None = None
    ) -> Pipeline:
        """The order of steps over this application."""
        _ = self.children  # refuses to start where they cannot be confined
        return Pipeline(
            ledger=self.ledger,
            store=self.store,
            catalogue=self.catalogue,
            stages=self.stages,
            clock=self.clock,
            paper_jobs=self._paper_jobs,
            scratch=self.scratch,
            watch=watch,
            per_office=self.settings.papers_per_office,
            nudge=nudge,
        )

    def _paper_jobs(self, item: WorkItem) -> PaperJobs:
        return PaperJobs(
            self.children,
            turns=self._turns,
            owner=Owner(item.paper.office, item.paper.dossier),
            cpu_seconds=self.settings.paper_cpu_seconds,
        )

    @cached_property
    def _turns(self) -> Turns:
        """The order in which papers get child processes."""
        return Turns(self.settings.worker_count)

    def process(self, submit: Callable[[Callable[[UUID], None]], None], *, watch: Watch) -> None:
        """Process papers until none of them has a step left to run.

        Args:
            submit: called with the function that enqueues a paper.
            watch: receives the events.
        """
        workers = self.start_workers(watch=watch)
        papers: list[UUID] = []

        def enqueue(paper: UUID) -> None:
            papers.append(paper)
            workers.enqueue(paper)

        try:
            workers.nudge()
            submit(enqueue)
            workers.wait(papers)
            busy = self._held_elsewhere(papers)
            while busy:
                # Another process works on them: their end is waited for here too.
                time.sleep(_WAIT_SECONDS)
                for paper in busy - self._held_elsewhere(papers):
                    workers.enqueue(paper)
                workers.wait(papers)
                busy = self._held_elsewhere(papers)
        finally:
            workers.stop()

    def _held_elsewhere(self, papers: Sequence[UUID]) -> set[UUID]:
        """Those of these papers that a living process besides this one works on."""
        holders = self.ledger.monitor.holders(papers, now=self.clock.now())
        ours = this_process()
        return {
            paper for paper, holder in holders.items() if holder != ours and not is_gone(holder)
        }

    def start_workers(self, *, watch: Watch) -> Workers:
        """Start the workers; the one who starts them stops them."""
        return self.workers(self, watch)

    @cached_property
    def scratch(self) -> Path:
        """Folder for files in the making; the next start removes those of a killed process."""
        folder = self.settings.scratch_folder / this_process()
        self._closing.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def tidy(self) -> None:
        """Remove what killed processes left behind."""
        now = self.clock.now()
        self.store.sweep(before=now - _TEMP_KEPT)
        self.remove_stale_scratch()
        remove_unneeded_blobs(papers=self.ledger.papers, store=self.store, now=now)
        self.preserve(self)

    def remove_stale_scratch(self) -> None:
        """Remove the scratch folders of processes of this machine that are gone."""
        remove_stale_scratch(self.settings.scratch_folder)

    def end_children(self) -> None:
        """End the child processes and the jobs they run."""
        self.children.close()

    def verify(
        self,
        file: Path,
        *,
        revocation: Iterable[Path] = (),
        children: JobRunner | None = None,
        deadline: float = VERIFY_SECONDS,
    ) -> tuple[SignatureReport, ...]:
        """Report on the signatures of any PDF, in a child.

        Args:
            file: the PDF.
            revocation: files of revocation lists and OCSP responses.
            children: what runs the child; by default the pool.
            deadline: seconds of the child, of CPU time too.
        """
        from signing.validation.verify import verify_file  # noqa: PLC0415 - costs half a second

        return verify_file(
            file,
            children=children or self.children,
            trust=trusted_roots(self.settings, trial=self.trial),
            now=self.clock.now(),
            revocation=revocation_data(self.settings, revocation),
            deadline=deadline,
        )

    def certificates_ending(self) -> list[dict[str, str]]:
        """The signer's certificate and the trusted roots that end within 60 days, or have ended.

        A key that cannot be read is reported where it is used.
        """
        from signing.trust import ending_soon  # noqa: PLC0415 - costs half a second, seldom needed

        held = signer_certificates(self.settings, trial=self.trial)
        roots = trusted_roots(self.settings, trial=self.trial).roots
        return ending_soon((*held, *roots), now=self.clock.now())

    def close(self) -> None:
        """End child processes; unfinished papers stay in the ledger."""
        self._closing.close()
        self.engine.dispose()

    @cached_property
    def signers(self) -> Signers:
        """The signers of offices."""
        return Signers(
            self.settings,
            trial=self.trial,
            tsa_address=self.tsa_address,
            fetch=self._fetch,
            clock=self.clock,
        )

    def tsa_address(self) -> str:
        """URL of the time-stamping authority, of the trial's own in trial data; else empty."""
        return self.settings.tsa_url or (self._trial_services.tsa if self.trial else "")

    def _fetch(self) -> Fetch | None:
        """What gets revocation data; None where nothing may be fetched."""
        from api.revocation import LOOPBACK, PUBLIC, fetch_by  # noqa: PLC0415 - needs httpx

        if self.trial and self._trial_services.has_authority:
            return fetch_by(LOOPBACK)
        return fetch_by(PUBLIC) if self.settings.revocation_fetch else None

    @cached_property
    def _trial_services(self) -> TrialServices:
        return TrialServices(self.settings.trial_folder, clock=self.clock, closing=self._closing)


def forms_of(settings: Settings) -> Forms:
    """The form definitions of an office: the built-in ones, and its own over them."""
    return load_forms((BUILT_IN,) if settings.forms is None else (BUILT_IN, settings.forms))
