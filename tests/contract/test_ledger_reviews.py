"""Values settled in review, and undone, as transactions on every database."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa
from contract.ledger_acts import hold, row_of
from unit.workflow.fakes import OFFICE, START, ledger_on, scan

from dossier.errors import WrongUse
from dossier.reports import PdfaReport
from dossier.spine import Blob, Description, RecognisedPaper, Record, Source, Value
from dossier.states import PaperState
from workflow.ledger.edits import EditRequest
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import IncomingScan, Outcome

PAPER = UUID(int=1)
BLOB = Blob("0" * 64, 1)
FOUND = Description(kind="marriage-extract", doubts=("missing:wife.name",))


@pytest.fixture
def ledger(engine: sa.Engine) -> SqlLedger:
    """A ledger with one paper in review."""
    made = ledger_on(engine)
    made.intake.receive(IncomingScan(scan=scan(1, content=b"a"), paper=PAPER, dossier="D1"))
    held = hold(made, PAPER)
    read = RecognisedPaper(paper=held.paper, pages=(), engine="e")
    recognised = Outcome(after=PaperState.RECOGNISED, recognised=(read, BLOB))
    assert made.queue.finish(held, recognised, now=START, actor="h:1:1")
    held = hold(made, PAPER)
    record = Record(
        paper=held.paper,
        pdfa=BLOB,
        words=BLOB,
        engine="e",
        pdfa_report=PdfaReport(flavour="2u", validator="v"),
        description=FOUND,
    )
    outcome = Outcome(after=PaperState.REVIEW, code="review.doubtful", record=record)
    assert made.queue.finish(held, outcome, now=START, actor="h:1:1")
    return made


def _edit(reason: str = "") -> EditRequest:
    return EditRequest(paper=PAPER, offices=[OFFICE], actor="person:x", at=START, reason=reason)


def _with(text: str) -> Description:
    value = Value(field="wife.name", text=text, source=Source.TYPED, confidence=1.0)
    return replace(FOUND, values=(value,), doubts=())


def _description(ledger: SqlLedger) -> Description:
    item = ledger.papers.get(PAPER, offices=[OFFICE])
    assert item is not None
    assert item.record is not None
    return item.record.description


def test_each_change_is_undone_in_turn_also_after_the_review(ledger: SqlLedger) -> None:
    assert not row_of(ledger, PAPER).undoable
    ledger.reviews.save(_edit(), _with("A"), after=PaperState.REVIEW, code="value-settled")
    ledger.reviews.save(_edit(), _with("B"), after=PaperState.DESCRIBED)
    assert (row_of(ledger, PAPER).state, row_of(ledger, PAPER).code) == (PaperState.DESCRIBED, "")
    ledger.reviews.undo(_edit())
    assert row_of(ledger, PAPER).state is PaperState.REVIEW
    assert _description(ledger) == _with("A")
    ledger.reviews.undo(_edit())
    assert _description(ledger) == FOUND
    assert not row_of(ledger, PAPER).undoable
    with pytest.raises(WrongUse, match="nothing to undo"):
        ledger.reviews.undo(_edit())


def test_a_settled_value_leaves_the_paper_waiting_for_the_same_reason(ledger: SqlLedger) -> None:
    ledger.reviews.save(
        _edit("wife.name"), _with("A"), after=PaperState.REVIEW, code="value-settled"
    )
    row = row_of(ledger, PAPER)
    assert (row.state, row.code, row.undoable) == (PaperState.REVIEW, "review.doubtful", True)
    last = ledger.papers.list_history(PAPER)[-1]
    assert (last.code, last.reason, last.actor) == ("value-settled", "wife.name", "person:x")


def test_nobody_overwrites_what_another_person_settled(ledger: SqlLedger) -> None:
    seen = row_of(ledger, PAPER).version
    ledger.reviews.save(_edit(), _with("A"), after=PaperState.REVIEW, version=seen)
    with pytest.raises(WrongUse) as refused:
        ledger.reviews.save(_edit(), _with("B"), after=PaperState.REVIEW, version=seen)
    assert refused.value.code == "review.changed-meanwhile"
    assert _description(ledger) == _with("A")


def test_what_is_undone_is_not_signed(ledger: SqlLedger) -> None:
    ledger.reviews.save(_edit(), _with("A"), after=PaperState.DESCRIBED)
    ledger.edits.request_signature(_edit())
    held = hold(ledger, PAPER)
    ledger.reviews.undo(_edit())
    assert not row_of(ledger, PAPER).sign_requested
    lost = Outcome(after=PaperState.SIGNED)
    assert not ledger.queue.finish(held, lost, now=START, actor="h:1:1")


def test_another_office_settles_and_undoes_nothing(ledger: SqlLedger) -> None:
    other = replace(_edit(), offices=["H15.01.01.01"])
    ledger.reviews.save(_edit(), _with("A"), after=PaperState.REVIEW)
    with pytest.raises(WrongUse, match="no such paper"):
        ledger.reviews.save(other, _with("B"), after=PaperState.REVIEW)
    with pytest.raises(WrongUse, match="no such paper"):
        ledger.reviews.undo(other)
