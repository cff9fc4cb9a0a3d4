"""What a person typed, as units: each a set of words that may stand for what was meant.

Quotes keep words together, ``OR`` joins two words, a minus before a word excludes it, and ``*``
after a word completes it; all other signs only separate words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from archive.finding.abbreviations import Abbreviations
from archive.finding.figures import figures_in
from archive.finding.record_words import MOTTO, forms
from archive.finding.typing_methods import decode
from archive.finding.vocabulary import Statistics, Vocabulary, one_edit
from archive.finding.words import Word, clean, hide_numbers, is_number_token, word_of, words_of
from archive.identity import IdentityKeys

MOST_UNITS = 32
"""How many words of a question are read."""

_LONGEST = 2000
_TOKEN = re.compile(
    r'"(?P<phrase>[^"]+)"'
    r"|(?<!\S)(?P<minus>-)?(?P<code>(?=[^\s-]*\d)[a-z0-9]+(?:[.\-][a-z0-9]+)+)(?!\w)"
    r"|(?:(?<!\S)(?P<minus2>-))?(?P<word>[^\W_]+)(?P<star>\*)?",
    re.IGNORECASE,
)
_DOTTED_INITIALS = re.compile(r"((?:[^\W\d_]\.\s?)+)([^\W\d_]{2,})?")
_SIGN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
# Words before a figure that only announce it.
_ANNOUNCES = frozenset({"so", "ngay", "sinh", "ma", "seri", "serial", "no"})
_MOST_INITIALS = 5
_JOINED = 7  # letters; a longer word that nobody knows may be several
_MOTTO_WORDS = 3
_NUMBER_LENGTHS = (9, 12)

# Weights: a described value before running text, an exact word before a folded one.
_HEAD_EXACT, _HEAD_FOLDED, _BODY_EXACT, _BODY_FOLDED = 1.0, 0.75, 0.7, 0.3
_FIGURE, _CODE, _INITIALS, _GIVEN = 3.0, 3.0, 1.2, 1.05
_COMPLETED, _CORRECTED, _SAME_MARKS, _SWAPPED, _SHORTENED = 0.6, 0.5, 0.65, 0.6, 0.5

Term = tuple[str, str]
"""A field (``head`` or ``body``) and a word of it, with its first letter."""


@dataclass(slots=True)
class Unit:
    """One thing that was asked for.

    Attributes:
        words: as typed, for neighbours and passages.
        terms: what stands for it, with its weight.
        more: what may have been meant instead: corrections and completions.
        sequences: folded words that stand for it together.
        phrase: its words must stand one after the other.
        excluded: must not occur.
        shows: folded words that a passage marks.
        figures: the canonical figure that it is, if it is one.
    """

    words: tuple[Word, ...]
    terms: dict[Term, float] = field(default_factory=dict)
    more: dict[Term, float] = field(default_factory=dict)
    sequences: list[tuple[str, ...]] = field(default_factory=list)
    phrase: bool = False
    excluded: bool = False
    shows: set[str] = field(default_factory=set)
    figures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.shows |= {word.folded for word in self.words}

    def put(self, where: dict[Term, float], folded: str, weight: float) -> None:
        """Let a folded word stand for it, in values and in text."""
        where.setdefault(("head", f"f{folded}"), weight)
        where.setdefault(("body", f"f{folded}"), weight * 0.4)
        self.shows.add(folded)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was read.

    Attributes:
        units: in order; empty where nothing was asked for.
        motto: it asks for words of the motto only.
    """

    units: Sequence[Unit]
    motto: bool

    @property
    def wanted(self) -> list[Unit]:
        """What must occur."""
        return [unit for unit in self.units if not unit.excluded]

    @property
    def words(self) -> list[Word]:
        """The words that were typed."""
        return [word for unit in self.wanted for word in unit.words]


class Reader:
    """Reads questions.

    Args:
        keys: hash the numbers of people, as in the index.
        vocabulary: words to correct and complete with.
        statistics: of the index.
        abbreviations: the editable table.
    """

    def __init__(
        self,
        keys: IdentityKeys,
        vocabulary: Vocabulary,
        statistics: Statistics,
        abbreviations: Abbreviations,
    ) -> None:
        self._keys = keys
        self._vocabulary = vocabulary
        self._statistics = statistics
        self._abbreviations = abbreviations

    def read(self, question: str) -> Asked:
        """Read a question; no more than 32 units of it."""
        typed = hide_numbers(clean(question[:_LONGEST]), self._keys).replace("_", " ").strip()
        units = self._initials(typed) or [
            unit for _, unit in sorted(self._units(typed), key=_place)
        ]
        units = _without_announcements(units)[:MOST_UNITS]
        self._expand(units)
        self._extend_last(units, typed)
        return Asked(units, _asks_motto(units))

    def _units(self, typed: str) -> Iterator[tuple[int, Unit]]:
        spans: list[tuple[int, int]] = []
        for figure in figures_in(typed):
            if (
                typed[: figure.start].count('"') % 2
                or typed[figure.start - 1 : figure.start] == "-"
            ):
                continue
            spans.append((figure.start, figure.end))
            unit = _figure(typed[figure.start : figure.end], figure.words)
            self._as_number(unit)
            yield figure.start, unit
        joined: Unit | None = None
        last: Unit | None = None
        for token in _TOKEN.finditer(typed):
            if any(start <= token.start() < end for start, end in spans):
                continue
            if token["word"] == "OR" and last is not None:
                joined = last
                continue
            for unit in self._of_token(token):
                if joined is not None:
                    _join(joined, unit)
                    joined = None
                    continue
                last = unit
                yield token.start(), unit

    def _as_number(self, unit: Unit) -> None:
        """An amount of 9 or 12 digits printed with dots stands in texts as a person's number."""
        digits = unit.figures[0].removeprefix("=a")
        if len(digits) in _NUMBER_LENGTHS and digits.isdigit():
            unit.put(unit.terms, self._keys.number_token(digits), _FIGURE)

    def _of_token(self, token: re.Match[str]) -> list[Unit]:
        if token["phrase"]:
            words = tuple(words_of(token["phrase"]))
            return [Unit(words, phrase=True)] if words else []
        if token["code"]:
            return [_code(token["code"].lower(), excluded=bool(token["minus"]))]
        word, *more = words_of(token["word"])
        if more:  # longer than any word
            return [_plain(part) for part in (word, *more)]
        if token["minus2"]:
            unit = Unit((word,), excluded=True)
            kind = forms(word)[-1]
            unit.terms = {("head", kind): 1.0, ("body", kind): 1.0}
            return [unit]
        return self._of_word(word, token["word"], completed=bool(token["star"]))

    def _of_word(self, word: Word, typed: str, *, completed: bool) -> list[Unit]:
        unit = _plain(word)
        if is_number_token(word.exact):
            return [unit]
        known = word.folded in self._vocabulary
        if completed:
            for other in self._vocabulary.completions(word, self._statistics, most=24):
                unit.put(unit.terms, other.folded, 0.9)
        if not known and word.exact.isalnum() and not word.exact.isdigit():
            decoded = decode(word.exact)
            if decoded is not None and decoded.folded in self._vocabulary:
                unit = _plain(decoded)
            elif len(word.folded) >= _JOINED and (parts := self._split(word.folded)):
                return [_plain(Word(part, part)) for part in parts]
        if typed.isupper() and 1 < len(typed) <= _MOST_INITIALS and word.exact == word.folded:
            unit.terms["head", f"i{word.folded}"] = _INITIALS
        unit.terms["body", f"=y{word.folded}"] = 1.0
        unit.terms["head", f"=y{word.folded}"] = 1.0
        unit.terms["head", f"c{word.folded}"] = _CODE
        if word.exact.isalpha():
            self._correct(unit, word)
        return [unit]

    def _split(self, folded: str) -> list[str] | None:
        return self._vocabulary.split(folded, self._statistics)

    def _correct(self, unit: Unit, word: Word) -> None:
        exact = word.exact
        for i in range(len(exact) - 1):
            swapped = word_of(exact[:i] + exact[i + 1] + exact[i] + exact[i + 2 :])
            if swapped != word and self._vocabulary.has_exact(swapped.exact):
                unit.put(unit.more, swapped.folded, _SWAPPED)
        for other in self._vocabulary.corrections(word.folded, self._statistics):
            for marked in self._vocabulary.marked(other):
                if word.exact != word.folded and one_edit(word.exact, marked):
                    unit.more["head", f"e{marked}"] = _SAME_MARKS
                    unit.more["body", f"e{marked}"] = _SAME_MARKS * 0.4
            unit.put(unit.more, other, _CORRECTED)

    def _expand(self, units: Sequence[Unit]) -> None:
        """Abbreviations stand for what they mean, and the other way round."""
        for unit in units:
            if len(unit.words) == 1 and not unit.excluded:
                unit.sequences += self._abbreviations.long.get(unit.words[0].folded, ())
                unit.shows |= {word for sequence in unit.sequences for word in sequence}
        single = [u.words[0].folded if len(u.words) == 1 else "" for u in units]
        for meaning, short in self._abbreviations.short.items():
            for i in range(len(single) - len(meaning) + 1):
                if tuple(single[i : i + len(meaning)]) == meaning:
                    for unit in units[i : i + len(meaning)]:
                        unit.put(unit.more, short, _SHORTENED)

    def _extend_last(self, units: Sequence[Unit], typed: str) -> None:
        """The last word may not be typed to its end."""
        last = units[-1] if units else None
        if last is None or len(last.words) != 1 or last.excluded or last.phrase:
            return
        word = last.words[0]
        if not word.exact.isalpha() or not typed.lower().endswith(word.exact[-1]):
            return
        where = last.more if word.folded in self._vocabulary else last.terms
        for other in self._vocabulary.completions(word, self._statistics, most=8):
            last.put(where, other.folded, _COMPLETED)

    def _initials(self, typed: str) -> list[Unit]:
        """``N.T.Hoà``: initials, then perhaps the given name."""
        found = _DOTTED_INITIALS.fullmatch(typed)
        if found is None:
            return []
        initials = "".join(word.folded for word in words_of(found[1]))
        name = words_of(found[2]) if found[2] else []
        unit = Unit(())
        unit.terms["head", "i" + initials + (name[0].folded[0] if name else "")] = 1.0
        return [unit, *map(_plain, name)]


