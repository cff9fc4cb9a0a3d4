"""The order of steps: the one place that knows it.

    RECEIVED    count the pages, read them       -> RECOGNISED
    RECOGNISED  describe, make the PDF/A         -> DESCRIBED; REVIEW where something is doubtful
    DESCRIBED   sign, if somebody asked for it   -> SIGNED
    SIGNED      deposit, read back, catalogue    -> ARCHIVED

A step is: claim, run the stage's function, write blobs, save the row, commit. Whatever ends a
process between two of these leaves a paper that the next claim takes from where it stood.

Where workers are many, steps have two lanes, reading and signing, so that a thousand scans do not
hold up a signature. A nudge then only says that there is something to do in a lane: it is always
the oldest dossier's paper that is taken.
"""

from __future__ import annotations

import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import structlog

from dossier import disk, written
from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
)
from dossier.ports import Catalogue, Clock, ObjectStore
from dossier.spine import RecognisedPaper
from dossier.states import PAPER_MOVES, PaperState, ScanState
from workflow import log_context
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import Outcome, WorkItem
from workflow.pipeline.backoff import pause
from workflow.pipeline.events import Event, Watch
from workflow.pipeline.leases import Holding
from workflow.pipeline.stages import Stages

log = structlog.get_logger()

_FIRST_RETRY = timedelta(seconds=5)
_LONGEST_RETRY = timedelta(minutes=10)
# A paper that kills its worker twice is set aside, not retried for ever.
_MOST_CRASHES = 2
# One whose child somebody else ended is not to blame, unless the machine has to do it each time.
_MOST_KILLS = 10


class Lane(StrEnum):
    """Where a paper waits for its next step; the name of a queue."""

    OCR = "ocr"
    SIGNING = "signing"


LANES = {
    PaperState.RECEIVED: Lane.OCR,
    PaperState.RECOGNISED: Lane.OCR,
    PaperState.DESCRIBED: Lane.SIGNING,
    PaperState.SIGNED: Lane.SIGNING,
}


def states_of(lane: Lane) -> tuple[PaperState, ...]:
    """The states from which a lane's steps begin."""
    return tuple(state for state, its in LANES.items() if its is lane)


