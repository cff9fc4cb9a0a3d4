"""Reading citizen IDs and old identity numbers (CMND) out of recognised words.

There is no check digit in either, so nothing is corrected silently: a letter taken for a digit, a
length that does not fit, or digits left over each leave their mark on what is returned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dossier.codes import citizen_id
from dossier.spine import Box
from ocr.fields.rows import Token, box_of

CITIZEN_ID, CMND = 12, 9  # digits
_LOOKS_LIKE = {
    **dict.fromkeys("OoQDøØ", "0"),
    **dict.fromkeys("lIi!", "1"),
    **dict.fromkeys("Zz?", "2"),
    **dict.fromkeys("Ss$", "5"),
    **dict.fromkeys("Gb€", "6"),
    **dict.fromkeys("B§&", "8"),
    **dict.fromkeys("qg", "9"),
}
_SEPARATORS = re.compile(r"[.\-–·'’`\s_]")
_INSIDE = re.compile(r"(?<![0-9OoQDlISsBZz])[0-9]{9}(?:[0-9]{3})?(?![0-9OoQDlISsBZz])")
# ``CCCD.số.035``: words that the dots of a blank line tie to the number after them.
_TIED = re.compile(r"\A(?:[^\W\d_]{2,}[.:])+")
# A date or a time of day is no group of a number, whatever its digits.
_DATE = re.compile(r"(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:\d{4}|\d{2})")
_TIME = re.compile(r"(?:[01]?\d|2[0-3])(?::|h|g)[0-5]\d(?:(?::|')[0-5]\d)?")
_GROUP = 4  # digits at most in a group that is printed apart
_UNREADABLE = range(8, 17)  # digits in a row that were meant as a number


@dataclass(frozen=True, slots=True)
class Number:
    """A number as read.

    Attributes:
        digits: 12 or 9 ASCII digits; empty where it cannot be read.
        repaired: letters were taken for the digits they look like.
        loose: more digits stood beside it.
        confidence: the least of its words.
    """

    digits: str
    repaired: bool
    loose: bool
    confidence: float
    box: Box

    @property
    def is_citizen_id(self) -> bool:
        """Whether the structure of a citizen ID holds."""
        return citizen_id(self.digits) is not None


@dataclass(frozen=True, slots=True)
class _Piece:
    token: Token
    digits: str
    repaired: bool


def numbers_in(tokens: Sequence[Token]) -> list[Number]:
    """The numbers of a person that stand in a row of tokens, readable or not."""
    return [number for run in _runs(tokens) if (number := _number(run)) is not None]


def runs_of_digits(tokens: Sequence[Token]) -> list[list[Token]]:
    """Neighbouring tokens that may be one number together, readable or not."""
    return [[piece.token for piece in run] for run in _runs(tokens)]


def digits_of(text: str) -> tuple[str, bool]:
    """The digits a word is meant to be, and whether letters were repaired; else empty."""
    bare = _SEPARATORS.sub("", text)
    inside = _INSIDE.search(bare)
    if inside and inside.group() != bare:
        return inside.group(), False
    digits = "".join(_LOOKS_LIKE.get(c, c) for c in bare)
    if not digits or not digits.isascii() or not digits.isdigit():
        return "", False
    true = sum(c.isdigit() for c in bare)
    if true * 2 < len(bare):
        return "", False
    return digits, digits != bare


def _runs(tokens: Sequence[Token]) -> Iterator[list[_Piece]]:
    """Neighbours that may be groups of one number."""
    run: list[_Piece] = []
    for number, token in enumerate(tokens):
        if _is_date_or_time(tokens, number):
            if run:
                yield run
            run = []
            continue
        digits, repaired = digits_of(token.text)
        if not digits and (tied := _TIED.match(token.text)) is not None:
            digits, repaired = digits_of(token.text[tied.end() :])[0], True
        piece = _Piece(token, digits, repaired) if digits else None
        if run and (piece is None or not _goes_on(run[-1], piece)):
            yield run
            run = []
        if piece is not None:
            run.append(piece)
    if run:
        yield run


def _is_date_or_time(tokens: Sequence[Token], number: int) -> bool:
    """Whether a token is a date or a part of a time, whose colons part it into tokens."""
    token = tokens[number]
    if _DATE.fullmatch(token.text) or _TIME.fullmatch(token.text):
        return True
    before = tokens[number - 1] if number else None
    after = tokens[number + 1] if number + 1 < len(tokens) else None
    pairs = [(before, token), (token, after)]
    return any(
        one is not None
        and other is not None
        and one.mark == ":"
        and one.word == other.word >= 0
        and _TIME.fullmatch(f"{one.text}:{other.text}") is not None
        for one, other in pairs
    )


def _goes_on(before: _Piece, after: _Piece) -> bool:
    # Within one word a colon is a dot of the blank line: ``1:78``.
    one_word = before.token.mark == ":" and before.token.word == after.token.word >= 0
    if before.token.mark in {";", ":"} and not one_word:
        return False
    short = len(before.digits) <= _GROUP and len(after.digits) <= _GROUP
    return short or not (after.token.opens or before.token.mark)


def _number(run: Sequence[_Piece]) -> Number | None:
    digits = "".join(p.digits for p in run)
    if len(digits) in {CITIZEN_ID, CMND}:
        return _made(run, digits, loose=False)
    whole = [p for p in run if len(p.digits) == CITIZEN_ID and citizen_id(p.digits)]
    if len(whole) == 1:
        return _made(whole, whole[0].digits, loose=False)
    fitting = [
        run[i:j]
        for i in range(len(run))
        for j in range(i + 1, len(run) + 1)
        if citizen_id("".join(p.digits for p in run[i:j])) is not None
    ]
    if len(fitting) == 1:
        return _made(fitting[0], "".join(p.digits for p in fitting[0]), loose=True)
    if len(digits) in _UNREADABLE:
        return _made(run, "", loose=True)
    return None


def _made(run: Sequence[_Piece], digits: str, *, loose: bool) -> Number:
    return Number(
        digits=digits,
        repaired=any(p.repaired for p in run),
        loose=loose,
        confidence=min(p.token.confidence for p in run),
        box=box_of([p.token for p in run]),
    )
