"""The ledger: receiving, claiming, saving, looking."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from unit.api.fakes import OFFICE, START, new_ledger, scan

from api.ledger.hand import InHand, Lookup, Outcome
from api.ledger.models import LOOKUP, PAPER
from api.ledger.sql_ledger import SqlLedger
from dossier.errors import WrongUse
from dossier.states import PaperState

LEASE = timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> SqlLedger:
    return new_ledger(tmp_path)


def _take(ledger: SqlLedger, number: int, content: bytes, *, dossier: str = "D1") -> UUID:
    received = ledger.receive(
        scan(number, content=content),
        paper=UUID(int=number),
        dossier=dossier,
        sign=False,
        accept=False,
    )
    return received.paper


def _claim(ledger: SqlLedger, paper: UUID, *, gone: bool = False, later: int = 0) -> InHand | None:
    return ledger.claim(
        paper,
        now=START + timedelta(seconds=later),
        lease=LEASE,
        holder="h:1:1",
        is_gone=lambda _: gone,
    )


def test_the_same_bytes_twice_in_a_dossier_are_one_paper(ledger: SqlLedger) -> None:
    first = _take(ledger, 1, b"a")
    again = ledger.receive(
        scan(2, content=b"a"), paper=UUID(int=2), dossier="D1", sign=False, accept=False
    )
    assert again.known_already
    assert again.paper == first
    assert _take(ledger, 3, b"a", dossier="D2") == UUID(int=3)


def test_papers_are_numbered_in_their_dossier(ledger: SqlLedger) -> None:
    for number, content in enumerate([b"a", b"b", b"c"], 1):
        _take(ledger, number, content)
    _take(ledger, 9, b"a", dossier="D2")
    rows = ledger.rows(offices=[OFFICE], dossier="D1")
    assert [row.ordinal for row in rows] == [1, 2, 3]
    assert [row.ordinal for row in ledger.rows(offices=[OFFICE], dossier="D2")] == [1]


def test_what_was_rejected_may_come_again(ledger: SqlLedger) -> None:
    for number in (1, 2):
        received = ledger.receive(
            scan(number, content=b"bad"),
            paper=UUID(int=number),
            dossier="D1",
            sign=False,
            accept=False,
            rejected=("scan.damaged", "scan it again"),
        )
        assert not received.known_already
    assert _take(ledger, 3, b"bad") == UUID(int=3)
    states = [row.state for row in ledger.rows(offices=[OFFICE])]
    assert states == [PaperState.REJECTED, PaperState.REJECTED, PaperState.RECEIVED]


def test_one_of_many_claims_wins(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    won: list[object] = []
    threads = [threading.Thread(target=lambda: won.append(_claim(ledger, paper))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([held for held in won if held is not None]) == 1


def test_a_lease_holds_until_its_time_or_its_holders_end(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    assert _claim(ledger, paper) is not None
    assert _claim(ledger, paper) is None
    assert ledger.stalled(now=START, is_gone=lambda _: False) == []
    assert ledger.stalled(now=START, is_gone=lambda _: True) == [paper]
    taken = _claim(ledger, paper, gone=True)
    assert taken is not None
    assert taken.attempts == 2
    assert _claim(ledger, paper, later=3601) is not None


def test_who_lost_the_paper_saves_nothing(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    late = _claim(ledger, paper)
    now = _claim(ledger, paper, gone=True)
    assert late is not None
    assert now is not None
    assert ledger.finish(now, Outcome(after=PaperState.REJECTED, code="a.b"), now=START, actor="x")
    assert not ledger.finish(
        late, Outcome(after=PaperState.REJECTED, code="c.d"), now=START, actor="y"
    )
    row = ledger.row(paper, offices=[OFFICE])
    assert row is not None
    assert row.code == "a.b"


def test_a_move_that_is_not_in_the_table_saves_nothing(ledger: SqlLedger) -> None:
    held = _claim(ledger, _take(ledger, 1, b"a"))
    assert held is not None
    with pytest.raises(WrongUse):
        ledger.finish(held, Outcome(after=PaperState.ARCHIVED), now=START, actor="x")
    row = ledger.row(held.paper.id, offices=[OFFICE])
    assert row is not None
    assert row.state is PaperState.RECEIVED


def test_another_office_sees_nothing(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    assert ledger.row(paper, offices=["H99"]) is None
    assert ledger.look(paper, offices=["H99"]) is None
    assert ledger.rows(offices=["H99"]) == []
    with pytest.raises(WrongUse):
        ledger.request_signature(paper, office="H99", now=START)


def test_what_was_looked_for_lies_sealed(ledger: SqlLedger) -> None:
    lookup = Lookup(
        office=OFFICE,
        at=START,
        actor="cli:a",
        purpose="D1",
        manner="citizen-id",
        asked="001099012345",
        shown=(UUID(int=5),),
    )
    ledger.log_lookup(lookup, key=UUID(int=9))
    with ledger._reading() as connection:
        row = connection.execute(LOOKUP.select()).one()
    assert b"001099012345" not in row.asked
    assert row.purpose == "D1"
    assert row.shown == [str(UUID(int=5))]


def test_times_come_back_aware_and_without_zone_are_refused(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    row = ledger.row(paper, offices=[OFFICE])
    assert row is not None
    assert row.updated_at == START
    assert row.updated_at.tzinfo is not None
    with (
        pytest.raises(Exception, match="without zone"),
        ledger._writing() as connection,
    ):
        connection.execute(PAPER.update().values(updated_at=START.replace(tzinfo=None)))
