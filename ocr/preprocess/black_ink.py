"""Papers of people under a coloured stamp are read again by their black ink alone.

A red stamp is darker than paper, and the engine takes it for letters: rows under it are lost. Where
red, green and blue are told apart, the brightest of them shows black ink only. That picture is read
as well when a page names people and parts of it came out badly; what is printed in colour and was
read well the first time stays. Twice the time, so only for such pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dossier.ports import GreyPicture, Recogniser
from dossier.spine import Box, RecognisedPage, Word
from ocr.fields.forms import squashed

# What papers of people speak of, squashed; official letters do not.
_ABOUT_PEOPLE = ("cancuoc", "dinhdanh", "cccd", "cmnd", "tuythan", "chudem", "hovaten", "dantoc")
_BAD = 0.5  # confidence below which a word came out badly
_MOST_BAD = 3  # such words are let pass
_GOOD = 0.8  # confidence of coloured words that stay
_DIFFERENT = 40  # grey levels by which coloured ink is brighter in its brightest colour
_LEAST_COLOURED = 2e-4  # of the page's pixels


def needs_black_ink(page: RecognisedPage) -> bool:
    """Whether a page names people and some of its words came out badly."""
    bad = sum(w.confidence < _BAD and bool(squashed(w.text)) for w in page.words)
    if bad <= _MOST_BAD:
        return False
    text = "".join(squashed(w.text) for w in page.words)
    return any(word in text for word in _ABOUT_PEOPLE)


def read_by_black_ink(
    page: RecognisedPage, picture: GreyPicture, black: GreyPicture, *, recogniser: Recogniser
) -> RecognisedPage:
    """The page as it reads without coloured ink, where that reads better.

    Args:
        page: as recognised from ``picture``.
        picture: the page in grey.
        black: the same, of equal size, with coloured ink gone.
        recogniser: the one that made ``page``.
    """
    if not _has_colour(picture, black):
        return page
    read = recogniser.recognise(black, number=page.number)
    if _confidence(read.words) <= _confidence(page.words):
        return page
    boxes = [w.box for w in read.words]
    kept = [
        w
        for w in page.words
        if w.confidence >= _GOOD and squashed(w.text) and not any(_meet(w.box, b) for b in boxes)
    ]
    last = max((w.line for w in read.words), default=-1) + 1
    return replace(
        read, turn=page.turn, words=(*read.words, *(replace(w, line=w.line + last) for w in kept))
    )


def _has_colour(picture: GreyPicture, black: GreyPicture) -> bool:
    import numpy as np  # noqa: PLC0415 - in the child only

    if (picture.width, picture.height) != (black.width, black.height):
        return False
    one = np.frombuffer(picture.pixels, dtype=np.uint8)[::3].astype(np.int16)
    other = np.frombuffer(black.pixels, dtype=np.uint8)[::3].astype(np.int16)
    return float(np.mean(other - one > _DIFFERENT)) > _LEAST_COLOURED


def _confidence(words: Sequence[Word]) -> float:
    letters = sum(len(w.text) for w in words)
    return sum(w.confidence * len(w.text) for w in words) / letters if letters else 0.0


def _meet(one: Box, other: Box) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )
