"""Catalogues broken on purpose: the contract must catch each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from contract.test_catalogue import CONTRACT, Check

from archive.catalogue import rows
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.finding import engine, passages, question, record_words, search_index, words
from archive.identity import IdentityKeys
from dossier.finding import Filters
from dossier.ports import Catalogue

Sabotage = Callable[[pytest.MonkeyPatch], None]


def _replaced(where: object, name: str, by: Callable[..., Any]) -> Sabotage:
    """A fault: a function of ours is called by way of another that is handed it first."""
    right = getattr(where, name)
    return lambda patch: patch.setattr(where, name, lambda *a, **k: by(right, *a, **k))


ALL = ("H15.50.05.13", "H15.50.05.14")
FAULTS: dict[str, Sabotage] = {
    "offices are ignored in a look-up": _replaced(
        SqlCatalogue, "by_citizen_id", lambda f, *a, **k: f(*a, **k | {"offices": ALL})
    ),
    "offices are ignored in a search": _replaced(
        search_index.SearchIndex, "_filters",
        lambda f, self, query, asked: f(self, replace(query, offices=ALL), asked),
    ),
    "limits are ignored": _replaced(
        SqlCatalogue, "search", lambda f, self, query: f(self, replace(query, limit=99))
    ),
    "pages begin at the first hit": _replaced(
        SqlCatalogue, "search", lambda f, self, query: f(self, replace(query, skip=0))
    ),
    "filters are ignored": _replaced(
        SqlCatalogue, "search", lambda f, self, query: f(self, replace(query, filters=Filters()))
    ),
    "the oldest stand first": _replaced(
        engine.Engine, "ranked",
        lambda f, *a: (sorted(f(*a)[0], key=lambda hit: hit.id), f(*a)[1]),
    ),
    "old words stay": _replaced(
        engine.Writer, "_remove", lambda *_a: None
    ),
    "nothing is folded": _replaced(
        words, "word_of", lambda f, written: words.Word(f(written).exact, f(written).exact)
    ),
    "the motto is content": _replaced(record_words, "_is_motto", lambda *_a: False),
    "numbers are indexed in pieces": lambda patch: patch.setattr(
        IdentityKeys, "number_token", lambda _self, number: f"{number[:6]} {number[6:]}"
    ),
    "passages show numbers": lambda patch: patch.setattr(
        passages, "mask_numbers", lambda content: content
    ),
    "no word is corrected": _replaced(question.Reader, "_correct", lambda *_a: None),
    "abbreviations are unknown": _replaced(question.Reader, "_expand", lambda *_a: None),
    "numbers are shown": lambda patch: patch.setattr(rows, "mask_number", lambda number: number),
    "one row a person": _replaced(rows, "_people", lambda f, *a: f(*a)[:1]),
    "the first person always": _replaced(
        rows, "_best", lambda _f, people, *_a: people[0] if people else None
    ),
    "adding again adds nothing": _replaced(
        SqlCatalogue, "_put",
        lambda f, self, batch: None if any(self.get(p.paper, offices=ALL) for p in batch)
        else f(self, batch),
    ),
    "values are not indexed": _replaced(record_words, "_of_value", lambda *_a: set()),
}  # fmt: skip


BROKEN = [pytest.param(sabotage, id=fault) for fault, sabotage in FAULTS.items()]


@pytest.mark.parametrize("sabotage", BROKEN)
def test_the_contract_catches_a_broken_catalogue(
    sqlite_catalogue: SqlCatalogue,
    monkeypatch: pytest.MonkeyPatch,
    sabotage: Sabotage,
) -> None:
    sabotage(monkeypatch)
    assert any(_fails(check, sqlite_catalogue) for check in CONTRACT), "no check noticed"


def _fails(check: Check, catalogue: Catalogue) -> bool:
    catalogue.clear()
    try:
        check(catalogue)
    except Exception:  # noqa: BLE001 - however it shows
        return True
    return False
