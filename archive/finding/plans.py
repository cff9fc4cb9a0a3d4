"""From units to queries of the index, and the order in which they are tried.

A described value counts before running text. In described values equal matches have equal scores,
so that the younger record comes first; running text is ranked by BM25.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log

from tantivy import Occur, Query

from archive.finding.engine import Engine
from archive.finding.question import Asked, Term, Unit
from archive.finding.record_words import LONGEST_VALUE
from archive.finding.words import Word

# A question in plain words: its words are not all in the answer.
LONG_QUESTION = 6
_MOST_SPANNED = 10
# So many words of a question are a name, where a described value is just these words.
_LEAST_NAMED = 3
_LOOSE = range(3, LONG_QUESTION + 1)
# How many places of words a search for any of them reads; the rarest words come first.
_ANY_BUDGET = 150_000
_PAIR, _PAIR_EXACT = 0.5, 0.5
_VALUE, _VALUE_EXACT = 0.5, 0.3
_MOTTO = "@motto"
_Exists = Callable[[Query], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query.

    Attributes:
        query: without filters.
        approximate: it finds more than what was typed.
    """

    query: Query
    approximate: bool


class Plans:
    """The queries for one question.

    Args:
        engine: of the index.
        asked: the question.
    """

    def __init__(self, engine: Engine, asked: Asked) -> None:
        self._engine = engine
        self._units = asked.wanted
        self._motto = asked.motto

    def parts(self, exists: _Exists) -> list[Plan]:
        """The queries of the answer, best first; the first of each kind that finds something.

        Args:
            exists: whether a query finds something within the filters.
        """
        if self._motto:
            return [Plan(self._engine.word("body", _MOTTO), approximate=False)]
        if not self._units:
            return []
        anywhere = Plan(self._anywhere(), approximate=False)
        values = self._first([self._in_values()], exists)
        if values is not None:
            return [values, anywhere]
        named = self._first([None, self._named()], exists)
        if named is not None:
            return [named, Plan(self._any(), approximate=True)]
        values = self._first([None, self._in_values(corrected=True)], exists)
        if values is not None:
            return [values, anywhere]
        return self._nearest(anywhere, exists)

    def _nearest(self, anywhere: Plan, exists: _Exists) -> list[Plan]:
        """Where no described value matches."""
        if len(self._units) > LONG_QUESTION:
            return [Plan(self._any(), approximate=True)]
        if exists(anywhere.query):
            return [anywhere]
        loose = len(self._units) in _LOOSE
        last = [
            self._anywhere(corrected=True),
            self._in_values(corrected=True, missing=1) if loose else None,
            # Two of three words of a text are seldom what was asked for.
            self._anywhere(missing=1) if loose and len(self._units) > _LEAST_NAMED else None,
        ]
        found = self._first([None, *last], exists)
        # A record with one word of several is not what was asked for.
        return [] if found is None else [found]

    def _first(self, queries: Sequence[Query | None], exists: _Exists) -> Plan | None:
        for number, query in enumerate(queries):
            if query is not None and exists(query):
                return Plan(query, approximate=number > 0)
        return None

    def _in_values(self, *, corrected: bool = False, missing: int = 0) -> Query | None:
        """All units in described values."""
        if corrected and not any(unit.more for unit in self._units) and not missing:
            return None
        clauses = [self._value_unit(unit, corrected=corrected) for unit in self._units]
        found = [clause for clause in clauses if clause is not None]
        if len(found) < len(clauses) - missing or not found:
            return None
        return _all_of(found, self._value_neighbours(), len(self._units) - missing)

    def _named(self) -> Query | None:
        """A described value that is a run of the question's words: a name within a question."""
        words = [word for unit in self._units for word in unit.words]
        found = [
            Query.const_score_query(
                self._engine.word("head", mark + " ".join(getattr(w, form) for w in run)),
                len(run) + bonus,
            )
            for start in range(len(words))
            for end in range(start + _LEAST_NAMED, min(len(words), start + LONGEST_VALUE) + 1)
            if (run := words[start:end])
            for mark, form, bonus in (("v", "folded", 0.0), ("w", "exact", 0.5))
        ]
        return Query.disjunction_max_query(found) if found else None

    def _anywhere(self, *, corrected: bool = False, missing: int = 0) -> Query:
        """All units somewhere in the record; of corrected ones, half or more as typed."""
        clauses = [self._text_unit(unit, corrected=corrected) for unit in self._units]
        found = _all_of(clauses, self._text_neighbours(), len(self._units) - missing)
        least = (len(self._units) + 1) // 2
        if not corrected or least == len(self._units):
            return found
        # Each syllable has neighbours: corrected in all its words, a question finds anything.
        typed = [self._text_unit(unit, corrected=False) for unit in self._units]
        return _every([found, Query.const_score_query(_all_of(typed, [], least), 0.0)])

    def _any(self) -> Query:
        """Any of the units, the rarest only where there are many records."""
        room = _ANY_BUDGET
        clauses: list[tuple[Occur, Query]] = []
        for unit in sorted(self._units, key=self._frequency):
            room -= self._frequency(unit)
            if clauses and room < 0:
                break
            clauses += ((Occur.Should, query) for query in self._terms(unit, corrected=False))
            clauses += ((Occur.Should, self._text_sequence(unit, s)) for s in unit.sequences)
        clauses += ((Occur.Should, query) for query in self._text_neighbours())
        return Query.boolean_query(clauses)

    def _value_unit(self, unit: Unit, *, corrected: bool) -> Query | None:
        engine, weight = self._engine, self._weight(unit)
        if unit.phrase:
            return Query.const_score_query(self._phrase(unit.words, "head"), weight)
        terms = unit.terms | {t: w * 0.8 for t, w in unit.more.items()} if corrected else unit.terms
        found = [
            Query.const_score_query(engine.word(field, word), weight * rate)
            for (field, word), rate in terms.items()
            if field == "head" and engine.frequency(field, word)
        ]
        for sequence in unit.sequences:
            words = [engine.word("head", f"f{word}") for word in sequence]
            found.append(Query.const_score_query(_every(words), weight * 0.7))
        return Query.disjunction_max_query(found) if found else None

    def _text_unit(self, unit: Unit, *, corrected: bool) -> Query:
        if unit.phrase:
            return _some([self._phrase(unit.words, "head"), self._phrase(unit.words, "body")])
        found = self._terms(unit, corrected=corrected)
        found += (self._text_sequence(unit, sequence) for sequence in unit.sequences)
        return _some(found)

    def _terms(self, unit: Unit, *, corrected: bool) -> list[Query]:
        terms = unit.terms | {t: w * 0.8 for t, w in unit.more.items()} if corrected else unit.terms
        return [
            Query.boost_query(self._engine.word(field, word), weight)
            for (field, word), weight in terms.items()
            if self._engine.frequency(field, word)
        ]

    def _text_sequence(self, unit: Unit, sequence: Sequence[str]) -> Query:
        engine = self._engine
        words = [
            _some([engine.word("head", f"f{word}"), engine.word("body", f"f{word}")])
            for word in sequence
        ]
        return Query.const_score_query(_every(words), self._weight(unit) * 0.3)

    def _phrase(self, words: Sequence[Word], field: str) -> Query:
        """Words one after the other: all of them, and each two neighbours."""
        engine = self._engine
        marked = any(word.exact != word.folded for word in words)
        pairs = "head" if field == "head" else "pairs"
        found = [
            engine.word(field, f"e{w.exact}" if w.exact != w.folded else f"f{w.folded}")
            for w in words
        ]
        for left, right in pairwise(words):
            pair = f"q{left.exact} {right.exact}" if marked else f"p{left.folded} {right.folded}"
            if left == (left.folded, left.folded) and right == (right.folded, right.folded):
                pair = f"p{left.folded} {right.folded}"
            found.append(engine.word(pairs, pair))
        return _every(found)

    def _value_neighbours(self) -> list[Query]:
        """What raises a score: neighbours in a value, and whole values."""
        engine = self._engine
        found = []
        for (left, right), weight in self._pairs:
            folded, exact = f"p{left.folded} {right.folded}", f"q{left.exact} {right.exact}"
            found.append(Query.const_score_query(engine.word("head", folded), weight * _PAIR))
            found.append(Query.const_score_query(engine.word("head", exact), weight * _PAIR_EXACT))
        for words, weight in self._spans:
            folded = "v" + " ".join(word.folded for word in words)
            exact = "w" + " ".join(word.exact for word in words)
            found.append(Query.const_score_query(engine.word("head", folded), weight * _VALUE))
            found.append(Query.const_score_query(engine.word("head", exact), weight * _VALUE_EXACT))
        return found

    def _text_neighbours(self) -> list[Query]:
        engine = self._engine
        found = []
        for (left, right), _ in self._pairs:
            folded, exact = f"p{left.folded} {right.folded}", f"q{left.exact} {right.exact}"
            if left == (left.folded, left.folded) and right == (right.folded, right.folded):
                found.append(Query.boost_query(engine.word("pairs", folded), 0.5))
                continue
            found.append(Query.boost_query(engine.word("pairs", exact), 0.35))
            found.append(Query.boost_query(engine.word("pairs", folded), 0.15))
        return found

    @cached_property
    def _pairs(self) -> list[tuple[tuple[Word, Word], float]]:
        """Neighbouring words of the question with the mean weight of their units."""
        found: dict[tuple[Word, Word], float] = {}
        for left, right in pairwise(self._units):
            if left.words and right.words:
                mean = (self._weight(left) + self._weight(right)) / 2
                found[left.words[-1], right.words[0]] = mean
        return list(found.items())

    @cached_property
    def _spans(self) -> list[tuple[list[Word], float]]:
        """Runs of words that may be a whole value."""
        if len(self._units) > _MOST_SPANNED:
            return []
        words = [(word, self._weight(unit)) for unit in self._units for word in unit.words]
        return [
            ([word for word, _ in run], sum(weight for _, weight in run))
            for start in range(len(words))
            for end in range(start + 1, min(len(words), start + LONGEST_VALUE) + 1)
            if (run := words[start:end])
        ]

    def _weight(self, unit: Unit) -> float:
        """The inverse document frequency of a unit (as BM25 has it)."""
        held, records = self._frequency(unit), self._engine.records
        return log(1 + max(records - held + 0.5, 0.5) / (held + 0.5))

    def _frequency(self, unit: Unit) -> int:
        engine = self._engine
        terms: list[Term] = [*unit.terms]
        if unit.phrase:
            terms = [("body", f"f{word.folded}") for word in unit.words]
            return min((engine.frequency(*term) for term in terms), default=0)
        return max((engine.frequency(*term) for term in terms), default=0)


def _every(queries: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _some(queries: Sequence[Query]) -> Query:
    if not queries:
        return Query.empty_query()
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _all_of(clauses: Sequence[Query], raising: Sequence[Query], least: int) -> Query:
    """At least so many of the clauses; what raises a score demands nothing."""
    if least < len(clauses):
        needed = Query.boolean_query(
            [(Occur.Should, clause) for clause in clauses], minimum_number_should_match=least
        )
        demanded = [(Occur.Must, needed)]
    else:
        demanded = [(Occur.Must, clause) for clause in clauses]
    return Query.boolean_query([*demanded, *((Occur.Should, query) for query in raising)])
