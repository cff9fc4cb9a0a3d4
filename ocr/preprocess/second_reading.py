"""Numbers of people are read twice.

A citizen ID has no check digit, and the engine may be sure of a wrong digit (8 read as 6 at 0.95).
So every number on a page is cut out and read again, by another model that knows digits only, at
another size. Runs in the child that recognised the page, which holds the picture: some 10 ms of
CPU a number. Measured on 259 printed numbers: the first reading is right in 235, the second in 253,
both agree in 233, and are both wrong in none that has 12 digits.

What comes of it stands in the words' confidence: ``CONFIRMED`` where both readings agree,
``DIFFER`` where they do not. ``ocr.fields.describe`` takes no number for certain that was not
confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from dossier.codes import citizen_id
from dossier.ports import GreyPicture
from dossier.spine import Box, RecognisedPage, Word
from ocr.fields.numbers import CITIZEN_ID, CMND, runs_of_digits
from ocr.fields.rows import Token, box_of, rows

CONFIRMED = 0.99
DIFFER = 0.5
_AROUND = 0.35  # of the number's height: what is cut out besides it
_HEIGHTS = (36, 26)  # px: the size at which a number is read again, and once more
_MARGIN = 14  # px of white around what is cut out
_TALLEST = 60.0  # pt: what is taller is no line of print
_CANDIDATES = range(7, 18)  # digits in a row that may be a misread number
_SHORT = range(10, 12)  # digits: one or two were not seen
_DATE = re.compile(r"\d{1,2}[-.]\d{1,2}[-.](?:\d{2}){1,2}")
_HEAD_ROWS = 16  # rows in which a paper's own number may stand
_NUMBER_LABELS = frozenset({"so", "s0", "sd"})
_PAPER_NUMBER = re.compile(r"(\d{1,6})(?=[/\-]|$)")
_TIED = 3  # letters and marks before a number in one word
_MOST = 24  # numbers on a page that are read again: a list of people is no paper of a person


# Reads a picture that holds one line: the digits in it, and nothing else.
DigitReader = Callable[[GreyPicture], str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A run of words that may be a number.

    Attributes:
        words: their indices on the page.
        read: the digits as first read.
    """

    words: tuple[int, ...]
    read: str
    box: Box


def reread_numbers(
    page: RecognisedPage, picture: GreyPicture, *, read_digits: DigitReader
) -> RecognisedPage:
    """The page, with each number of a person confirmed, corrected in doubt, or doubted.

    Args:
        page: as recognised from ``picture``.
        picture: the upright page.
        read_digits: another way to read digits than the one that made ``page``.
    """
    words: list[Word | None] = list(page.words)
    for index, read, box in _paper_numbers(page):
        word = page.words[index]
        if all(read_digits(_cut(picture, box, page, height)) != read for height in _HEIGHTS):
            words[index] = replace(word, confidence=min(word.confidence, DIFFER))
    for candidate in _candidates(page)[:_MOST]:
        again = [read_digits(_cut(picture, candidate.box, page, height)) for height in _HEIGHTS[:1]]
        if again[0] != candidate.read:
            again.append(read_digits(_cut(picture, candidate.box, page, _HEIGHTS[1])))
        if len(candidate.read) in _SHORT and not any(citizen_id(read) for read in again):
            wide = _with_room(candidate.box)
            again.append(read_digits(_cut(picture, wide, page, _HEIGHTS[0])))
        _weigh(words, candidate, again)
    return replace(page, words=tuple(word for word in words if word is not None))


def _paper_numbers(page: RecognisedPage) -> Iterator[tuple[int, str, Box]]:
    """The numbers after ``Số:`` in the head of a page: word, digits, and their box.

    They are often written by hand into a printed blank, which the engine reads with confidence.
    """
    for row in rows(page)[:_HEAD_ROWS]:
        for label, token in pairwise(row.tokens):
            number = _PAPER_NUMBER.match(token.text)
            if label.plain not in _NUMBER_LABELS or number is None or token.word < 0:
                continue
            digits, box = number[1], token.box
            share = sum(map(_width, digits)) / sum(map(_width, token.text))
            right = box.left + share * (box.right - box.left)
            if share < 1:  # not the stroke that follows
                right -= _AROUND * (box.bottom - box.top)
            yield token.word, digits, replace(box, right=max(right, box.left + 1))


def _width(letter: str) -> float:
    """About how wide a letter is printed, in heights of its font."""
    if letter.isdigit():
        return 0.5
    if letter.isalpha():
        return 0.72 if letter.isupper() else 0.47
    return 0.3


def _with_room(box: Box) -> Box:
    """The box of a number with room for a digit that was not seen, at both ends."""
    room = (box.bottom - box.top) * _AROUND
    return Box(box.left - room, box.top, box.right + room, box.bottom)


def _candidates(page: RecognisedPage) -> list[_Candidate]:
    found = []
    for row in rows(page):
        for tokens in runs_of_digits(row.tokens):
            read = "".join(c for t in tokens for c in t.text if c.isascii() and c.isdigit())
            if len(read) in _CANDIDATES and not _is_date(tokens):
                indices = tuple(dict.fromkeys(t.word for t in tokens))
                found.append(_Candidate(indices, read, _box_of_digits(tokens)))
    return found


