"""The order of steps, and what becomes of a step that fails."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from unit.workflow.fakes import (
    OFFICE,
    FakeStages,
    ListingCatalogue,
    StandingClock,
    new_ledger,
    scan,
)

from archive.file_store import FileStore
from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
)
from dossier.ports import Catalogue
from dossier.spine import RecognisedPaper
from dossier.states import PaperState
from workflow.ledger.edits import Act, Arranging
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import Incoming
from workflow.pipeline.events import Event
from workflow.pipeline.progress import Progress
from workflow.pipeline.stages import Stages
from workflow.pipeline.steps import Pipeline

PAPER = UUID(int=7)


class Reads:
    """A reading that begins when it is told to, and ends so."""

    thread: threading.Thread

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def begin(self) -> None:
        self.thread.start()
        assert self.begun.wait(60)

    def end(self) -> None:
        self.may_end.set()
        self.thread.join()


class Desk:
    """A pipeline over a real ledger and store, with fake stages."""

    def __init__(self, folder: Path) -> None:
        self.clock = StandingClock()
        self.ledger: SqlLedger = new_ledger(folder)
        self.store = FileStore(folder / "store")
        self.stages = FakeStages()
        self.catalogue = ListingCatalogue()
        self.events: list[Event] = []
        self.scratch = folder / "scratch"
        self.pipeline = Pipeline(
            ledger=self.ledger,
            store=self.store,
            catalogue=cast("Catalogue", self.catalogue),
            stages=cast("Stages", self.stages),
            clock=self.clock,
            scratch=self.scratch,
            watch=self.events.append,
        )

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
        self.ledger.receive(
            Incoming(scan=received, paper=PAPER, dossier="D1", sign=sign, accept=accept)
        )

    def advance(self) -> PaperState:
        self.pipeline.advance(PAPER)
        return self.state

    @property
    def arranging(self) -> Arranging:
        return Arranging(self.ledger.connections)

    def act(self) -> Act:
        return Act(paper=PAPER, offices=[OFFICE], actor="x", at=self.clock.now())

    @property
    def state(self) -> PaperState:
        row = self.ledger.row(PAPER, offices=[OFFICE])
        assert row is not None
        return row.state

    @property
    def code(self) -> str:
        row = self.ledger.row(PAPER, offices=[OFFICE])
        assert row is not None
        return row.code


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_certain_paper_goes_all_the_way(desk: Desk) -> None:
    desk.take()
    assert desk.advance() is PaperState.ARCHIVED
    assert desk.stages.calls == ["split", "recognise", "describe", "sign", "deposit"]
    moves = [(m.before, m.after) for m in desk.ledger.history(PAPER)]
    assert moves == [
        ("", "RECEIVED"),
        ("RECEIVED", "RECOGNISED"),
        ("RECOGNISED", "DESCRIBED"),
        ("DESCRIBED", "SIGNED"),
        ("SIGNED", "ARCHIVED"),
    ]
    assert [entry.paper for entry in desk.catalogue.entries] == [PAPER]
    assert [e.page for e in desk.events if e.page] == [1]
    assert list(desk.scratch.iterdir()) == []


def test_nothing_is_signed_unless_somebody_asked(desk: Desk) -> None:
    desk.take(sign=False)
    assert desk.advance() is PaperState.DESCRIBED
    assert "sign" not in desk.stages.calls
    desk.arranging.ask_to_sign(desk.act())
    assert desk.advance() is PaperState.ARCHIVED


def test_a_doubtful_paper_stands_in_review_and_forgets_the_wish_to_be_signed(desk: Desk) -> None:
    desk.stages.doubtful = True
    desk.take(sign=True)
    assert desk.advance() is PaperState.REVIEW
    assert desk.code == "review.doubtful"
    held = desk.ledger.look(PAPER, offices=[OFFICE])
    assert held is not None
    assert not held.sign_requested


def test_accepting_as_found_passes_over_the_review(desk: Desk) -> None:
    desk.stages.doubtful = True
    desk.take(accept=True)
    assert desk.advance() is PaperState.ARCHIVED


def test_a_bad_scan_is_rejected_with_its_reason(desk: Desk) -> None:
    desk.stages.fail["split"] = [RejectedInput("scan.encrypted", "take the password off")]
    desk.take()
    assert desk.advance() is PaperState.REJECTED
    assert desk.code == "scan.encrypted"
    row = desk.ledger.row(PAPER, offices=[OFFICE])
    assert row is not None
    assert row.reason == "take the password off"
    assert isinstance(desk.events[-1].error, RejectedInput)


@pytest.mark.parametrize(
    "error",
    [TransientFault("tsa.no-answer", "later"), Misconfigured("signer.not-set", "set it")],
)
def test_without_a_timestamp_a_paper_waits_described(desk: Desk, error: SohoaError) -> None:
    desk.stages.fail["sign"] = [error]
    desk.take()
    assert desk.advance() is PaperState.DESCRIBED
    assert desk.code == error.code
    # Not before its time, then by itself.
    assert desk.advance() is PaperState.DESCRIBED
    assert desk.stages.calls.count("sign") == 1
    desk.clock.pass_by(seconds=6)
    assert desk.pipeline.nudge_order() == [PAPER]
    assert desk.advance() is PaperState.ARCHIVED
    assert desk.code == ""


def test_retries_wait_longer_each_time_but_not_for_ever(desk: Desk) -> None:
    fault = TransientFault("tsa.no-answer", "later")
    desk.stages.fail["sign"] = [fault] * 12
    desk.take()
    waits = []
    while desk.stages.fail["sign"]:
        desk.advance()
        waited = 0
        while not desk.pipeline.nudge_order():
            desk.clock.pass_by(seconds=5)
            waited += 5
        waits.append(waited)
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 600


def test_a_paper_that_kills_its_worker_twice_is_set_aside(desk: Desk) -> None:
    crash = TransientFault("child.crashed", "it crashed")
    desk.stages.fail["describe"] = [crash, crash]
    desk.take()
    assert desk.advance() is PaperState.RECOGNISED
    assert desk.code == "set-aside.child.crashed"
    assert desk.stages.calls.count("describe") == 2
    desk.clock.pass_by(days=30)
    assert desk.pipeline.nudge_order() == []


def test_one_crash_is_tried_again_at_once(desk: Desk) -> None:
    desk.stages.fail["describe"] = [TransientFault("child.crashed", "it crashed")]
    desk.take()
    assert desk.advance() is PaperState.ARCHIVED


def test_a_violation_of_integrity_is_never_retried(desk: Desk) -> None:
    desk.stages.fail["deposit"] = [IntegrityViolation("record.not-as-written", "alarm")]
    desk.take()
    assert desk.advance() is PaperState.SIGNED
    desk.clock.pass_by(days=30)
    assert desk.pipeline.nudge_order() == []
    assert desk.code == "set-aside.record.not-as-written"


def test_a_rejection_after_signing_is_no_rejection(desk: Desk) -> None:
    desk.stages.fail["deposit"] = [RejectedInput("x.y", "no")]
    desk.take()
    assert desk.advance() is PaperState.SIGNED
    assert desk.code == "set-aside.x.y"


def test_a_fault_of_ours_keeps_the_paper_and_tells_no_text(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.stages.fail["recognise"] = [ValueError("Nguyễn Văn A 001099012345")]
    desk.take()
    assert desk.advance() is PaperState.RECEIVED
    assert desk.code == "fault.unexpected"
    row = desk.ledger.row(PAPER, offices=[OFFICE])
    assert row is not None
    said = row.reason + "".join(capsys.readouterr())
    assert "Nguyễn" not in said
    assert "001099012345" not in said
    assert "ValueError" in row.reason


def test_two_workers_at_one_paper_do_its_steps_once(desk: Desk) -> None:
    desk.take()
    held = desk.ledger.claim(
        PAPER,
        now=desk.clock.now(),
        lease=desk.clock.now() - desk.clock.now(),
        holder="other-host:1:1",
        is_gone=lambda _: False,
    )
    assert held is not None
    # Its lease is over at once, so ours takes it; the other can then save nothing.
    assert desk.advance() is PaperState.ARCHIVED
    desk.ledger.let_go(held, code="x", reason="x", now=desk.clock.now(), retry_at=None)
    assert desk.state is PaperState.ARCHIVED
    assert desk.code == ""


def _reads_when_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Reads, Reads]:
    """Two readings of the paper that come to their ends when they are told to."""
    reads = (Reads(), Reads())
    coming = iter(reads)
    recognise = desk.stages.recognise

    def waiting(*args: Any, **named: Any) -> RecognisedPaper:  # noqa: ANN401 - as they are
        mine = next(coming)
        mine.begun.set()
        assert mine.may_end.wait(60)
        return recognise(*args, **named)

    monkeypatch.setattr(desk.stages, "recognise", waiting)
    for mine in reads:
        mine.thread = threading.Thread(target=desk.pipeline.advance, args=(PAPER,))
    return reads


def test_a_paper_that_is_moved_while_it_is_read_is_read_once_more_and_no_oftener(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.take()
    first, second = _reads_when_told(desk, monkeypatch)
    first.begin()
    desk.arranging.move(desk.act(), "D2")
    second.begin()
    # The one that lost the paper ends first: the other has it still.
    first.end()
    assert desk.pipeline.nudge_order() == []
    desk.pipeline.advance(PAPER)
    second.end()
    assert desk.state is PaperState.ARCHIVED
    assert [stage for stage in desk.stages.calls if stage == "recognise"] == ["recognise"] * 2
    assert [event.paper for event in desk.events if event.state is None] == []


def test_what_came_of_a_paper_that_was_withdrawn_meanwhile_is_told_to_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.take()
    first, _ = _reads_when_told(desk, monkeypatch)
    first.begin()
    desk.arranging.withdraw(desk.act())
    progress = Progress()
    first.end()
    for event in desk.events:
        progress.note(event)
    assert progress.all() == {}
    assert desk.state is PaperState.REJECTED


def test_where_no_child_can_be_started_a_paper_waits(desk: Desk) -> None:
    desk.take()
    for _ in range(5):
        desk.stages.fail["recognise"] = [TransientFault("child.not-started", "no memory")]
        assert desk.advance() is PaperState.RECEIVED
        assert desk.code == "child.not-started"
        desk.clock.pass_by(minutes=11)
    assert desk.advance() is PaperState.ARCHIVED


def test_a_paper_that_could_not_be_given_back_is_taken_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.take()
    desk.stages.fail["recognise"] = [TransientFault("disk.full", "make room")]

    def full(*_: object, **__: object) -> None:
        raise TransientFault("database.no-answer", "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(desk.ledger, "let_go", full)
        assert desk.advance() is PaperState.RECEIVED
    assert desk.pipeline.nudge_order() == [PAPER]
    assert desk.advance() is PaperState.ARCHIVED
