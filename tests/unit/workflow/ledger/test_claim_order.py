"""Claims take turns: between offices, then between the dossiers of an office."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from unit.workflow.fakes import OFFICE, START, new_ledger, scan

from dossier.states import PaperState
from workflow.ledger.claim_order import ClaimOrder
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import IncomingScan

OTHER = "H16"


@pytest.fixture
def ledger(tmp_path: Path) -> SqlLedger:
    made = new_ledger(tmp_path)
    made.offices.add(OTHER, "UBND")
    return made


def _receive(ledger: SqlLedger, *papers: tuple[int, str, str]) -> None:
    for number, office, dossier in papers:
        received = scan(number, content=str(number).encode(), office=office)
        ledger.intake.receive(IncomingScan(scan=received, paper=UUID(int=number), dossier=dossier))


def _claims(ledger: SqlLedger, order: ClaimOrder, times: int, *full: str) -> list[int]:
    claimed = []
    for _ in range(times):
        item = ledger.queue.claim_next(
            [PaperState.RECEIVED, PaperState.RECOGNISED],
            now=START,
            lease=timedelta(minutes=3),
            holder="h:1:1",
            is_gone=lambda _: False,
            order=order,
            full=full,
        )
        claimed.append(0 if item is None else item.paper.id.int)
    return claimed


def test_offices_take_turns(ledger: SqlLedger) -> None:
    _receive(ledger, *((n, OFFICE, "D-1") for n in range(1, 6)), (6, OTHER, "D-1"))
    assert _claims(ledger, ClaimOrder(), 7) == [1, 6, 2, 3, 4, 5, 0]


def test_dossiers_of_an_office_take_turns(ledger: SqlLedger) -> None:
    _receive(
        ledger,
        *((n, OFFICE, "D-1") for n in range(1, 4)),
        *((n, OFFICE, "D-2") for n in range(4, 6)),
        (6, OFFICE, "D-3"),
    )
    assert _claims(ledger, ClaimOrder(), 6) == [1, 4, 6, 2, 5, 3]


def test_a_full_office_is_passed_over(ledger: SqlLedger) -> None:
    _receive(ledger, (1, OFFICE, "D-1"), (2, OTHER, "D-1"))
    order = ClaimOrder()
    assert _claims(ledger, order, 2, OFFICE) == [2, 0]
    assert _claims(ledger, order, 1) == [1]


def test_without_an_order_the_oldest_dossier_is_first(ledger: SqlLedger) -> None:
    _receive(ledger, (1, OFFICE, "D-1"), (2, OTHER, "D-1"), (3, OFFICE, "D-1"))
    item = ledger.queue.claim_next(
        [PaperState.RECEIVED],
        now=START,
        lease=timedelta(minutes=3),
        holder="h:1:1",
        is_gone=lambda _: False,
    )
    assert item is not None
    assert item.paper.id == UUID(int=1)
