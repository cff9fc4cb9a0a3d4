"""Ledgers that are broken on purpose: the contract must catch each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from contract import test_ledger, test_ledger_holding
from contract.ledger_acts import ALL, LEASE, Check
from unit.workflow.fakes import START, new_ledger

from workflow.ledger import edits as arranging
from workflow.ledger import intake as incoming
from workflow.ledger import mapping as rows
from workflow.ledger import queue as claiming
from workflow.ledger import sql_ledger
from workflow.ledger import statistics as backlog
from workflow.ledger.following import Following
from workflow.ledger.papers import OLDEST_FIRST, PaperQueries
from workflow.ledger.queue import Claiming
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.tables import PAPER

Break = Callable[[pytest.MonkeyPatch], None]

CONTRACT = (*test_ledger.CONTRACT, *test_ledger_holding.CONTRACT)


def _replaced(owner: Any, name: str, broken: Callable[..., Any]) -> Break:  # noqa: ANN401 - a class or a module
    """Let ``broken`` stand for something; it gets the real one first."""
    real = getattr(owner, name)
    return lambda patch: patch.setattr(owner, name, lambda *a, **k: broken(real, *a, **k))


FAULTS: dict[str, Break] = {
    "the same bytes are another paper": _replaced(incoming, "_known", lambda *_a: {}),
    "those that come together are blind": _replaced(
        incoming, "_apart", lambda _f, group: [list(group)]
    ),
    "ordinals run through all dossiers": _replaced(
        incoming, "place_in_dossier",
        lambda f, c, *a: (len(c.execute(PAPER.select()).all()) + 1, f(c, *a)[1]),
    ),
    "what was rejected blocks its bytes": _replaced(sql_ledger, "release", lambda *_a: None),
    "keys are not remembered": _replaced(incoming, "_answers_before", lambda *_a: {}),
    "requests are lost": _replaced(
        rows, "in_hand_of", lambda f, *a: dataclasses.replace(f(*a), request="")
    ),
    "every office is the first": _replaced(
        SqlLedger, "add_office", lambda f, *a, **k: f(*a, **k) or True
    ),
    "leases do not hold": _replaced(
        Claiming, "claim", lambda f, *a, **k: f(*a, **k | {"is_gone": lambda _: True})
    ),
    "leases never end": _replaced(
        Claiming, "claim", lambda f, *a, **k: f(*a, **k | {"now": START})
    ),
    "nothing is renewed": _replaced(Claiming, "renew", lambda *_a, **_k: None),
    "all is renewed": _replaced(Claiming, "renew", lambda f, self, _holder, papers, until: [
        f(self, holder, papers, until=until) for holder in ("a:1:1", "b:1:1")
    ]),
    "what nobody knows is renewed": _replaced(
        Claiming, "renew",
        lambda f, self, holder, _papers, until: f(
            self, holder, [UUID(int=n) for n in range(9)], until=until
        ),
    ),
    "the youngest dossier is first": lambda patch: patch.setattr(
        claiming, "OLDEST_FIRST", [c.desc() for c in OLDEST_FIRST]
    ),
    "the oldest paper is first": lambda patch: patch.setattr(
        claiming, "OLDEST_FIRST", (PAPER.c.created_at,)
    ),
    "the order of states is that of work": _replaced(
        claiming, "_by_age", lambda _f, _c, choices: choices
    ),
    "a dossier is as old as its youngest paper": _replaced(
        incoming, "place_in_dossier", lambda f, *a: (f(*a)[0], a[-1])
    ),
    "a paper that was moved keeps its age": _replaced(
        arranging, "place_in_dossier", lambda f, *a: (f(*a)[0], a[-1] + LEASE)
    ),
    "a paper ends workers for ever": lambda patch: patch.setattr(claiming, "_MOST_LOST", 99),
    "what waits for a time is handed out": _replaced(
        claiming, "to_do", lambda f, states, now: f(states, now + LEASE)
    ),
    "what is set aside is handed out": _replaced(
        claiming, "to_do", lambda f, *a: (f(*a)[0], *f(*a)[2:])
    ),
    "what nobody asked for is signed": _replaced(claiming, "to_do", lambda f, *a: f(*a)[:-1]),
    "who hands back has tried": _replaced(
        Claiming, "hand_back",
        lambda _f, self, held, now: self.let_go(held, code="", reason="", now=now, retry_at=now),
    ),
    "nothing is given back": _replaced(Claiming, "give_back", lambda *_a, **_k: None),
    "whoever comes last saves": _replaced(
        SqlLedger, "finish",
        lambda f, self, held, *a, **k: f(self, self.look(held.paper.id, offices=ALL), *a, **k),
    ),
    "any move is allowed": _replaced(sql_ledger, "check_move", lambda *_a: None),
    "it is nobody's fault": _replaced(
        rows, "row_of", lambda f, row: dataclasses.replace(f(row), fault="")
    ),
    "a fault stays": _replaced(
        SqlLedger, "finish",
        lambda f, self, held, outcome, **k: f(
            self, held, dataclasses.replace(outcome, fault=outcome.fault or "operator"), **k
        ),
    ),
    "offices are not looked at": _replaced(
        PaperQueries, "row", lambda f, *a, **k: f(*a, **k | {"offices": ALL})
    ),
    "a moment without a worker is long": _replaced(
        Following, "untaken", lambda f, *a, **k: f(*a, **k | {"since": k["now"]})
    ),
    "all moves ever are the pace": lambda patch: patch.setattr(
        backlog, "_PACE", timedelta(days=99)
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
