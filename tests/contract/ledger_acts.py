"""What the contract of the ledger does with one, on every database."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from unit.workflow.fakes import OFFICE, START, scan

from dossier.states import PaperState
from workflow.ledger.edits import EditRequest
from workflow.ledger.papers import PIPELINE_STATES
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import IncomingScan, Outcome, PaperSummary, WorkItem

LEASE = timedelta(hours=1)
ALL = (OFFICE, "H99")

Check = Callable[[SqlLedger], None]


def take(
    ledger: SqlLedger, number: int, content: bytes, *, dossier: str = "D1", minutes: int = 0
) -> UUID:
    came = dataclasses.replace(
        scan(number, content=content), received_at=START + timedelta(minutes=minutes)
    )
    return ledger.intake.receive(
        IncomingScan(scan=came, paper=UUID(int=number), dossier=dossier)
    ).paper


def ask_to_sign(ledger: SqlLedger, paper: UUID, *, office: str = OFFICE) -> None:
    act = EditRequest(paper=paper, offices=[office], actor="x", at=START)
    ledger.edits.request_signature(act)


def claim(
    ledger: SqlLedger, paper: UUID, *, gone: bool = False, later: int = 0, holder: str = "h:1:1"
) -> WorkItem | None:
    return ledger.queue.claim(
        paper,
        now=START + timedelta(seconds=later),
        lease=LEASE,
        holder=holder,
        is_gone=lambda _: gone,
    )


def hold(ledger: SqlLedger, paper: UUID) -> WorkItem:
    held = claim(ledger, paper)
    assert held is not None
    return held


def next_one(
    ledger: SqlLedger,
    states: Sequence[PaperState] = PIPELINE_STATES,
    *,
    gone: bool = False,
    later: int = 0,
    holder: str = "h:1:1",
) -> UUID | None:
    held = ledger.queue.claim_next(
        states,
        now=START + timedelta(seconds=later),
        lease=LEASE,
        holder=holder,
        is_gone=lambda _: gone,
    )
    return None if held is None else held.paper.id


def row_of(ledger: SqlLedger, paper: UUID) -> PaperSummary:
    row = ledger.papers.get_summary(paper, offices=[OFFICE])
    assert row is not None
    return row


def waiting(
    ledger: SqlLedger, states: Sequence[PaperState] = PIPELINE_STATES, later: int = 0
) -> list[int]:
    now = START + timedelta(seconds=later)
    found = ledger.queue.list_claimable(states, now=now, is_gone=lambda _: False)
    assert ledger.queue.count_claimable(states, now=now, is_gone=lambda _: False) == len(found)
    return [paper.int for paper in found]


def recognise(ledger: SqlLedger, paper: UUID) -> None:
    assert ledger.queue.finish(
        hold(ledger, paper), Outcome(after=PaperState.RECOGNISED), now=START, actor="x"
    )
