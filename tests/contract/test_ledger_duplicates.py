"""Papers that may be one, and decisions about them, on every database."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa
from contract.ledger_acts import row_of, take
from unit.workflow.fakes import OFFICE, START, ledger_on

from dossier.states import PaperState
from workflow.ledger.edits import EditRequest
from workflow.ledger.sql_ledger import SqlLedger

EDIT = EditRequest(paper=UUID(int=2), offices=[OFFICE], actor="person:x", at=START)


@pytest.fixture
def ledger(engine: sa.Engine) -> SqlLedger:
    """Three papers of two dossiers over two files."""
    made = ledger_on(engine)
    for number, content, dossier in ((1, b"a", "D1"), (2, b"a", "D2"), (3, b"b", "D2")):
        take(made, number, content, dossier=dossier)
    return made


def _same(ledger: SqlLedger, number: int, *offices: str) -> list[UUID]:
    return ledger.duplicates.same_bytes(UUID(int=number), offices=offices or [OFFICE], limit=5)


def test_the_same_bytes_are_found_in_other_dossiers_of_these_offices_alone(
    ledger: SqlLedger,
) -> None:
    assert _same(ledger, 2) == [UUID(int=1)]
    assert _same(ledger, 3) == []
    assert _same(ledger, 2, "H99") == []


def test_a_paper_that_is_another_one_ends_and_is_counted(ledger: SqlLedger) -> None:
    ledger.duplicates.decide(EDIT, UUID(int=1), same=True)
    ended = row_of(ledger, UUID(int=2))
    assert (ended.state, ended.code) == (PaperState.REJECTED, "reused")
    assert ledger.duplicates.count_reused(offices=[OFFICE]) == 1
    assert ledger.duplicates.count_reused(offices=["H99"]) == 0
    # It stands for nothing any more: the other one has no like.
    assert _same(ledger, 1) == []


def test_a_paper_that_is_another_paper_stays(ledger: SqlLedger) -> None:
    for _ in range(2):
        ledger.duplicates.decide(EDIT, UUID(int=1), same=False)
    assert row_of(ledger, UUID(int=2)).state is PaperState.RECEIVED
    assert ledger.duplicates.decided(UUID(int=2)) == {UUID(int=1)}
    assert ledger.duplicates.count_reused(offices=[OFFICE]) == 0
    ledger.duplicates.decide(replace(EDIT, actor="person:y"), UUID(int=1), same=True)
    assert ledger.duplicates.count_reused(offices=[OFFICE]) == 1
