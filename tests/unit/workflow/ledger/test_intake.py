"""Scans taken in together come to what they would have come to one after another."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.workflow.fakes import OFFICE, START, new_ledger, scan

from dossier.errors import WrongUse
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.tables import ANSWERED, MOVE, PAPER, SCAN
from workflow.ledger.tokens import Token, Tokens
from workflow.ledger.types import IdempotencyKey, IncomingScan

CLOSED = "D3"

_brought: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    dossier=st.sampled_from(["D1", "D2", CLOSED]),
    content=st.sampled_from([b"a", b"b", b"c"]),
    rejected=st.booleans(),
    sign=st.booleans(),
    key=st.sampled_from([b"", b"k", b"l"]),
    asked=st.sampled_from([b"p", b"q"]),
)


def _incoming(number: int, brought: dict[str, Any]) -> IncomingScan:
    once = IdempotencyKey(token="t", key=brought["key"], request=brought["asked"])  # noqa: S106 - an id
    return IncomingScan(
        scan=scan(number, content=brought["content"]),
        paper=UUID(int=number),
        dossier=brought["dossier"],
        sign=brought["sign"] and not brought["rejected"],
        rejected=("scan.damaged", "scan it again") if brought["rejected"] else None,
        idempotency=once if brought["key"] else None,
    )


def _ledger(folder: str) -> SqlLedger:
    ledger = new_ledger(Path(folder))
    Tokens(ledger.connections).add(
        Token(
            id="t", office=OFFICE, name="", digest=b"", scopes=(), rate=1, created_at=START,
            created_by="", expires_at=START,
        )
    )  # fmt: skip
    ledger.dossiers.close(CLOSED, office=OFFICE, actor="x", now=START)
    return ledger


def _come_to(groups: Sequence[Sequence[IncomingScan]]) -> tuple[list[object], list[object]]:
    """The answers, and all that stands in the ledger, rows by their own order."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = _ledger(folder)
        answers: list[object] = []
        for group in groups:
            answers += [
                answer.code if isinstance(answer, WrongUse) else answer
                for answer in ledger.intake.receive_batch(group)
            ]
        with ledger.connections.reading() as c:
            rows: list[object] = []
            for order in (SCAN.c.id, PAPER.c.id, ANSWERED.c.key, MOVE.c.id):
                rows += [tuple(row) for row in c.execute(sa.select(order.table).order_by(order))]
        ledger.connections._engine.dispose()
    return answers, rows


@settings(max_examples=60)
@given(st.lists(_brought, min_size=1, max_size=8))
def test_together_is_as_one_after_another(brought: list[dict[str, Any]]) -> None:
    incoming = [_incoming(number, each) for number, each in enumerate(brought, 1)]
    assert _come_to([incoming]) == _come_to([[one] for one in incoming])
