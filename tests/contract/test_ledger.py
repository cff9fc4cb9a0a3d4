"""What the ledger does on every database, asked of the real ones."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from contract.ledger_acts import (
    Check,
    ask_to_sign,
    claim,
    hold,
    recognise,
    row_of,
    take,
)
from unit.workflow.fakes import OFFICE, START, ledger_on, scan

from dossier.errors import WrongUse
from dossier.states import PaperState
from workflow.ledger.edits import EditRequest
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.statistics import Backlog
from workflow.ledger.tables import METADATA, PAPER
from workflow.ledger.tokens import Token, Tokens
from workflow.ledger.types import IdempotencyKey, IncomingScan, Outcome, Received

# -- coming in -------------------------------------------------------------------------------


def the_same_bytes_twice_in_a_dossier_are_one_paper(ledger: SqlLedger) -> None:
    first = take(ledger, 1, b"a")
    again = ledger.intake.receive(
        IncomingScan(scan=scan(2, content=b"a"), paper=UUID(int=2), dossier="D1")
    )
    assert again.known_already
    assert again.paper == first
    assert take(ledger, 3, b"a", dossier="D2") == UUID(int=3)


def those_that_come_together_see_each_other(ledger: SqlLedger) -> None:
    take(ledger, 1, b"a")
    group = [
        IncomingScan(scan=scan(number, content=content), paper=UUID(int=number), dossier=dossier)
        for number, (content, dossier) in enumerate(
            [(b"b", "D1"), (b"b", "D1"), (b"b", "D2"), (b"a", "D1"), (b"c", "D1")], 2
        )
    ]
    answers = ledger.intake.receive_batch(group)
    received = [(a.paper.int, a.known_already) for a in answers if isinstance(a, Received)]
    assert received == [(2, False), (2, True), (4, False), (1, True), (6, False)]
    for dossier, ordinals in (("D1", [1, 2, 3]), ("D2", [1])):
        rows = ledger.papers.list_papers(offices=[OFFICE], dossier=dossier)
        assert [row.ordinal for row in rows] == ordinals


def papers_are_numbered_in_their_dossier(ledger: SqlLedger) -> None:
    for number, content in enumerate([b"a", b"b", b"c"], 1):
        take(ledger, number, content)
    take(ledger, 9, b"a", dossier="D2")
    found = ledger.papers.list_papers(offices=[OFFICE], dossier="D1")
    assert [row.ordinal for row in found] == [1, 2, 3]
    assert [row.ordinal for row in ledger.papers.list_papers(offices=[OFFICE], dossier="D2")] == [1]


def what_was_rejected_may_come_again(ledger: SqlLedger) -> None:
    for number in (1, 2):
        received = ledger.intake.receive(
            IncomingScan(
                scan=scan(number, content=b"bad"),
                paper=UUID(int=number),
                dossier="D1",
                rejected=("scan.damaged", "scan it again"),
            )
        )
        assert not received.known_already
    assert row_of(ledger, UUID(int=1)).fault == "sender"
    assert take(ledger, 3, b"bad") == UUID(int=3)
    states = [row.state for row in ledger.papers.list_papers(offices=[OFFICE])]
    assert states == [PaperState.REJECTED, PaperState.REJECTED, PaperState.RECEIVED]


def what_was_rejected_by_a_step_may_come_again(ledger: SqlLedger) -> None:
    for number in (1, 2):
        held = hold(ledger, take(ledger, number, b"a"))
        # The second one after its pages were counted.
        split = held.paper if number == 2 else None
        if split is not None:
            counted = Outcome(after=PaperState.RECEIVED, split=split)
            assert ledger.queue.finish(held, counted, now=START, actor="x")
            held = hold(ledger, split.id)
        assert ledger.queue.finish(held, Outcome(after=PaperState.REJECTED), now=START, actor="x")
    assert take(ledger, 3, b"a") == UUID(int=3)


def a_key_is_answered_once(ledger: SqlLedger) -> None:
    Tokens(ledger.connections).add(
        Token(
            id="t", office=OFFICE, name="", digest=b"", scopes=(), rate=1, created_at=START,
            created_by="", expires_at=START,
        )
    )  # fmt: skip

    def send(number: int, asked: bytes) -> UUID:
        return ledger.intake.receive(
            IncomingScan(
                scan=scan(number, content=b"a"),
                paper=UUID(int=number),
                dossier="D1",
                idempotency=IdempotencyKey(token="t", key=b"k", request=asked),  # noqa: S106 - an id, not a secret
            )
        ).paper

    assert send(1, b"q") == send(2, b"q") == UUID(int=1)
    with pytest.raises(WrongUse) as raised:
        send(3, b"other")
    assert raised.value.code == "idempotency.key-reused"


def the_request_follows_the_paper(ledger: SqlLedger) -> None:
    ledger.intake.receive(
        IncomingScan(scan=scan(1), paper=UUID(int=1), dossier="D1", request="r-1")
    )
    assert hold(ledger, UUID(int=1)).request == "r-1"
    looked = ledger.papers.get(UUID(int=1), offices=[OFFICE])
    assert looked is not None
    assert looked.request == "r-1"
    assert hold(ledger, take(ledger, 2, b"b")).request == ""


def the_first_office_is_reported_once(ledger: SqlLedger) -> None:
    assert not ledger.offices.add("H99", "UBND", first_notes={"trial": "yes"})
    assert ledger.offices.get_note("H99", "trial") == ""


# -- saving ----------------------------------------------------------------------------------


def who_lost_the_paper_saves_nothing(ledger: SqlLedger) -> None:
    paper = take(ledger, 1, b"a")
    late = claim(ledger, paper)
    now = claim(ledger, paper, gone=True)
    assert late is not None
    assert now is not None
    rejected = Outcome(after=PaperState.REJECTED, code="a.b")
    assert ledger.queue.finish(now, rejected, now=START, actor="x")
    assert not ledger.queue.finish(
        late, dataclasses.replace(rejected, code="c.d"), now=START, actor="y"
    )
    ledger.queue.fail(late, code="e.f", reason="", now=START, retry_at=None)
    ledger.queue.release(late, now=START)
    assert row_of(ledger, paper).code == "a.b"
    assert [move.code for move in ledger.papers.list_history(paper)] == ["", "a.b"]


def a_move_that_is_not_in_the_table_saves_nothing(ledger: SqlLedger) -> None:
    held = hold(ledger, take(ledger, 1, b"a"))
    with pytest.raises(WrongUse):
        ledger.queue.finish(held, Outcome(after=PaperState.ARCHIVED), now=START, actor="x")
    assert row_of(ledger, held.paper.id).state is PaperState.RECEIVED


def whose_fault_it_is_stands_until_the_paper_moves(ledger: SqlLedger) -> None:
    paper = take(ledger, 1, b"a")
    ledger.queue.fail(
        hold(ledger, paper), code="a.b", reason="r", fault="operator", now=START, retry_at=START
    )
    assert (row_of(ledger, paper).code, row_of(ledger, paper).fault) == ("a.b", "operator")
    recognise(ledger, paper)
    assert (row_of(ledger, paper).code, row_of(ledger, paper).fault) == ("", "")
    outcome = Outcome(after=PaperState.REJECTED, code="c.d", fault="sender")
    assert ledger.queue.finish(hold(ledger, paper), outcome, now=START, actor="x")
    assert row_of(ledger, paper).fault == "sender"


# -- looking ---------------------------------------------------------------------------------


def another_office_sees_nothing(ledger: SqlLedger) -> None:
    paper = take(ledger, 1, b"a")
    assert ledger.papers.get_summary(paper, offices=["H99"]) is None
    assert ledger.papers.get(paper, offices=["H99"]) is None
    assert ledger.papers.list_papers(offices=["H99"]) == []
    assert ledger.papers.list_events(offices=["H99"]) == []
    with pytest.raises(WrongUse):
        ask_to_sign(ledger, paper, office="H99")


def numbers_in_names_and_reasons_are_encrypted(ledger: SqlLedger) -> None:
    number = "001099012345"
    named = dataclasses.replace(scan(1), source=f"{number}.pdf")
    ledger.intake.receive(IncomingScan(scan=named, paper=UUID(int=1), dossier="D1"))
    ledger.queue.fail(
        hold(ledger, UUID(int=1)), code="a.b", reason=f"of {number}", now=START, retry_at=START
    )
    paper = row_of(ledger, UUID(int=1))
    assert (paper.source, paper.reason) == (f"{number}.pdf", f"of {number}")
    edit = EditRequest(
        paper=UUID(int=1), offices=[OFFICE], actor="x", at=START, reason=f"not of {number}"
    )
    ledger.edits.withdraw(edit)
    assert row_of(ledger, UUID(int=1)).reason == f"not of {number}"
    assert ledger.papers.list_history(UUID(int=1))[-1].reason == f"not of {number}"
    with ledger.connections.reading() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(table.select()):
                assert number not in str(tuple(row)), table.name


def times_come_back_aware_and_without_zone_are_refused(ledger: SqlLedger) -> None:
    row = row_of(ledger, take(ledger, 1, b"a"))
    assert row.updated_at == START
    assert row.updated_at.utcoffset() == timedelta(0)
    with (
        pytest.raises(Exception, match="without zone"),
        ledger.connections.writing() as connection,
    ):
        connection.execute(PAPER.update().values(updated_at=START.replace(tzinfo=None)))


def the_pace_is_that_of_the_last_minutes(ledger: SqlLedger) -> None:
    for number in range(1, 5):
        take(ledger, number, bytes([number]))
    for number in (1, 2):
        recognise(ledger, UUID(int=number))
    backlog = Backlog(ledger.connections).report(now=START + timedelta(minutes=1))
    assert backlog.waiting == {PaperState.RECEIVED: 2, PaperState.RECOGNISED: 2}
    assert backlog.finished == {PaperState.RECEIVED: 2}
    assert backlog.time_left() == timedelta(minutes=10)
    assert backlog.oldest[PaperState.RECEIVED] == timedelta(minutes=1)
    late = Backlog(ledger.connections, offices=[OFFICE]).report(now=START + timedelta(minutes=11))
    assert (late.finished, late.time_left()) == ({}, None)
    assert Backlog(ledger.connections, offices=["H99"]).report(now=START).waiting == {}


CONTRACT: tuple[Check, ...] = (
    the_same_bytes_twice_in_a_dossier_are_one_paper,
    those_that_come_together_see_each_other,
    papers_are_numbered_in_their_dossier,
    what_was_rejected_may_come_again,
    what_was_rejected_by_a_step_may_come_again,
    a_key_is_answered_once,
    the_request_follows_the_paper,
    the_first_office_is_reported_once,
    who_lost_the_paper_saves_nothing,
    a_move_that_is_not_in_the_table_saves_nothing,
    whose_fault_it_is_stands_until_the_paper_moves,
    another_office_sees_nothing,
    numbers_in_names_and_reasons_are_encrypted,
    times_come_back_aware_and_without_zone_are_refused,
    the_pace_is_that_of_the_last_minutes,
)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_the_ledger_keeps_the_contract(engine: sa.Engine, check: Check) -> None:
    check(ledger_on(engine))
