"""Ledgers that hold nothing when many are at them: the contract must catch each of them.

On PostgreSQL, where many write at once. Who writes is slow here, so that others come between; now
and then nobody does, and so each is asked until it is caught.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from contract import test_ledger_together as together
from contract.conftest import emptied
from contract.processes import ledger_of_separate_processes
from unit.workflow.fakes import ledger_on

from dossier.errors import SohoaError
from workflow.ledger import (
    connections,
    dossiers,
    edits,
    history_writer,
    intake,
    offices,
    papers,
    queue,
)
from workflow.ledger.queue import PaperQueue
from workflow.ledger.tables import PAPER
from workflow.ledger.types import WorkItem
from workflow.ledger.webhooks import Outbox

Break = Callable[[pytest.MonkeyPatch], None]

_SLOW_SECONDS = 0.015
# Measured: each try catches one in 39 times of 40, or oftener; two machines of ours had bad luck.
_TRIES = 25
_finish = PaperQueue.finish


def _slow(*_a: object, **_k: object) -> None:
    time.sleep(random.uniform(0, _SLOW_SECONDS))  # noqa: S311 - nobody is to guess it


def _slow_to_write(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
    if statement.startswith(("INSERT", "UPDATE")):
        _slow()


def _held_by_nobody(*_a: object) -> None:
    """Hold nothing."""


def _held_but(kind: str) -> Callable[..., None]:
    """Hold all names but those of one kind."""
    return lambda c, *name: None if name[0] == kind else connections.lock(c, *name)


def _held_in_any_order(connection: sa.Connection, office: str, *names: str) -> None:
    for name in names:
        connections.lock(connection, "dossier", office, name)
        _slow()


def _unlocked(*args: Any, **_lock: bool) -> dict[str, Any] | None:  # noqa: ANN401 - as they are
    return papers.paper_row(*args)


def _finished_anyhow(self: PaperQueue, held: WorkItem, *args: Any, **named: Any) -> bool:  # noqa: ANN401 - as they are
    def version() -> int:
        with self._reading() as c:
            found: int = c.execute(sa.select(PAPER.c.version)).scalar_one()
            return found

    while not _finish(self, replace(held, version=version()), *args, **named):
        pass
    return True


def _numbered_like_a_sequence(
    connection: sa.Connection, counter: sa.Column[int], counts: Mapping[str, int]
) -> dict[str, int]:
    """Numbers that are given before the commit, as a sequence of the database gives them."""
    with connection.engine.begin() as other:
        return offices.reserve_numbers(other, counter, counts)


def _number_all_like_a_sequence(patch: pytest.MonkeyPatch) -> None:
    # Both, since the counters of an office are one row.
    for module in (intake, history_writer):
        patch.setattr(module, "reserve_numbers", _numbered_like_a_sequence)


def _instead(owner: object, name: str, broken: Callable[..., Any]) -> Break:
    return lambda patch: patch.setattr(owner, name, broken)


FAULTS: dict[str, tuple[together.Check, Break]] = {
    "dossiers are not held by who receives": (
        together.ordinals_have_no_gap_and_no_double,
        _instead(intake, "lock_dossiers", _held_by_nobody),
    ),
    "dossiers are not held by who moves": (
        together.a_scan_is_moved_into_a_dossier_once,
        _instead(edits, "lock_dossiers", _held_by_nobody),
    ),
    "dossiers are held in any order": (
        together.swapping_papers_never_deadlocks,
        _instead(edits, "lock_dossiers", _held_in_any_order),
    ),
    "who closes does not wait": (
        together.a_closed_dossier_takes_nothing,
        _instead(dossiers, "lock_dossiers", _held_by_nobody),
    ),
    "keys are not held": (
        together.a_key_is_answered_once,
        _instead(intake, "lock", _held_but("key")),
    ),
    "moves are numbered as they come": (
        together.a_cursor_over_moves_misses_none,
        _number_all_like_a_sequence,
    ),
    "papers are numbered as they come": (
        together.a_cursor_over_two_offices_misses_none,
        _instead(intake, "reserve_numbers", _numbered_like_a_sequence),
    ),
    "offices are not held": (
        together.one_office_is_the_first,
        _instead(offices, "lock", _held_by_nobody),
    ),
    "rows are not held by who claims": (
        together.one_of_many_claims_wins,
        _instead(queue, "paper_row", _unlocked),
    ),
    "rows are not held by who acts": (
        together.a_history_is_a_chain,
        _instead(edits, "paper_row", _unlocked),
    ),
    "work is handed out without holding it": (
        together.each_paper_is_handed_out_once,
        _instead(sa.Select, "with_for_update", lambda self, **_k: self),
    ),
    "versions are not compared": (
        together.one_of_many_saves_wins,
        _instead(PaperQueue, "finish", _finished_anyhow),
    ),
    "a delivery is sent without a claim": (
        together.each_delivery_has_one_sender,
        _instead(Outbox, "claim", lambda *_a, **_k: True),
    ),
}


@pytest.fixture
def slow(engine: sa.Engine) -> sa.Engine:
    """A database that everyone is slow to write to."""
    sa.event.listen(engine, "before_cursor_execute", _slow_to_write)
    sa.event.listen(engine, "commit", _slow)
    return engine


def _ask(engine: sa.Engine, check: together.Check) -> None:
    """Let a check run over a ledger with nothing in it."""
    emptied(engine)
    ledger_on(engine)
    check(ledger_of_separate_processes(engine))


def _is_caught(engine: sa.Engine, check: together.Check) -> bool:
    try:
        _ask(engine, check)
    except (AssertionError, SohoaError):
        return True
    return False


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_contract_catches_who_holds_nothing(
    slow: sa.Engine, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    check, break_ = FAULTS[fault]
    break_(monkeypatch)
    assert any(_is_caught(slow, check) for _ in range(_TRIES)), "no try noticed"


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)
@pytest.mark.parametrize("check", dict.fromkeys(check for check, _ in FAULTS.values()))
def test_who_is_slow_keeps_the_contract(slow: sa.Engine, check: together.Check) -> None:
    """It is not being slow that is caught."""
    _ask(slow, check)