def _place(item: tuple[int, Unit]) -> int:
    return item[0]


def _plain(word: Word) -> Unit:
    unit = Unit((word,))
    if word.exact == word.folded:
        unit.terms = {
            ("head", f"f{word.folded}"): _HEAD_EXACT,
            ("body", f"f{word.folded}"): _BODY_EXACT + _BODY_FOLDED,
            ("head", f"g{word.folded}"): _GIVEN,
        }
    else:
        unit.terms = {
            ("head", f"e{word.exact}"): _HEAD_EXACT,
            ("head", f"f{word.folded}"): _HEAD_FOLDED,
            ("body", f"e{word.exact}"): _BODY_EXACT,
            ("body", f"f{word.folded}"): _BODY_FOLDED,
        }
    return unit


def _figure(typed: str, canonical: Sequence[str]) -> Unit:
    unit = Unit(tuple(words_of(typed)), figures=tuple(canonical[:1]))
    unit.terms = {("head", canonical[0]): _FIGURE, ("body", canonical[0]): _FIGURE * 0.6}
    for word in canonical[1:]:
        if not word.startswith(("=y", "=m")):
            unit.more |= {("head", word): _FIGURE * 0.5, ("body", word): _FIGURE * 0.3}
    if len(unit.words) == 1:
        folded = unit.words[0].folded
        unit.terms |= {("head", f"f{folded}"): 1.0, ("body", f"f{folded}"): 0.5}
    unit.terms["head", f"c{typed.lower()}"] = _CODE
    return unit


def _code(typed: str, *, excluded: bool) -> Unit:
    words = tuple(words_of(typed))
    unit = Unit(words, excluded=excluded)
    unit.terms = {("head", f"c{typed}"): _CODE}
    sign = "".join(word.folded for word in words)
    if _SIGN.fullmatch(typed):
        unit.terms["head", f"=y{sign}"] = unit.terms["body", f"=y{sign}"] = 1.0
    unit.sequences.append(tuple(word.folded for word in words))
    return unit


def _join(unit: Unit, other: Unit) -> None:
    for term, weight in other.terms.items():
        unit.terms.setdefault(term, weight)
    unit.sequences += other.sequences
    unit.shows |= other.shows
    unit.more |= other.more


def _without_announcements(units: list[Unit]) -> list[Unit]:
    """Leave out words such as ``số`` and ``ngày`` where a figure follows."""
    drop: set[int] = set()
    for unit, after in reversed(list(pairwise(units))):
        announced = after.figures or id(after) in drop
        if announced and len(unit.words) == 1 and unit.words[0].folded in _ANNOUNCES:
            drop.add(id(unit))
    return [unit for unit in units if id(unit) not in drop]


def _asks_motto(units: Sequence[Unit]) -> bool:
    asked = " ".join(word.folded for unit in units for word in unit.words)
    return len(units) >= _MOTTO_WORDS and any(asked in motto for motto in MOTTO)
