"""Ledgers of several processes, and threads that start at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from unit.workflow.fakes import SEALING, scan

from workflow.ledger.intake import ScanIntake
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import IdempotencyKey, IncomingScan, Received

THREADS = 8


class _SeparateIntake(ScanIntake):
    """Receives each scan in another process: it shares its transaction with no other."""

    engine: sa.Engine

    def receive(self, incoming: IncomingScan) -> Received:
        return SqlLedger(self.engine, cipher=SEALING).intake.receive(incoming)


class _TwoIntakes(ScanIntake):
    """Receives each scan in one of two processes, each of which batches those of its threads."""

    both: tuple[SqlLedger, SqlLedger]

    def receive(self, incoming: IncomingScan) -> Received:
        return self.both[incoming.paper.int % 2].intake.receive(incoming)


def ledger_of_separate_processes(engine: sa.Engine) -> SqlLedger:
    """A ledger in which each scan is received in a process of its own."""
    ledger = SqlLedger(engine, cipher=SEALING)
    ledger.intake = intake = _SeparateIntake(ledger.connections, cipher=SEALING)
    intake.engine = engine
    return ledger


def ledger_of_two_processes(engine: sa.Engine) -> SqlLedger:
    """A ledger in which two processes receive scans, each batching those of its threads."""
    ledger = SqlLedger(engine, cipher=SEALING)
    ledger.intake = intake = _TwoIntakes(ledger.connections, cipher=SEALING)
    intake.both = SqlLedger(engine, cipher=SEALING), SqlLedger(engine, cipher=SEALING)
    return ledger


def run_together(work: Callable[[int], object], *, threads: int = THREADS) -> list[Any]:
    """What each thread comes to; all begin at once, and none may fail."""
    begin = threading.Barrier(threads)
    done: list[Any] = [None] * threads
    failed: list[BaseException] = []

    def run(number: int) -> None:
        begin.wait()
        try:
            done[number] = work(number)
        except BaseException as error:  # noqa: BLE001 - raised below
            failed.append(error)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failed:
        raise failed[0]
    return done


def receive_scan(
    ledger: SqlLedger,
    number: int,
    content: int,
    dossier: str = "D1",
    key: IdempotencyKey | None = None,
) -> tuple[UUID, bool]:
    """Receive a scan; its paper, and whether it was known already."""
    received = ledger.intake.receive(
        IncomingScan(
            scan=scan(number, content=content.to_bytes(4, "big")),
            paper=UUID(int=number),
            dossier=dossier,
            idempotency=key,
        )
    )
    return received.paper, received.known_already
