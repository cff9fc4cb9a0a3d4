"""Catalogues broken on purpose: the contract must catch each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from contract.test_catalogue import CONTRACT, Check

from archive.catalogue import postgres_search, rows, sqlite_search, terms
from archive.catalogue.asked import Asked
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.identity import IdentityKeys
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
        sqlite_search, "search", lambda f, *a, **k: f(*a, **k | {"offices": ALL})
    ),
    "limits are ignored": _replaced(
        sqlite_search, "search", lambda f, *a, **k: f(*a, **k | {"limit": 99})
    ),
    "the oldest stand first": _replaced(
        sqlite_search, "search", lambda f, *a, **k: sorted(f(*a, **k))
    ),
    "old words stay": _replaced(sqlite_search, "remove", lambda _f, *_a: None),
    "words stay when all is cleared": _replaced(sqlite_search, "clear", lambda _f, *_a: None),
    "all is folded": _replaced(
        terms, "asked", lambda f, *a: (f(*a)[1], f(*a)[1])
    ),
    "nothing is folded": _replaced(terms, "asked", lambda f, *a: (f(*a)[0], f(*a)[0])),
    "đ is kept in folding": _replaced(
        terms, "fold", lambda f, word: word if "đ" in word else f(word)
    ),
    "words are joined across lines": _replaced(
        rows, "terms", lambda f, lines, keys: f([" ".join(lines)], keys)
    ),
    "numbers are indexed in pieces": lambda patch: patch.setattr(
        IdentityKeys, "number_token", lambda _self, number: f"{number[:6]} {number[6:]}"
    ),
    "questions are FTS5's": lambda patch: patch.setattr(sqlite_search, "_quoted", lambda w: w),
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
    "values are not indexed": _replaced(
        rows, "indexed", lambda f, _values, body: f([], body)
    ),
}  # fmt: skip


def _unproved(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(postgres_search, "_of", lambda _kind, words: [1 for _ in words])
    patch.setattr(Asked, "all_words", lambda *_a: True)


ON_POSTGRES: dict[str, Sabotage] = {
    "offices are ignored": _replaced(
        postgres_search, "search", lambda f, *a, **k: f(*a, **k | {"offices": ALL})
    ),
    "limits are ignored": _replaced(
        postgres_search, "search", lambda f, *a, **k: f(*a, **k | {"limit": 99})
    ),
    "old words stay": _replaced(postgres_search, "remove", lambda _f, *_a: None),
    "phrases are not looked for": _replaced(Asked, "phrase_in_text", lambda *_a: False),
    "what shares a hash is found": _unproved,
    "no word is indexed": _replaced(postgres_search, "hashes", lambda *_a: []),
    "the oldest stand first": _replaced(
        postgres_search, "search", lambda f, *a, **k: sorted(f(*a, **k))
    ),
}


BROKEN = [
    pytest.param(adapter, sabotage, id=f"{adapter}: {fault}")
    for adapter, faults in (("sqlite", FAULTS), ("postgres", ON_POSTGRES))
    for fault, sabotage in faults.items()
]


@pytest.mark.parametrize(("adapter", "sabotage"), BROKEN)
def test_the_contract_catches_a_broken_catalogue(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    adapter: str,
    sabotage: Sabotage,
) -> None:
    catalogue = request.getfixturevalue(f"{adapter}_catalogue")
    sabotage(monkeypatch)
    assert any(_fails(check, catalogue) for check in CONTRACT), "no check noticed"


def _fails(check: Check, catalogue: Catalogue) -> bool:
    catalogue.clear()
    try:
        check(catalogue)
    except Exception:  # noqa: BLE001 - however it shows
        return True
    return False
