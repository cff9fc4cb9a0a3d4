"""Whether a record's text matches a query, by the cheapest sufficient check.

Taking a text apart as the index does costs 0.2 ms, and a query may have a hundred candidates: so
words of letters alone are looked for in the text as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from archive.catalogue.rows import Spoken
from archive.catalogue.terms import LONGEST


class Asked:
    """A query.

    Args:
        exact: its words in order, one at least.
        folded: the same words, folded.
    """

    def __init__(self, exact: Sequence[str], folded: Sequence[str]) -> None:
        self._exact = exact
        self._folded = folded
        # A word with digits may stand for a number, or be a part of one that nobody may find.
        simple = all(word.isalpha() and len(word) < LONGEST for word in exact)
        self._phrase = _standing(exact) if simple else None
        self._words = [_standing([word]) for word in exact] if simple else None

    def phrase_in_text(self, said: Spoken) -> bool:
        """Its words stand one after the other on a page of the text."""
        if self._phrase is not None:
            return self._phrase.search(said.plain) is not None
        return _runs_in(self._exact, said.terms.body.exact)

    def phrase_in_value(self, said: Spoken) -> bool:
        """Its words stand one after the other in a described value."""
        return any(_runs_in(self._exact, value.exact) for value in said.values)

    def folded_in_value(self, said: Spoken) -> bool:
        """Its folded words stand one after the other in a described value."""
        return any(_runs_in(self._folded, value.folded) for value in said.values)

    def all_words(self, said: Spoken) -> bool:
        """Each of its words stands somewhere."""
        if self._words is not None and all(word.search(said.plain) for word in self._words):
            return True
        return set(said.terms.body.exact.split()).issuperset(self._exact)

    def all_folded(self, said: Spoken) -> bool:
        """Each of its folded words stands somewhere."""
        return set(said.terms.body.folded.split()).issuperset(self._folded)


def _standing(words: Sequence[str]) -> re.Pattern[str]:
    """Finds words one after the other in ``terms.plain``, whole ones, on one page."""
    first, rest = words[0][0], [words[0][1:], *words[1:]]
    # A look behind after the first letter instead of before it is several times as fast.
    begin = f"{re.escape(first)}(?<![^\\W_]{re.escape(first)})"
    return re.compile(begin + r"(?:[^\w\f]|_)+".join(map(re.escape, rest)) + r"(?![^\W_])")


def _runs_in(words: Sequence[str], line: str) -> bool:
    return f" {' '.join(words)} " in f" {line} "
