"""The order of steps. No other module knows it.

    RECEIVED    count the pages, read them       -> RECOGNISED
    RECOGNISED  describe, make the PDF/A         -> DESCRIBED; REVIEW where something is doubtful
    DESCRIBED   sign, if requested               -> SIGNED
    SIGNED      deposit, read back, catalogue    -> ARCHIVED

A step is: claim, run the stage's function, write blobs, save the row, commit. A process that is
killed between two of these leaves a paper that the next claim takes up at the same step.

With several workers, steps have two lanes, reading and signing, so that a thousand scans do not
delay a signature. A message then only says that a lane has work; the ledger chooses the paper.
"""

from __future__ import annotations

import math
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from dossier import disk, written
from dossier.errors import (
    IntegrityViolation,
    RejectedInput,
    SohoaError,
)
from dossier.ports import Catalogue, Clock, ObjectStore
from dossier.spine import HistoryEvent, RecognisedPaper
from dossier.states import PAPER_MOVES, PaperState, ScanState
from ocr.fields.acceptance import needs_a_person
from signing.received import NOT_COUNTERSIGNED
from signing.sign import KEY_CHANGED
from workflow import log_context
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import Outcome, WorkItem
from workflow.pipeline.events import Event, Watch
from workflow.pipeline.leases import Leases
from workflow.pipeline.paper_jobs import PaperJobs
from workflow.pipeline.retry_policy import retry_time, unexpected_fault
from workflow.pipeline.step_functions import Stages

log = structlog.get_logger()

_MESSAGE_SECONDS = 300.0
# What ends a request for a signature, and leaves the paper among those that wait for one.
_LAPSES = frozenset({KEY_CHANGED, NOT_COUNTERSIGNED})


class Lane(StrEnum):
    """The queue in which a paper waits for its next step."""

    OCR = "ocr"
    SIGNING = "signing"


LANES = {
    PaperState.RECEIVED: Lane.OCR,
    PaperState.RECOGNISED: Lane.OCR,
    PaperState.DESCRIBED: Lane.SIGNING,
    PaperState.SIGNED: Lane.SIGNING,
}


def states_of(lane: Lane) -> tuple[PaperState, ...]:
    """The states from which the steps of a lane begin."""
    return tuple(state for state, its in LANES.items() if its is lane)


