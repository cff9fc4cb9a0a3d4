"""A pipeline over a real ledger and store, with fake stages."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import cast
from uuid import UUID

from unit.workflow.fakes import (
    OFFICE,
    FakeStages,
    ListingCatalogue,
    StandingClock,
    new_ledger,
    scan,
)

from archive.file_store import FileStore
from dossier.ports import Catalogue
from dossier.states import PaperState
from workflow.ledger.edits import EditRequest, PaperEdits
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import IncomingScan, WorkItem
from workflow.pipeline.events import Event
from workflow.pipeline.paper_jobs import PaperJobs
from workflow.pipeline.step_functions import Stages
from workflow.pipeline.steps import Pipeline

PAPER = UUID(int=7)


class FakeJobs:
    """The jobs of a step, which only can be cancelled."""

    def __init__(self, paper: UUID) -> None:
        self.paper = paper
        self.cancelled = threading.Event()

    def cancel(self) -> None:
        self.cancelled.set()


class Harness:
    """A pipeline over a real ledger and store, with fake stages."""

    def __init__(self, folder: Path) -> None:
        self.clock = StandingClock()
        self.ledger: SqlLedger = new_ledger(folder)
        self.store = FileStore(folder / "store")
        self.stages = FakeStages()
        self.catalogue = ListingCatalogue()
        self.events: list[Event] = []
        self.scratch = folder / "scratch"
        self.jobs: list[FakeJobs] = []
        self.pipeline = Pipeline(
            ledger=self.ledger,
            store=self.store,
            catalogue=cast("Catalogue", self.catalogue),
            stages=cast("Stages", self.stages),
            clock=self.clock,
            paper_jobs=self._jobs_of,
            scratch=self.scratch,
            watch=self.events.append,
            per_office=2,
        )

    def _jobs_of(self, item: WorkItem) -> PaperJobs:
        self.jobs.append(FakeJobs(item.paper.id))
        return cast("PaperJobs", self.jobs[-1])

    def take(self, *, sign: bool = True, accept: bool = False) -> None:
        content = b"scan"
        received = scan(1)
        blob = self.store.put_work_bytes(content)
        received = type(received)(
            id=received.id,
            office=OFFICE,
            blob=blob,
            media_type=received.media_type,
            source=received.source,
            received_at=received.received_at,
        )
        self.ledger.intake.receive(
            IncomingScan(scan=received, paper=PAPER, dossier="D1", sign=sign, accept=accept)
        )

    def advance(self) -> PaperState:
        self.pipeline.advance(PAPER)
        return self.state

    @property
    def arranging(self) -> PaperEdits:
        return self.ledger.edits

    def act(self) -> EditRequest:
        return EditRequest(paper=PAPER, offices=[OFFICE], actor="x", at=self.clock.now())

    @property
    def state(self) -> PaperState:
        row = self.ledger.papers.get_summary(PAPER, offices=[OFFICE])
        assert row is not None
        return row.state

    @property
    def code(self) -> str:
        row = self.ledger.papers.get_summary(PAPER, offices=[OFFICE])
        assert row is not None
        return row.code
