"""Reading the names of people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dossier.spine import Box
from dossier.text import exact, folded, nfc
from ocr.fields.rows import Token, box_of

TITLES = frozenset({"ông", "bà", "anh", "chị", "cô", "chú", "cháu", "ông/bà", "anh/chị", "em"})
# What follows a name on one line and is none: no given name is spelt so in lower case.
_END_WORDS = (
    "sinh gioi tinh ngay thang nam nu so quoc dan cccd cmnd la hien cu tru va ve do cap con voi "
    "tai noi tuoi gd cn ho chieu tich"
)
_ENDS = frozenset(_END_WORDS.split())
_ALONE = frozenset({"cccd", "cmnd"})
_PAIRS = frozenset(
    {
        ("gioi", "tinh"),
        ("quoc", "tich"),
        ("dan", "toc"),
        ("sinh", "ngay"),
        ("sinh", "nam"),
        ("ngay", "sinh"),
        ("nam", "sinh"),
        ("ngay", "thang"),
        ("so", "dinh"),
        ("can", "cuoc"),
        ("que", "quan"),
        ("noi", "cu"),
    }
)
_LETTERS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FEWEST, _MOST = 2, 7  # words of a name


@dataclass(frozen=True, slots=True)
class Name:
    """A name as printed.

    Attributes:
        confidence: the least of its words.
        cut: what was read could not be a name to its end.
    """

    text: str
    confidence: float
    box: Box
    cut: bool


def name_in(tokens: Sequence[Token]) -> Name | None:
    """The name that begins some tokens; None where none does."""
    words = list(tokens)
    while len(words) > _FEWEST and exact(words[0].text) in TITLES:
        words = words[1:]
    taken: list[Token] = []
    cut = False
    for number, token in enumerate(words):
        after = words[number + 1] if number + 1 < len(words) else None
        if taken and token.opens and len(taken) >= _FEWEST:
            break
        if not _LETTERS.fullmatch(token.text):
            cut = any(c.isdigit() for c in token.text) and not token.text[:1].isdigit()
            break
        if not token.text[:1].isupper() or _ends_name(token, after):
            cut = not token.text[:1].isupper() and folded(token.text) not in _ENDS
            break
        taken.append(token)
        if token.mark or len(taken) == _MOST:
            break
    if len(taken) < _FEWEST:
        return None
    text = nfc(" ".join(t.text for t in taken))
    return Name(text, min(t.confidence for t in taken), box_of(taken), cut)


def _ends_name(token: Token, after: Token | None) -> bool:
    """Whether a capitalised word begins a label of its own: ``CCCD``, ``Giới tính``."""
    if token.plain in _ALONE:
        return True
    return after is not None and not token.mark and (token.plain, after.plain) in _PAIRS
