"""Words of Vietnamese text: as written and folded, and numbers of people as keyed hashes.

Both databases, the index and the question go through here, so that they agree.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from archive.identity import IdentityKeys
from dossier import text

LONGEST = 64
"""How many characters a word has at most; a longer one is split."""

_WORD = re.compile(rf"[^\W_]{{1,{LONGEST}}}")
# Marks that combine with no letter before them separate no words.
_MARKS = re.compile(r"[\u0300-\u036f]+")
# What may be a person's number: a run of 9 digits or more (CMND, citizen ID, the lines at the foot
# of an ID card), and 9 or 12 digits printed in groups that are no part of a longer code.
# (A look-behind after the first digit instead of before it is four times as fast.)
_NUMBER = re.compile(
    r"\d(?<!\d\d)"
    r"(?:\d{8,}"
    r"|(?<![^\W_]\d)(?<![^\W_][.\-/]\d)"
    r"(?:(?:[ .\-\u00a0]?\d){11}|(?:[ .\-\u00a0]?\d){8})(?!\d|[.\-/][^\W_]))"
)
# A dossier code: its date and serial have nine digits or more, and are nobody's number.
_CODE = re.compile(
    r"(?<![^\W_])[a-z0-9]{1,4}(?:\.[a-z0-9]{1,4}){2,7}-\d{6}-\d{3,7}(?!\w)", re.IGNORECASE
)
_TOKEN = re.compile(r"n[0-9a-f]{20}")


class Word(NamedTuple):
    """One word.

    Attributes:
        exact: lower case, NFC, one placement of the tone mark.
        folded: without diacritics, ``đ`` as ``d``.
    """

    exact: str
    folded: str


@lru_cache(maxsize=1 << 16)  # Vietnamese has some seven thousand syllables
def word_of(written: str) -> Word:
    """A word of lower-case NFC text."""
    exact = text.exact(written)
    return Word(exact, "".join(_WORD.findall(text.folded(exact))) or exact)


def clean(content: str) -> str:
    """NFC without stray marks; the words stand in it as written."""
    return _MARKS.sub("", text.nfc(content))


def words_of(content: str) -> list[Word]:
    """The words of clean text, in order."""
    return [word_of(written) for written in _WORD.findall(content.lower())]


def hide_numbers(content: str, keys: IdentityKeys) -> str:
    """Clean text with each number of a person replaced by the keyed hash of the whole number."""
    kept = [m.span() for m in _CODE.finditer(content)] if "-" in content else []

    def token(found: re.Match[str]) -> str:
        start = found.start()
        if any(first <= start < end for first, end in kept):
            return found[0]
        return f" {keys.number_token(_digits(found[0]))} "

    return _NUMBER.sub(token, content)


def numbers_in(question: str) -> tuple[str, ...]:
    """The numbers in a question that may be a person's."""
    return tuple(_digits(found[0]) for found in _NUMBER.finditer(clean(question)))


def is_number_token(word: str) -> bool:
    """Whether a word is the hash of a number."""
    return _TOKEN.fullmatch(word) is not None


def _digits(number: str) -> str:
    return "".join(str(unicodedata.decimal(c)) for c in number if c.isdecimal())