class Pipeline:
    """Runs the steps of papers, one after the other, until a paper waits or is finished."""

    def __init__(
        self,
        *,
        ledger: SqlLedger,
        store: ObjectStore,
        catalogue: Catalogue,
        stages: Stages,
        clock: Clock,
        paper_jobs: Callable[[WorkItem], PaperJobs],
        scratch: Path,
        watch: Watch,
        per_office: int = 1000,
        nudge: Callable[[UUID, Lane], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._catalogue = catalogue
        self._stages = stages
        self._clock = clock
        self._paper_jobs = paper_jobs
        self._scratch = scratch
        self._watch = watch
        self._nudge = nudge
        self._leases = Leases(ledger.queue, clock=clock, per_office=per_office)
        self._stopping = threading.Event()
        self._running: dict[UUID, tuple[WorkItem, PaperJobs]] = {}
        self._steps: dict[PaperState, Callable[[WorkItem, Path, PaperJobs], Outcome]] = {
            PaperState.RECEIVED: self._read,
            PaperState.RECOGNISED: self._describe,
            PaperState.DESCRIBED: self._sign,
            PaperState.SIGNED: self._archive,
        }

    def advance(self, paper: UUID) -> None:
        """Run a paper's steps until it waits for a person or a time, or is finished.

        Raises no ``SohoaError``: an error is saved with the paper and sent to the watch.
        """
        with self._log_unsaved(paper):
            self._run_steps(self._claim(paper), lane=None)

    def advance_next(self, lane: Lane | None) -> int:
        """Claim paper after paper in fair turns until none waits; run each to the end of the lane.

        A paper that goes on in another lane is announced there. Raises nothing, as ``advance``.

        Args:
            lane: whose papers; None for all, each to its end.

        Returns:
            How many papers it claimed.
        """
        claimed = 0
        # A message must be acknowledged in time; the beat announces what is left.
        end = math.inf if lane is None else time.monotonic() + _MESSAGE_SECONDS
        with self._log_unsaved(None):
            while time.monotonic() < end and (item := self._claim_next(lane)) is not None:
                claimed += 1
                self._run_steps(item, lane=lane)
        return claimed

    @contextmanager
    def _log_unsaved(self, paper: UUID | None) -> Iterator[None]:
        """Log an error that the ledger could not save; the lease stays until it is released."""
        try:
            yield
        except SohoaError as error:
            log.error("paper.unsaved", paper=str(paper or ""), code=error.code)  # noqa: TRY400 - an event of ours, without the text of foreign exceptions
            if paper is not None:
                self._watch(Event(paper=paper, state=None, error=error))

    def _run_steps(self, item: WorkItem | None, *, lane: Lane | None) -> None:
        """Run step after step while the paper moves and stays in the lane, if one is given."""
        while item is not None:
            paper, saved = item.paper.id, True
            try:
                with log_context.bind(item.request, paper=str(paper)):
                    state = self._run_step(item)
            except SohoaError:
                saved = False
                raise
            finally:
                self._leases.finish(item, saved=saved)
            its = None if state is None else LANES.get(state)
            if its is None or self._stopping.is_set():
                return
            if lane is not None and its is not lane:
                if self._nudge is not None and (its is Lane.OCR or item.sign_requested):
                    self._nudge(paper, its)
                return
            item = self._claim(paper)

    def _claim(self, paper: UUID) -> WorkItem | None:
        return None if self._stopping.is_set() else self._leases.claim(paper)

    def _claim_next(self, lane: Lane | None) -> WorkItem | None:
        states = tuple(LANES) if lane is None else states_of(lane)
        return None if self._stopping.is_set() else self._leases.claim_next(states)

    def stop(self) -> None:
        """Begin no more steps; a step whose child is killed from now on is released."""
        self._stopping.set()

    def renew(self) -> None:
        """Extend the leases of running steps; call it well within ``LEASE``."""
        self._leases.renew()

    def release_unsaved(self) -> None:
        """Release papers whose result could not be saved, once the ledger answers."""
        self._leases.release_unsaved()

    def stalled_papers(self) -> list[UUID]:
        """Papers that a crash left behind or whose retry is due, oldest dossier first."""
        return self._leases.stalled()

    def _run_step(self, item: WorkItem) -> PaperState | None:
        """Run one step.

        Returns:
            The state from which the next step can begin at once, or None.
        """
        began = time.monotonic()
        try:
            with self._work_folder(item) as folder, self._jobs_of(item) as jobs:
                outcome = self._steps[item.state](item, folder, jobs)
                saved = self._save(item, outcome)
        except SohoaError as error:
            return self._record_failure(item, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the worker down
            disk_fault = disk.as_ours(error) if isinstance(error, OSError) else None
            return self._record_failure(item, disk_fault or unexpected_fault(item.paper.id, error))
        if not saved:
            self._report_discarded(item)
            return None
        seconds = time.monotonic() - began
        log.info("paper.moved", state=outcome.after.value, seconds=round(seconds, 3))
        self._watch(
            Event(paper=item.paper.id, state=outcome.after, before=item.state, seconds=seconds)
        )
        return outcome.after

    def _save(self, item: WorkItem, outcome: Outcome) -> bool:
        now = self._clock.now()
        return self._ledger.queue.finish(item, outcome, now=now, actor=self._leases.holder)

    def _record_failure(self, item: WorkItem, error: SohoaError) -> PaperState | None:
        """Save why a step failed: rejected, retried later or set aside.

        Returns:
            The paper's state where the step can be retried at once, or None.
        """
        now = self._clock.now()
        if error.code == "child.cancelled":
            self._report_discarded(item)
            return None
        if self._stopping.is_set() and error.code.startswith("child."):
            # The service stops: neither the paper's fault nor an attempt.
            self._ledger.queue.release(item, now=now)
            self._report_discarded(item)
            return None
        log.warning("paper.stopped", code=error.code)
        if error.code in _LAPSES:
            self._save(item, replace(Outcome.of_error(item.state, error), request_lapsed=True))
            self._watch(Event(paper=item.paper.id, state=item.state, error=error))
            return None
        if isinstance(error, RejectedInput) and PaperState.REJECTED in PAPER_MOVES[item.state]:
            self._save(item, Outcome.of_error(PaperState.REJECTED, error))
            self._watch(Event(paper=item.paper.id, state=PaperState.REJECTED, error=error))
            return None
        retry_at, at_once = retry_time(item, error, now)
        code = error.code if retry_at is not None else f"set-aside.{error.code}"
        self._ledger.queue.fail(
            item,
            code=code[:60],
            reason=error.message[:500],
            fault=error.fault,
            now=now,
            retry_at=retry_at,
        )
        if at_once:
            return item.state
        self._watch(Event(paper=item.paper.id, state=item.state, error=error))
        return None

    @contextmanager
    def _jobs_of(self, item: WorkItem) -> Iterator[PaperJobs]:
        """The jobs of a step; ``cancel_superseded`` can cancel them while it runs."""
        jobs = self._paper_jobs(item)
        key = uuid4()
        self._running[key] = (item, jobs)
        try:
            yield jobs
        finally:
            del self._running[key]

    def cancel_superseded(self) -> None:
        """Cancel running steps whose paper was withdrawn, moved or scanned again meanwhile.

        Another process may have done it: the paper's version shows it. Call once a second.
        """
        running = list(self._running.values())
        if not running:
            return
        versions = self._ledger.queue.versions({item.paper.id for item, _ in running})
        for item, jobs in running:
            if versions.get(item.paper.id) != item.version:
                jobs.cancel()

    def _report_discarded(self, item: WorkItem) -> None:
        """Report that a step's result was discarded, so that its page count is dropped."""
        if self._leases.owns(item):
            self._watch(Event(paper=item.paper.id, state=None))

    @contextmanager
    def _work_folder(self, item: WorkItem) -> Iterator[Path]:
        """A temporary folder for the files of one step."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{item.paper.id}-", dir=self._scratch) as folder:
            yield Path(folder)

    # -- the four steps ----------------------------------------------------------------------

    def _read(self, item: WorkItem, _folder: Path, jobs: PaperJobs) -> Outcome:
        paper = item.paper
        with self._store.work_file(paper.scan.blob) as scan:
            split = None
            if item.scan_state is ScanState.RECEIVED:
                paper = split = self._stages.split(paper, scan, jobs=jobs)
            recognised = self._stages.recognise(
                paper,
                scan,
                jobs=jobs,
                page_read=lambda page: self._watch(
                    Event(
                        paper=paper.id,
                        state=PaperState.RECEIVED,
                        page=page,
                        pages=len(paper.pages),
                    )
                ),
            )
        words = self._store.put_work_bytes(
            written.words_to_json(recognised.pages, engine=recognised.engine)
        )
        return Outcome(after=PaperState.RECOGNISED, split=split, recognised=(recognised, words))

    def _describe(self, item: WorkItem, folder: Path, jobs: PaperJobs) -> Outcome:
        if item.words is None:
            raise IntegrityViolation(
                "paper.no-words", f"paper {item.paper.id} is RECOGNISED but has no words"
            )
        with self._store.work_file(item.words) as words:
            pages, engine = written.words_from_json(words.read_bytes())
        with self._store.work_file(item.paper.scan.blob) as scan:
            record = self._stages.describe(
                RecognisedPaper(paper=item.paper, pages=pages, engine=engine),
                jobs=jobs,
                scan=scan,
                words=item.words,
                pdfa=folder / "paper.pdf",
                put=self._store.put_work,
            )
        if item.kept is not None:
            record = replace(record, description=item.kept)
        accepted = item.accept_as_found and not needs_a_person(record.description)
        if record.description.certain or accepted:
            return Outcome(after=PaperState.DESCRIBED, record=record)
        return Outcome(
            after=PaperState.REVIEW,
            code="review.doubtful",
            reason="something on this paper needs a person's eye; see it with: sohoa review "
            f"{item.paper.id}",
            record=record,
        )

    def _sign(self, item: WorkItem, folder: Path, jobs: PaperJobs) -> Outcome:
        if item.record is None:
            raise IntegrityViolation(
                "paper.no-record", f"paper {item.paper.id} is DESCRIBED but has no record"
            )
        office_key = self._stages.signing_key(item.paper.office)
        key = self._ledger.edits.bind_key(item, office_key)
        with self._store.work_file(item.record.pdfa) as pdfa:
            signed = self._stages.sign(
                item.record,
                key=key,
                jobs=jobs,
                pdfa=pdfa,
                out=folder / "signed.pdf",
                store=self._store,
            )
        return Outcome(after=PaperState.SIGNED, signed=signed)

    def _archive(self, item: WorkItem, _folder: Path, _jobs: PaperJobs) -> Outcome:
        if item.signed is None:
            raise IntegrityViolation(
                "paper.no-signed-record", f"paper {item.paper.id} is SIGNED but has no signed PDF"
            )
        events = tuple(
            HistoryEvent(
                at=move.at,
                before=move.before,
                after=move.after,
                code=move.code,
                reason=move.reason,
                actor=move.actor,
            )
            for move in self._ledger.papers.list_history(item.paper.id)
        )
        archived, entry = self._stages.deposit(
            item.signed, self._store, events=events, archived_by=self._leases.holder
        )
        self._catalogue.add(entry)
        return Outcome(after=PaperState.ARCHIVED, archived=archived)