class Pipeline:
    """Moves papers on, one step after the other, as far as they go by themselves."""

    def __init__(
        self,
        *,
        ledger: SqlLedger,
        store: ObjectStore,
        catalogue: Catalogue,
        stages: Stages,
        clock: Clock,
        scratch: Path,
        watch: Watch,
        nudge: Callable[[UUID, Lane], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._catalogue = catalogue
        self._stages = stages
        self._clock = clock
        self._scratch = scratch
        self._watch = watch
        self._nudge = nudge
        self._holding = Holding(ledger, clock=clock)
        self._holder = self._holding.holder
        self._stopping = threading.Event()
        self._steps: dict[PaperState, Callable[[WorkItem, Path], Outcome]] = {
            PaperState.RECEIVED: self._read,
            PaperState.RECOGNISED: self._describe,
            PaperState.DESCRIBED: self._sign,
            PaperState.SIGNED: self._archive,
        }

    def advance(self, paper: UUID) -> None:
        """Move a paper on until it waits for a person, a time or nothing; raises nothing of ours.

        What goes wrong is saved with the paper and told to the watch.
        """
        with self._unsaved(paper):
            self._go_on(self._taken(paper), lane=None)

    def advance_oldest(self, lane: Lane) -> None:
        """Move the paper of the oldest dossier that waits in a lane to the end of the lane.

        Where it goes on in another, that one is nudged. Raises nothing of ours, as ``advance``.
        """
        with self._unsaved(None):
            self._go_on(self._taken_oldest(lane), lane=lane)

    @contextmanager
    def _unsaved(self, paper: UUID | None) -> Iterator[None]:
        """Where the ledger itself cannot write, it says what it said last.

        The paper's lease stays ours; the next nudge takes it again.
        """
        try:
            yield
        except SohoaError as error:
            log.error("paper.unsaved", paper=str(paper or ""), code=error.code)  # noqa: TRY400 - an event of ours, without the text of foreign exceptions
            if paper is not None:
                self._watch(Event(paper=paper, state=None, error=error))

    def _go_on(self, held: WorkItem | None, *, lane: Lane | None) -> None:
        """Step after step, as long as the paper moves and stays in the lane, if there is one."""
        while held is not None:
            paper, told = held.paper.id, True
            try:
                with log_context.bind(held.request, paper=str(paper)):
                    state = self._advance_one(held)
            except SohoaError:
                told = False
                raise
            finally:
                self._holding.end(held, told=told)
            its = None if state is None else LANES.get(state)
            if its is None or self._stopping.is_set():
                return
            if lane is not None and its is not lane:
                if self._nudge is not None and (its is Lane.OCR or held.sign_requested):
                    self._nudge(paper, its)
                return
            held = self._taken(paper)

    def _taken(self, paper: UUID) -> WorkItem | None:
        return None if self._stopping.is_set() else self._holding.take(paper)

    def _taken_oldest(self, lane: Lane) -> WorkItem | None:
        return None if self._stopping.is_set() else self._holding.take_oldest(states_of(lane))

    def stop(self) -> None:
        """Begin no step any more; one whose child is ended from now on is handed back."""
        self._stopping.set()

    def renew(self) -> None:
        """Hold for longer what is in hand; to be called well within ``LEASE``."""
        self._holding.renew()

    def give_back(self) -> None:
        """Let go what the ledger could not be told of, once it answers; to be called often."""
        self._holding.give_back()

    def _advance_one(self, held: WorkItem) -> PaperState | None:
        """Run one step; the state from which it is worth going on at once, or None."""
        began = time.monotonic()
        try:
            with self._desk(held) as desk:
                outcome = self._steps[held.state](held, desk)
                saved = self._ledger.finish(
                    held, outcome, now=self._clock.now(), actor=self._holder
                )
        except SohoaError as error:
            return self._stopped(held, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the worker down
            ours = disk.as_ours(error) if isinstance(error, OSError) else None
            return self._stopped(held, ours or _unexpected(held.paper.id, error))
        if not saved:
            self._tell_nothing_came(held)
            return None
        seconds = time.monotonic() - began
        log.info("paper.moved", state=outcome.after.value, seconds=round(seconds, 3))
        self._watch(
            Event(paper=held.paper.id, state=outcome.after, before=held.state, seconds=seconds)
        )
        return outcome.after

    def _stopped(self, held: WorkItem, error: SohoaError) -> PaperState | None:
        """Save why a step did not come to its end; the paper's state where to try again at once."""
        now = self._clock.now()
        if self._stopping.is_set() and error.code.startswith("child."):
            # Neither the paper's fault nor a try: whoever starts next takes it as it was.
            self._ledger.hand_back(held, now=now)
            self._tell_nothing_came(held)
            return None
        log.warning("paper.stopped", code=error.code)
        rejectable = PaperState.REJECTED in PAPER_MOVES[held.state]
        if isinstance(error, RejectedInput) and rejectable:
            outcome = Outcome(
                after=PaperState.REJECTED,
                code=error.code,
                reason=error.message,
                fault=error.fault,
            )
            self._ledger.finish(held, outcome, now=now, actor=self._holder)
            self._watch(Event(paper=held.paper.id, state=PaperState.REJECTED, error=error))
            return None
        retry_at = None
        at_once = False
        if isinstance(error, TransientFault | Misconfigured):
            most = _MOST_KILLS if error.code == "child.killed" else _MOST_CRASHES
            if not error.code.startswith("child.") or error.code == "child.not-started":
                retry_at = now + pause(held.attempts, first=_FIRST_RETRY, longest=_LONGEST_RETRY)
            elif held.attempts < most:
                retry_at, at_once = now, True
        code = error.code if retry_at is not None else f"set-aside.{error.code}"
        self._ledger.let_go(
            held,
            code=code[:60],
            reason=error.message[:500],
            fault=error.fault,
            now=now,
            retry_at=retry_at,
        )
        if at_once:
            return held.state
        self._watch(Event(paper=held.paper.id, state=held.state, error=error))
        return None

    def _tell_nothing_came(self, held: WorkItem) -> None:
        """Whoever counts pages is to forget those of a step whose outcome is not wanted."""
        if self._holding.has(held):
            self._watch(Event(paper=held.paper.id, state=None))

    @contextmanager
    def _desk(self, held: WorkItem) -> Iterator[Path]:
        """A folder for what is being made, gone when the step is over."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{held.paper.id}-", dir=self._scratch) as desk:
            yield Path(desk)

    # -- the four steps ----------------------------------------------------------------------

    def _read(self, held: WorkItem, _desk: Path) -> Outcome:
        paper = held.paper
        with self._store.work_file(paper.scan.blob) as scan:
            split = None
            if held.scan_state is ScanState.RECEIVED:
                paper = split = self._stages.split(paper, scan)
            recognised = self._stages.recognise(
                paper,
                scan,
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

    def _describe(self, held: WorkItem, desk: Path) -> Outcome:
        if held.words is None:
            raise IntegrityViolation(
                "paper.no-words", f"paper {held.paper.id} is RECOGNISED but has no words"
            )
        with self._store.work_file(held.words) as words:
            pages, engine = written.words_from_json(words.read_bytes())
        with self._store.work_file(held.paper.scan.blob) as scan:
            record = self._stages.describe(
                RecognisedPaper(paper=held.paper, pages=pages, engine=engine),
                scan=scan,
                words=held.words,
                pdfa=desk / "paper.pdf",
                put=self._store.put_work,
            )
        if held.kept is not None:
            record = replace(record, description=held.kept)
        if record.description.certain or held.accept_as_found:
            return Outcome(after=PaperState.DESCRIBED, record=record)
        return Outcome(
            after=PaperState.REVIEW,
            code="review.doubtful",
            reason="something on this paper needs a person's eye; see it with: sohoa review "
            f"{held.paper.id}",
            record=record,
        )

    def _sign(self, held: WorkItem, desk: Path) -> Outcome:
        if held.record is None:
            raise IntegrityViolation(
                "paper.no-record", f"paper {held.paper.id} is DESCRIBED but has no record"
            )
        with self._store.work_file(held.record.pdfa) as pdfa:
            signed = self._stages.sign(
                held.record, pdfa=pdfa, out=desk / "signed.pdf", store=self._store
            )
        return Outcome(after=PaperState.SIGNED, signed=signed)

    def _archive(self, held: WorkItem, _desk: Path) -> Outcome:
        if held.signed is None:
            raise IntegrityViolation(
                "paper.no-signed-record", f"paper {held.paper.id} is SIGNED but has no signed PDF"
            )
        archived, entry = self._stages.deposit(held.signed, self._store)
        self._catalogue.add(entry)
        return Outcome(after=PaperState.ARCHIVED, archived=archived)

    # -- by a person's hand ------------------------------------------------------------------

    def nudge_order(self) -> list[UUID]:
        """What a crash or a passed time left to do, oldest dossier first."""
        return self._holding.stalled()


def _unexpected(paper: UUID, error: Exception) -> TransientFault:
    """Log where, but not what: the text of a foreign exception may hold somebody's name."""
    where = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    log.error("paper.fault", error=type(error).__name__, where=where[-6:])
    return TransientFault(
        "fault.unexpected",
        f"paper {paper}: a fault of ours ({type(error).__name__}); the paper is kept as it was, "
        "tell the operator",
    )