def _box_of_digits(tokens: Sequence[Token]) -> Box:
    """The box of a number, without the words that are tied to its front: ``CCCD.số.048...``."""
    first, box = tokens[0], box_of(list(tokens))
    before = _first_digit(first.text)
    if before < _TIED:
        return box
    width = first.box.right - first.box.left
    return replace(box, left=first.box.left + width * before / len(first.text))


def _is_date(tokens: Sequence[Token]) -> bool:
    return any("/" in t.text or _DATE.fullmatch(t.text) for t in tokens)


def _cut(picture: GreyPicture, box: Box, page: RecognisedPage, height: int) -> GreyPicture:
    """A number cut out of its page, at a height in px, with white around it."""
    from PIL import Image  # noqa: PLC0415 - in the child only

    across, down = picture.width / page.width, picture.height / page.height
    tall = min(box.bottom - box.top, _TALLEST)
    edge = tall * _AROUND
    left, top = max(int((box.left - edge) * across), 0), max(int((box.top - edge) * down), 0)
    right = min(int((box.right + edge) * across) + 1, picture.width)
    bottom = min(int((box.bottom + edge) * down) + 1, picture.height)
    whole = Image.frombuffer("L", (picture.width, picture.height), picture.pixels, "raw", "L", 0, 1)
    cut = whole.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    scale = height / max(tall * down, 1.0)
    size = (max(round(cut.width * scale), 1), max(round(cut.height * scale), 1))
    cut = cut.resize(size, Image.Resampling.LANCZOS)
    framed = Image.new("L", (cut.width + 2 * _MARGIN, cut.height + 2 * _MARGIN), 255)
    framed.paste(cut, (_MARGIN, _MARGIN))
    return GreyPicture(framed.width, framed.height, picture.dpi * scale, framed.tobytes())


def _weigh(words: list[Word | None], candidate: _Candidate, again: Sequence[str]) -> None:
    """Write into the words of a number what its readings say of it."""
    first, second = candidate.read, again[0]
    whole = len(first) in {CITIZEN_ID, CMND}
    if whole and first == second:
        for index in candidate.words:
            word = words[index]
            if word is not None:
                words[index] = replace(word, confidence=max(word.confidence, CONFIRMED))
        return
    for index in candidate.words:
        word = words[index]
        if word is not None:
            words[index] = replace(word, confidence=min(word.confidence, DIFFER))
    better = next((digits for digits in again if citizen_id(digits) is not None), None)
    if better is None or (citizen_id(first) is not None and first in again):
        return
    _rewrite(words, candidate, better)


def _rewrite(words: list[Word | None], candidate: _Candidate, digits: str) -> None:
    """Put a better reading in place of the words of a number; it stays in doubt."""
    first = words[candidate.words[0]]
    if first is None:
        return
    box = first.box
    for index in candidate.words[1:]:
        other = words[index]
        if other is not None:
            box, words[index] = box.union(other.box), None
    alone = len(candidate.words) == 1
    before = first.text[: _first_digit(first.text)] if alone else ""
    after = first.text[_after_digits(first.text) :] if alone else ""
    words[candidate.words[0]] = replace(first, text=f"{before}{digits}{after}", box=box)


def _first_digit(text: str) -> int:
    return next((i for i, c in enumerate(text) if c.isdigit()), 0)


def _after_digits(text: str) -> int:
    return next((i + 1 for i in range(len(text) - 1, -1, -1) if text[i].isdigit()), len(text))


class TesseractDigits:
    """Tesseract's English model, restricted to digits. Runs in a child.

    Args:
        tessdata: the folder that holds ``eng.traineddata``.

    Raises:
        Misconfigured: ``ocr.language-missing``.
    """

    def __init__(self, tessdata: str) -> None:
        self._tessdata = tessdata

    def load(self) -> None:
        """Load the model now."""
        _ = self._api

    @cached_property
    def _api(self) -> Any:  # noqa: ANN401 - tesserocr has no types
        """The model, loaded when the first number is met: 0.2 s that most children can spare."""
        import tesserocr  # noqa: PLC0415 - in the child only

        from dossier.errors import Misconfigured  # noqa: PLC0415 - beside it

        try:
            api = tesserocr.PyTessBaseAPI(
                path=self._tessdata, lang="eng", psm=tesserocr.PSM.SINGLE_LINE
            )
        except RuntimeError:
            raise Misconfigured(
                "ocr.language-missing",
                "Tesseract cannot load its files for eng, which numbers are read again with; "
                "install tesseract-ocr-eng",
            ) from None
        api.SetVariable("tessedit_char_whitelist", "0123456789")
        return api

    def digits(self, picture: GreyPicture) -> str:
        """The digits in a picture of one line; empty where Tesseract gives up."""
        api = self._api
        try:
            api.SetImageBytes(picture.pixels, picture.width, picture.height, 1, picture.width)
            api.SetSourceResolution(max(round(picture.dpi), 70))
            text = api.GetUTF8Text()
        except RuntimeError:
            return ""
        finally:
            api.Clear()
        return "".join(c for c in text if c.isascii() and c.isdigit())
