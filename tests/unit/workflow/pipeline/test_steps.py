"""The order of steps, and what becomes of a step that fails."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from unit.workflow.fakes import (
    OFFICE,
)
from unit.workflow.pipeline.harness import PAPER, Harness

from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
)
from dossier.spine import RecognisedPaper
from dossier.states import PaperState
from pages.children import BudgetExceeded
from signing.received import NOT_COUNTERSIGNED
from workflow.pipeline.progress import Progress


class Reads:
    """A reading that begins and ends on signals."""

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


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    return Harness(tmp_path)


def test_a_certain_paper_goes_all_the_way(harness: Harness) -> None:
    harness.take()
    assert harness.advance() is PaperState.ARCHIVED
    assert harness.stages.calls == ["split", "recognise", "describe", "sign", "deposit"]
    moves = [(m.before, m.after) for m in harness.ledger.papers.list_history(PAPER)]
    assert moves == [
        ("", "RECEIVED"),
        ("RECEIVED", "RECOGNISED"),
        ("RECOGNISED", "DESCRIBED"),
        ("DESCRIBED", "SIGNED"),
        ("SIGNED", "ARCHIVED"),
    ]
    assert [entry.paper for entry in harness.catalogue.entries] == [PAPER]
    assert [e.page for e in harness.events if e.page] == [1]
    assert list(harness.scratch.iterdir()) == []


def test_nothing_is_signed_unless_somebody_asked(harness: Harness) -> None:
    harness.take(sign=False)
    assert harness.advance() is PaperState.DESCRIBED
    assert "sign" not in harness.stages.calls
    harness.arranging.request_signature(harness.act())
    assert harness.advance() is PaperState.ARCHIVED


def test_no_other_key_fulfils_a_request(harness: Harness) -> None:
    harness.stages.fail["sign"] = [TransientFault("tsa.no-answer", "later")]
    harness.take()
    assert harness.advance() is PaperState.DESCRIBED
    harness.stages.key = "b2" * 32
    harness.clock.pass_by(hours=1)
    assert harness.advance() is PaperState.DESCRIBED
    assert harness.code == "signer.key-changed"
    held = harness.ledger.papers.get(PAPER, offices=[OFFICE])
    assert held is not None
    assert not held.sign_requested
    harness.arranging.request_signature(harness.act(), key=harness.stages.key)
    assert harness.advance() is PaperState.ARCHIVED


def test_a_request_that_names_another_key_lapses(harness: Harness) -> None:
    harness.take(sign=False)
    harness.advance()
    harness.arranging.request_signature(harness.act(), key="b2" * 32)
    assert harness.advance() is PaperState.DESCRIBED
    assert harness.code == "signer.key-changed"
    assert harness.events[-1].error is not None


def test_a_paper_that_is_not_countersigned_stays_as_it_is(harness: Harness) -> None:
    harness.stages.fail["sign"] = [RejectedInput(NOT_COUNTERSIGNED, "a weak digest")]
    harness.take()
    assert harness.advance() is PaperState.DESCRIBED
    assert harness.code == NOT_COUNTERSIGNED
    held = harness.ledger.papers.get(PAPER, offices=[OFFICE])
    assert held is not None
    assert not held.sign_requested


def test_a_doubtful_paper_stands_in_review_and_forgets_the_wish_to_be_signed(
    harness: Harness,
) -> None:
    harness.stages.doubtful = True
    harness.take(sign=True)
    assert harness.advance() is PaperState.REVIEW
    assert harness.code == "review.doubtful"
    held = harness.ledger.papers.get(PAPER, offices=[OFFICE])
    assert held is not None
    assert not held.sign_requested


def test_accepting_as_found_passes_over_the_review(harness: Harness) -> None:
    harness.stages.doubtful = True
    harness.take(accept=True)
    assert harness.advance() is PaperState.ARCHIVED


def test_a_bad_scan_is_rejected_with_its_reason(harness: Harness) -> None:
    harness.stages.fail["split"] = [RejectedInput("scan.encrypted", "take the password off")]
    harness.take()
    assert harness.advance() is PaperState.REJECTED
    assert harness.code == "scan.encrypted"
    row = harness.ledger.papers.get_summary(PAPER, offices=[OFFICE])
    assert row is not None
    assert row.reason == "take the password off"
    assert isinstance(harness.events[-1].error, RejectedInput)


@pytest.mark.parametrize(
    "error",
    [TransientFault("tsa.no-answer", "later"), Misconfigured("signer.not-set", "set it")],
)
def test_without_a_timestamp_a_paper_waits_described(harness: Harness, error: SohoaError) -> None:
    harness.stages.fail["sign"] = [error]
    harness.take()
    assert harness.advance() is PaperState.DESCRIBED
    assert harness.code == error.code
    # Not before its time, then by itself.
    assert harness.advance() is PaperState.DESCRIBED
    assert harness.stages.calls.count("sign") == 1
    harness.clock.pass_by(seconds=6)
    assert harness.pipeline.stalled_papers() == [PAPER]
    assert harness.advance() is PaperState.ARCHIVED
    assert harness.code == ""


def test_retries_wait_longer_each_time_but_not_for_ever(harness: Harness) -> None:
    fault = TransientFault("tsa.no-answer", "later")
    harness.stages.fail["sign"] = [fault] * 12
    harness.take()
    waits = []
    while harness.stages.fail["sign"]:
        harness.advance()
        waited = 0
        while not harness.pipeline.stalled_papers():
            harness.clock.pass_by(seconds=5)
            waited += 5
        waits.append(waited)
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 600


def test_a_paper_that_kills_its_worker_twice_is_set_aside(harness: Harness) -> None:
    crash = TransientFault("child.crashed", "it crashed")
    harness.stages.fail["describe"] = [crash, crash]
    harness.take()
    assert harness.advance() is PaperState.RECOGNISED
    assert harness.code == "set-aside.child.crashed"
    assert harness.stages.calls.count("describe") == 2
    harness.clock.pass_by(days=30)
    assert harness.pipeline.stalled_papers() == []


def test_one_crash_is_tried_again_at_once(harness: Harness) -> None:
    harness.stages.fail["describe"] = [TransientFault("child.crashed", "it crashed")]
    harness.take()
    assert harness.advance() is PaperState.ARCHIVED


def test_a_violation_of_integrity_is_never_retried(harness: Harness) -> None:
    harness.stages.fail["deposit"] = [IntegrityViolation("record.not-as-written", "alarm")]
    harness.take()
    assert harness.advance() is PaperState.SIGNED
    harness.clock.pass_by(days=30)
    assert harness.pipeline.stalled_papers() == []
    assert harness.code == "set-aside.record.not-as-written"


def test_a_rejection_after_signing_is_no_rejection(harness: Harness) -> None:
    harness.stages.fail["deposit"] = [RejectedInput("x.y", "no")]
    harness.take()
    assert harness.advance() is PaperState.SIGNED
    assert harness.code == "set-aside.x.y"


def test_a_fault_of_ours_keeps_the_paper_and_tells_no_text(
    harness: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness.stages.fail["recognise"] = [ValueError("Nguyễn Văn A 001099012345")]
    harness.take()
    assert harness.advance() is PaperState.RECEIVED
    assert harness.code == "fault.unexpected"
    row = harness.ledger.papers.get_summary(PAPER, offices=[OFFICE])
    assert row is not None
    said = row.reason + "".join(capsys.readouterr())
    assert "Nguyễn" not in said
    assert "001099012345" not in said
    assert "ValueError" in row.reason


def test_two_workers_at_one_paper_do_its_steps_once(harness: Harness) -> None:
    harness.take()
    held = harness.ledger.queue.claim(
        PAPER,
        now=harness.clock.now(),
        lease=harness.clock.now() - harness.clock.now(),
        holder="other-host:1:1",
        is_gone=lambda _: False,
    )
    assert held is not None
    # Its lease is over at once, so ours takes it; the other can then save nothing.
    assert harness.advance() is PaperState.ARCHIVED
    harness.ledger.queue.fail(held, code="x", reason="x", now=harness.clock.now(), retry_at=None)
    assert harness.state is PaperState.ARCHIVED
    assert harness.code == ""


def _controlled_reads(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> tuple[Reads, Reads]:
    """Two readings of the paper that end on signals."""
    reads = (Reads(), Reads())
    coming = iter(reads)
    recognise = harness.stages.recognise

    def waiting(*args: Any, **named: Any) -> RecognisedPaper:  # noqa: ANN401 - as they are
        mine = next(coming)
        mine.begun.set()
        assert mine.may_end.wait(60)
        return recognise(*args, **named)

    monkeypatch.setattr(harness.stages, "recognise", waiting)
    for mine in reads:
        mine.thread = threading.Thread(target=harness.pipeline.advance, args=(PAPER,))
    return reads


def test_a_paper_that_is_moved_while_it_is_read_is_read_once_more_and_no_oftener(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.take()
    first, second = _controlled_reads(harness, monkeypatch)
    first.begin()
    harness.arranging.move_to_dossier(harness.act(), "D2")
    second.begin()
    # The one that lost the paper ends first: the other has it still.
    first.end()
    assert harness.pipeline.stalled_papers() == []
    harness.pipeline.advance(PAPER)
    second.end()
    assert harness.state is PaperState.ARCHIVED
    assert [stage for stage in harness.stages.calls if stage == "recognise"] == ["recognise"] * 2
    assert [event.paper for event in harness.events if event.state is None] == []


def test_the_result_of_a_paper_withdrawn_meanwhile_is_not_reported(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.take()
    first, _ = _controlled_reads(harness, monkeypatch)
    first.begin()
    harness.arranging.withdraw(harness.act())
    progress = Progress()
    first.end()
    for event in harness.events:
        progress.note(event)
    assert progress.all() == {}
    assert harness.state is PaperState.REJECTED


def test_where_no_child_can_be_started_a_paper_waits(harness: Harness) -> None:
    harness.take()
    for _ in range(5):
        harness.stages.fail["recognise"] = [TransientFault("child.not-started", "no memory")]
        assert harness.advance() is PaperState.RECEIVED
        assert harness.code == "child.not-started"
        harness.clock.pass_by(minutes=11)
    assert harness.advance() is PaperState.ARCHIVED


def test_a_paper_that_could_not_be_given_back_is_taken_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.take()
    harness.stages.fail["recognise"] = [TransientFault("disk.full", "make room")]

    def full(*_: object, **__: object) -> None:
        raise TransientFault("database.no-answer", "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(harness.ledger.queue, "fail", full)
        assert harness.advance() is PaperState.RECEIVED
    assert harness.pipeline.stalled_papers() == [PAPER]
    assert harness.advance() is PaperState.ARCHIVED


def _in_child(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> tuple[threading.Thread, threading.Event]:
    """A reading that runs in a child until it is cancelled, as ``PaperJobs`` ends it."""
    begun = threading.Event()

    def reading(*_: object, **__: object) -> RecognisedPaper:
        begun.set()
        assert harness.jobs[-1].cancelled.wait(60)
        raise TransientFault("child.cancelled", "the paper was changed meanwhile")

    monkeypatch.setattr(harness.stages, "recognise", reading)
    return threading.Thread(target=harness.pipeline.advance, args=(PAPER,)), begun


def test_a_withdrawn_paper_is_cancelled_while_it_is_read(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.take()
    thread, begun = _in_child(harness, monkeypatch)
    thread.start()
    assert begun.wait(60)
    harness.pipeline.cancel_superseded()
    assert not harness.jobs[-1].cancelled.is_set()
    # Another process may do it: only the ledger tells.
    harness.arranging.withdraw(harness.act())
    harness.pipeline.cancel_superseded()
    thread.join(60)
    assert not thread.is_alive()
    assert harness.state is PaperState.REJECTED
    assert harness.code == "withdrawn"
    assert harness.pipeline.stalled_papers() == []


def test_a_moved_paper_is_cancelled_and_read_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.take()
    with monkeypatch.context() as patched:
        thread, begun = _in_child(harness, patched)
        thread.start()
        assert begun.wait(60)
        harness.arranging.move_to_dossier(harness.act(), "D2")
        harness.pipeline.cancel_superseded()
        thread.join(60)
    assert harness.advance() is PaperState.ARCHIVED


def test_a_paper_over_its_budget_is_rejected(harness: Harness) -> None:
    harness.take()
    harness.stages.fail["recognise"] = [BudgetExceeded("scan.too-costly", "too much")]
    assert harness.advance() is PaperState.REJECTED
    assert harness.code == "scan.too-costly"
