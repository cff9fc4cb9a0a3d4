"""The table of terms: how long a dossier is kept, by its procedure.

The table is a TOML file. Each entry names a procedure, the kinds of paper by which a dossier of it
is recognised, and a term in years; 0 is permanent (Luật Lưu trữ 2024, thời hạn lưu trữ). An office
replaces the built-in table by its own, since its list of terms is its own decision.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dossier.errors import Misconfigured

BUILT_IN = Path(__file__).parent / "terms.toml"
PERMANENT = 0
_LONGEST = 100
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A procedure and its term.

    Attributes:
        procedure: as the office names it; empty where none is recognised.
        years: 0 is permanent.
        kinds: IDs of kinds of paper.
    """

    procedure: str
    years: int
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """The table, in its own order."""

    entries: tuple[Term, ...]

    def of(self, kinds: Iterable[str], *, default_years: int) -> Term:
        """The term of a dossier with papers of these kinds.

        The longest of those that apply: a lock cannot be shortened afterwards, but a record that
        is gone cannot be brought back.

        Args:
            kinds: of its papers.
            default_years: where no entry applies.
        """
        present = frozenset(kinds)
        found = [entry for entry in self.entries if entry.kinds & present]
        if not found:
            return Term(procedure="", years=default_years)
        return max(found, key=lambda term: term.years or _LONGEST + 1)


def load_terms(path: Path) -> Terms:
    """Read a table.

    Raises:
        Misconfigured: ``terms.bad``: it cannot be read, or an entry is not as it must be.
    """
    try:
        content = path.read_bytes()[:_MOST_BYTES]
        read: Mapping[str, Any] = tomllib.loads(content.decode())
        return Terms(tuple(_term(entry) for entry in read["term"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Misconfigured(
            "terms.bad",
            f"the table of terms {path.name} cannot be read ({fault}); each [[term]] has procedure,"
            f" kinds and years (0 is permanent, at most {_LONGEST})",
        ) from fault


def _term(entry: Mapping[str, Any]) -> Term:
    years, kinds = entry["years"], entry["kinds"]
    if not isinstance(years, int) or not 0 <= years <= _LONGEST or not isinstance(kinds, list):
        raise ValueError(f"entry {entry['procedure']}")
    return Term(
        procedure=str(entry["procedure"])[:200],
        years=years,
        kinds=frozenset(str(kind) for kind in kinds),
    )
