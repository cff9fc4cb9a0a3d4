"""The editable table of abbreviations."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archive.finding.words import clean, words_of
from dossier.errors import Misconfigured

BUILT_IN = Path(__file__).parent / "abbreviations.toml"
_MOST = 2000
Folded = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """Abbreviations, folded.

    Attributes:
        long: of each abbreviation, the words it stands for, one sequence for each meaning.
        short: of each sequence of words, its abbreviation.
    """

    long: Mapping[str, tuple[Folded, ...]]
    short: Mapping[Folded, str]


def load(path: Path = BUILT_IN) -> Abbreviations:
    """Read the table.

    Raises:
        Misconfigured: ``abbreviations.bad``: it is not such a table.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))["abbreviations"]
        long = {
            "".join(_folded(short)): tuple(_folded(meaning) for meaning in meanings)
            for short, meanings in table.items()
        }
        if len(table) > _MOST:
            raise ValueError("too many")  # noqa: TRY301 - caught below, once for all
        short = {meaning: name for name, meanings in long.items() for meaning in meanings}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Misconfigured(
            "abbreviations.bad",
            f"{path} is not a table of abbreviations ({type(fault).__name__}); see "
            "archive/finding/abbreviations.toml for the format",
        ) from fault
    return Abbreviations(long, short)


def _folded(phrase: str) -> Folded:
    return tuple(word.folded for word in words_of(clean(phrase)))
