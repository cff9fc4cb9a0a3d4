"""Finding labels and names of roles in a row: folded, without spaces, a few letters wrong.

All phrases of a form lie in one index. What is spelt right (after folding) is found by looking up
every run of whole tokens; what is not, by counting trigrams and then by edit distance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dossier.text import exact
from ocr.fields.forms import Form, Label, Printed, Role
from ocr.fields.rows import Token

_MOST_TOKENS = 22  # of the longest phrase
_SHORT = 5  # squashed letters: such phrases must match with their diacritics, without an error
_SHORTEST_FUZZY = 6


def errors_allowed(length: int) -> int:
    """How many letters of a phrase may be wrong."""
    if length < _SHORTEST_FUZZY:
        return 0
    return 1 if length < 12 else 2 if length < 18 else 3  # noqa: PLR2004 - steps of a table


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in a row.

    Attributes:
        start: index of its first token.
        end: index after its last one.
        wrong: letters wrong.
        toned: diacritics as printed, too.
    """

    start: int
    end: int
    what: Label | Role
    wrong: int = 0
    toned: bool = True


class Index:
    """The phrases of one form."""

    def __init__(self, form: Form) -> None:
        self._exact: dict[str, list[tuple[Printed, Label | Role]]] = defaultdict(list)
        whats: list[Label | Role] = [*form.labels, *form.roles]
        for what in whats:
            for phrase in what.printed if isinstance(what, Label) else what.named:
                self._exact[phrase.squashed].append((phrase, what))
        self._fuzzy = [
            (text, *entries[0])
            for text, entries in self._exact.items()
            if len(text) >= _SHORTEST_FUZZY
        ]
        self._by_trigram: dict[str, list[int]] = defaultdict(list)
        for number, (text, _, _) in enumerate(self._fuzzy):
            for trigram in {text[i : i + 3] for i in range(len(text) - 2)}:
                self._by_trigram[trigram].append(number)

    def hits(self, tokens: Sequence[Token]) -> list[Hit]:
        """Labels and names of roles in a row, from the left; none overlaps another."""
        found = self._spelt_right(tokens)
        covered = {i for hit in found for i in range(hit.start, hit.end)}
        free = [i for i in range(len(tokens)) if i not in covered]
        if free:
            found += self._spelt_wrong(tokens, free)
        return _apart(found)

    def _spelt_right(self, tokens: Sequence[Token]) -> list[Hit]:
        found = []
        for start in range(len(tokens)):
            run = ""
            for end in range(start, min(start + _MOST_TOKENS, len(tokens))):
                run += tokens[end].plain
                for phrase, what in self._exact.get(run, ()):
                    if not _one_piece(phrase, tokens[start : end + 1]):
                        continue
                    toned = _same(phrase, tokens[start : end + 1])
                    if len(run) > _SHORT or toned:
                        found.append(Hit(start, end + 1, what, toned=toned))
                        break
        return found

    def _spelt_wrong(self, tokens: Sequence[Token], free: list[int]) -> list[Hit]:
        row = "".join(t.plain for t in tokens)
        places: dict[int, list[int]] = defaultdict(list)
        for at in range(len(row) - 2):
            for number in self._by_trigram.get(row[at : at + 3], ()):
                places[number].append(at)
        offsets, at = [], 0
        for token in tokens:
            offsets.append(at)
            at += len(token.plain)
        ends = {offset: i for i, offset in enumerate(offsets)} | {len(row): len(tokens)}
        found = []
        for number, seen in places.items():
            text, phrase, what = self._fuzzy[number]
            allowed = errors_allowed(len(text))
            needed = max(len(text) - 2 - 3 * allowed, len(text) // 3)
            if len(seen) < needed:
                continue
            for i in free:
                low, high = offsets[i] - allowed, offsets[i] + len(text) + allowed
                if sum(low <= place < high for place in seen) < needed:
                    continue
                match = _closest(text, row, offsets[i], allowed, ends)
                # Without an error it would have been found above, or is not meant.
                if match is not None and match[1] and _one_piece(phrase, tokens[i : match[0]]):
                    found.append(Hit(i, match[0], what, match[1]))
        return found


class Finder:
    """Finds the phrases of a form while one paper is read; each row is searched once."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._index = _index_of(form)
        self._known: dict[tuple[str, ...], list[Hit]] = {}

    def hits(self, tokens: Sequence[Token]) -> list[Hit]:
        """Labels and names of roles in a row, from the left; none overlaps another."""
        row = tuple(t.text for t in tokens)
        if row not in self._known:
            self._known[row] = self._index.hits(tokens)
        return self._known[row]


def _one_piece(phrase: Printed, tokens: Sequence[Token]) -> bool:
    """Whether no mark parts the words, unless it is printed so: "Nam, sinh" is no "năm sinh"."""
    return "," in phrase.text or not any(t.mark for t in tokens[:-1])


def _same(phrase: Printed, tokens: Sequence[Token]) -> bool:
    """Whether a short phrase stands there with its diacritics."""
    printed = exact("".join(phrase.text.split()))
    return exact("".join(t.text for t in tokens)) == "".join(c for c in printed if c.isalnum())


def _closest(
    text: str, row: str, start: int, allowed: int, ends: dict[int, int]
) -> tuple[int, int] | None:
    """Where a phrase that begins at ``start`` ends, in whole tokens, and its wrong letters."""
    best: tuple[int, int] | None = None
    for end in range(
        min(start + len(text) - allowed, len(row)), min(start + len(text) + allowed, len(row)) + 1
    ):
        if end not in ends or end <= start:
            continue
        wrong = distance(text, row[start:end], allowed)
        if wrong <= allowed and (best is None or wrong < best[1]):
            best = (ends[end], wrong)
    return best


def distance(one: str, other: str, most: int) -> int:
    """Edit distance of two texts; ``most + 1`` where it is more than ``most``.

    Bit-parallel (G. Myers 1999, H. Hyyrö 2003): one step for each letter of ``other``.
    """
    if one == other:
        return 0
    if abs(len(one) - len(other)) > most or not one:
        return min(max(len(one), len(other)), most + 1)
    where: dict[str, int] = {}
    for i, letter in enumerate(one):
        where[letter] = where.get(letter, 0) | 1 << i
    full, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    plus, minus, wrong = full, 0, len(one)
    for letter in other:
        match = where.get(letter, 0)
        diagonal = (((match & plus) + plus) ^ plus) | match | minus
        up = minus | ~(diagonal | plus) & full
        down = plus & diagonal
        if up & last:
            wrong += 1
        elif down & last:
            wrong -= 1
        up, down = (up << 1 | 1) & full, down << 1 & full
        plus = down | ~(diagonal | up) & full
        minus = up & diagonal
    return min(wrong, most + 1)


def _rank(hit: Hit) -> tuple[float, int]:
    """Longer ones first, spelt better, then from the left."""
    return hit.start - hit.end + 0.6 * hit.wrong + (0.0 if hit.toned else 0.3), hit.start


def _apart(found: list[Hit]) -> list[Hit]:
    """The best hits that do not overlap: longer ones first, then those spelt better."""
    kept: list[Hit] = []
    taken: set[int] = set()
    for hit in sorted(found, key=_rank):
        span = range(hit.start, hit.end)
        if taken.isdisjoint(span):
            kept.append(hit)
            taken.update(span)
    return sorted(kept, key=lambda h: h.start)


@lru_cache(maxsize=256)
def _index_of(form: Form) -> Index:
    """The index of a form, made once."""
    return Index(form)
