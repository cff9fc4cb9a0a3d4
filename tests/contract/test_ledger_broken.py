"""Ledgers that are broken on purpose: the contract must catch each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from contract import test_ledger, test_ledger_holding
from contract.ledger_acts import ALL, LEASE, Check
from unit.workflow.fakes import START, new_ledger

from workflow.ledger import edits, intake, mapping, queue, statistics
from workflow.ledger.monitoring import QueueMonitor
from workflow.ledger.offices import Offices
from workflow.ledger.papers import OLDEST_FIRST, PaperQueries
from workflow.ledger.queue import PaperQueue
from workflow.ledger.tables import PAPER
from workflow.ledger.types import WorkItem

Break = Callable[[pytest.MonkeyPatch], None]

CONTRACT = (*test_ledger.CONTRACT, *test_ledger_holding.CONTRACT)


def _replaced(owner: Any, name: str, broken: Callable[..., Any]) -> Break:  # noqa: ANN401 - a class or a module
    """Let ``broken`` stand for something; it gets the real one first."""
    real = getattr(owner, name)
    return lambda patch: patch.setattr(owner, name, lambda *a, **k: broken(real, *a, **k))


def _newest(ledger_queue: PaperQueue, item: WorkItem) -> WorkItem:
    with ledger_queue._reading() as c:
        version = c.execute(
            sa.select(PAPER.c.version).where(PAPER.c.id == item.paper.id)
        ).scalar_one()
    return dataclasses.replace(item, version=version)


FAULTS: dict[str, Break] = {
    "the same bytes are another paper": _replaced(intake, "_known_papers", lambda *_a: {}),
    "those that come together are blind": _replaced(
        intake, "_split", lambda _f, group: [list(group)]
    ),
    "ordinals run through all dossiers": _replaced(
        intake, "next_place",
        lambda f, c, *a: (len(c.execute(PAPER.select()).all()) + 1, f(c, *a)[1]),
    ),
    "what was rejected blocks its bytes": _replaced(queue, "release_scan", lambda *_a: None),
    "keys are not remembered": _replaced(intake, "_earlier_answers", lambda *_a: {}),
    "requests are lost": _replaced(
        mapping, "work_item", lambda f, *a: dataclasses.replace(f(*a), request="")
    ),
    "every office is the first": _replaced(
        Offices, "add", lambda f, *a, **k: f(*a, **k) or True
    ),
    "leases do not hold": _replaced(
        PaperQueue, "claim", lambda f, *a, **k: f(*a, **k | {"is_gone": lambda _: True})
    ),
    "leases never end": _replaced(
        PaperQueue, "claim", lambda f, *a, **k: f(*a, **k | {"now": START})
    ),
    "nothing is renewed": _replaced(PaperQueue, "renew_leases", lambda *_a, **_k: None),
    "all is renewed": _replaced(
        PaperQueue, "renew_leases",
        lambda f, self, _holder, papers, until: [
            f(self, holder, papers, until=until) for holder in ("a:1:1", "b:1:1")
        ],
    ),
    "what nobody knows is renewed": _replaced(
        PaperQueue, "renew_leases",
        lambda f, self, holder, _papers, until: f(
            self, holder, [UUID(int=n) for n in range(9)], until=until
        ),
    ),
    "the youngest dossier is first": lambda patch: patch.setattr(
        queue, "OLDEST_FIRST", [c.desc() for c in OLDEST_FIRST]
    ),
    "the oldest paper is first": lambda patch: patch.setattr(
        queue, "OLDEST_FIRST", (PAPER.c.created_at,)
    ),
    "the order of states is that of work": _replaced(
        queue, "_by_age", lambda _f, _c, choices: choices
    ),
    "a dossier is as old as its youngest paper": _replaced(
        intake, "next_place", lambda f, *a: (f(*a)[0], a[-1])
    ),
    "a paper that was moved keeps its age": _replaced(
        edits, "next_place", lambda f, *a: (f(*a)[0], a[-1] + LEASE)
    ),
    "a paper ends workers for ever": lambda patch: patch.setattr(queue, "_MAX_LOST_WORKERS", 99),
    "what waits for a time is handed out": _replaced(
        queue, "runnable", lambda f, states, now: f(states, now + LEASE)
    ),
    "what is set aside is handed out": _replaced(
        queue, "runnable", lambda f, *a: (f(*a)[0], *f(*a)[2:])
    ),
    "a paper without a request is signed": _replaced(queue, "runnable", lambda f, *a: f(*a)[:-1]),
    "a release counts as an attempt": _replaced(
        PaperQueue, "release",
        lambda _f, self, held, now: self.fail(held, code="", reason="", now=now, retry_at=now),
    ),
    "leases are not released": _replaced(PaperQueue, "release_leases", lambda *_a, **_k: None),
    "the last writer wins": _replaced(
        PaperQueue, "finish",
        lambda f, self, held, *a, **k: f(self, _newest(self, held), *a, **k),
    ),
    "any move is allowed": _replaced(queue, "check_move", lambda *_a: None),
    "it is nobody's fault": _replaced(
        mapping, "summary", lambda f, row: dataclasses.replace(f(row), fault="")
    ),
    "a fault stays": _replaced(
        PaperQueue, "finish",
        lambda f, self, held, outcome, **k: f(
            self, held, dataclasses.replace(outcome, fault=outcome.fault or "operator"), **k
        ),
    ),
    "offices are not looked at": _replaced(
        PaperQueries, "get_summary", lambda f, *a, **k: f(*a, **k | {"offices": ALL})
    ),
    "a moment without a worker is long": _replaced(
        QueueMonitor, "is_neglected", lambda f, *a, **k: f(*a, **k | {"since": k["now"]})
    ),
    "all moves ever are the pace": lambda patch: patch.setattr(
        statistics, "_PERIOD", timedelta(days=99)
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_contract_catches_a_broken_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    FAULTS[fault](monkeypatch)
    assert any(_fails(check, tmp_path / check.__name__) for check in CONTRACT), "no check noticed"


def _fails(check: Check, folder: Path) -> bool:
    folder.mkdir()
    try:
        check(new_ledger(folder))
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - however it shows
        return True
    return False
