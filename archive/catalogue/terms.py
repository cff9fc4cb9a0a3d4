"""The words of the index, made here and not by the database, so that all databases find the same.

Each word stands in it twice: as it is (NFC, lower case, one placing of the tone mark) and folded
(without diacritics, ``đ`` as ``d``). A number that may be a person's stands there as a keyed hash
of it: the index holds none, a part of one finds nothing, and only who knows the whole number finds
it again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from archive.identity import IdentityKeys
from dossier import text

FORM = 1
"""Raised when the same text makes other words: then the index has to be made again."""

BREAK = "¶"
"""Stands between lines that no phrase may cross; no word, so nobody can ask for it."""

LONGEST = 64
"""How many characters a word has at most; a longer one is taken in pieces."""

_MOST_ASKED = 32
_WORD = re.compile(rf"\w{{1,{LONGEST}}}")
# Marks that stand beside no letter they could melt into: they part no word.
_MARKS = re.compile(r"[\u0300-\u036f]+")
# What may be a person's number: a run of 9 digits or more (CMND, citizen ID, the lines at the foot
# of an ID card), and 9 or 12 digits printed in groups that are no part of a longer code.
# (A look behind after the first digit instead of before it is four times as fast.)
_NUMBER = re.compile(
    r"\d(?<!\d\d)"
    r"(?:\d{8,}"
    r"|(?<![^\W_]\d)(?<![^\W_][.\-/]\d)"
    r"(?:(?:[ .\-\u00a0]?\d){11}|(?:[ .\-\u00a0]?\d){8})(?!\d|[.\-/][^\W_]))"
)

_TOKEN = re.compile(r"n[0-9a-f]{20}")


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of some lines.

    Attributes:
        exact: words as they are, parted by spaces.
    """

    exact: str

    @property
    def folded(self) -> str:
        """The same words without diacritics, each at the same place; made when it is asked for."""
        return " ".join(map(fold, self.exact.split(" ")))


@dataclass(frozen=True, slots=True)
class Indexed:
    """The terms of one record.

    Attributes:
        head: of the described values, a line each.
        body: of the whole text, with those values that it does not hold.
    """

    head: Terms
    body: Terms


def plain(content: str) -> str:
    """A text in which its words stand as they are in the index, but for numbers of people."""
    return _MARKS.sub("", text.exact(content))


def words(content: str, keys: IdentityKeys) -> list[str]:
    """The words of a text in order, exact; numbers of people as their hash."""
    content = _NUMBER.sub(lambda m: f" {keys.number_token(_digits(m.group()))} ", plain(content))
    return _WORD.findall(content.replace("_", " "))


def terms(lines: Iterable[str], keys: IdentityKeys) -> Terms:
    """The terms of lines that no phrase may cross."""
    by_line = [found for line in lines if (found := words(line, keys))]
    return Terms(f" {BREAK} ".join(" ".join(line) for line in by_line))


def indexed(values: Sequence[Terms], body: Terms) -> Indexed:
    """What to index of a record whose values and whole text these are."""
    inside = f" {body.exact} "
    missing = [value for value in values if f" {value.exact} " not in inside]
    return Indexed(_joined(values), _joined([body, *missing]))


def asked(query: str, keys: IdentityKeys) -> tuple[list[str], list[str]]:
    """The words of a question, exact and folded; no more than 32 of them."""
    found = words(query, keys)[:_MOST_ASKED]
    return found, [fold(word) for word in found]


def numbers(query: str) -> tuple[str, ...]:
    """The numbers in a question that may be a person's: asking for one is asking for a person."""
    return tuple(_digits(m.group()) for m in _NUMBER.finditer(text.nfc(query)))


def is_token(word: str) -> bool:
    """Whether a word of the index stands for a number."""
    return _TOKEN.fullmatch(word) is not None


@lru_cache(maxsize=1 << 15)  # Vietnamese has some seven thousand syllables
def fold(word: str) -> str:
    """A word without diacritics; itself where nothing would be left."""
    return "".join(_WORD.findall(text.folded(word))) or word


def _joined(lines: Sequence[Terms]) -> Terms:
    return Terms(f" {BREAK} ".join(line.exact for line in lines if line.exact))


def _digits(number: str) -> str:
    return "".join(str(unicodedata.decimal(c)) for c in number if c.isdecimal())
