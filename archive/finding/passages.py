"""What of a record matched: the described value, or a passage of the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from archive.finding.figures import figures_in
from archive.finding.question import Asked
from archive.finding.words import clean, hide_numbers, word_of
from archive.identity import IdentityKeys
from dossier.codes import mask_numbers
from dossier.finding import Passage

_WORD = re.compile(r"[^\W_]+")
_BLANKS = re.compile(r"\s+")
_WINDOW = 200  # characters
_BEFORE = 60
_MOST_MARKS = 2000
_MOST_TEXT = 200_000
_ELLIPSIS = "… "


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    unit: int


def passage_of(
    asked: Asked,
    values: Sequence[tuple[str, str]],
    text: Callable[[], str],
    keys: IdentityKeys,
) -> Passage | None:
    """The best passage of a record; None where nothing was asked for, or nothing stands there.

    Args:
        asked: the question.
        values: field and text of each described value.
        text: the whole text; opened only if no described value matches at least half.
        keys: hash the numbers of people.
    """
    wanted = asked.wanted
    if not wanted:
        return None
    finder = _Finder(asked, keys)
    best: tuple[tuple[float, float], str, str, list[_Mark]] | None = None
    for field, value in values:
        marks = list(finder.marks(value))
        found = len({mark.unit for mark in marks}) + finder.number_matches(value)
        rank = (found, -len(value))
        if found and (best is None or rank > best[0]):
            best = (rank, field, value, marks)
    if best is not None and best[0][0] * 2 >= len(wanted):
        return _shown(best[1], best[2], finder)
    passage = _from_text(text(), finder)
    if passage is not None or best is None:
        return passage
    return _shown(best[1], best[2], finder)


class _Finder:
    def __init__(self, asked: Asked, keys: IdentityKeys) -> None:
        self._keys = keys
        self._units: dict[str, int] = {}
        self._figures: dict[str, int] = {}
        for number, unit in enumerate(asked.wanted):
            for folded in unit.shows:
                self._units.setdefault(folded, number)
            for figure in unit.figures:
                self._figures.setdefault(figure, number)

    def marks(self, content: str) -> Iterator[_Mark]:
        """The words and figures of a text that were asked for, in order."""
        found: list[_Mark] = []
        if self._figures:
            for figure in figures_in(content):
                unit = next((self._figures[w] for w in figure.words if w in self._figures), None)
                if unit is not None:
                    found.append(_Mark(figure.start, figure.end, unit))
        figures = tuple(found)
        for word in _WORD.finditer(content):
            unit = self._units.get(word_of(word[0].lower()).folded)
            if unit is not None and not any(m.start <= word.start() < m.end for m in figures):
                found.append(_Mark(word.start(), word.end(), unit))
                if len(found) > _MOST_MARKS:
                    break
        yield from sorted(found, key=lambda mark: mark.start)

    def number_matches(self, value: str) -> int:
        """How many of the asked numbers of people a value is."""
        hidden = hide_numbers(clean(value), self._keys)
        return sum(word in self._units for word in hidden.split()) if hidden != value else 0


def _shown(field: str, value: str, finder: _Finder) -> Passage:
    shown = mask_numbers(value)
    marks = tuple((mark.start, mark.end) for mark in finder.marks(shown))
    if shown != value and not marks:
        marks = ((0, len(shown)),)
    return Passage(field=field, text=shown, marks=marks)


def _from_text(content: str, finder: _Finder) -> Passage | None:
    shown = mask_numbers(_BLANKS.sub(" ", content[:_MOST_TEXT]))
    marks = list(finder.marks(shown))
    if not marks:
        return None
    best, most = 0, 0
    for first, mark in enumerate(marks):
        inside = [m for m in marks[first : first + 40] if m.end - mark.start <= _WINDOW - _BEFORE]
        distinct = len({m.unit for m in inside})
        if distinct > most:
            best, most = first, distinct
    start = _word_start(shown, max(marks[best].start - _BEFORE, 0))
    end = shown.rfind(" ", start, start + _WINDOW + 1) if len(shown) > start + _WINDOW else -1
    end = len(shown) if end <= marks[best].end else end
    end = min(end, start + 2 * _WINDOW)
    lead = _ELLIPSIS if start else ""
    shift = len(lead) - start
    inside = [mark for mark in marks if start <= mark.start and mark.end <= end]
    return Passage(
        field="",
        text=lead + shown[start:end] + (" …" if end < len(shown) else ""),
        marks=tuple((mark.start + shift, mark.end + shift) for mark in inside),
    )


def _word_start(content: str, at: int) -> int:
    return 0 if at == 0 else content.find(" ", at) + 1
