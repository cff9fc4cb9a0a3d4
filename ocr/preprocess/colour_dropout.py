"""Papers of people under a coloured stamp are read again without their coloured ink.

A red stamp is darker than paper, and the engine takes it for letters: rows under it are lost. Where
red, green and blue differ, the brightest of them shows black ink only. That picture is read as well
where a page names people and parts of it came out badly, or ink was not read. The reading that
found more letters is taken; words of the other one that stand where it has none stay. Twice the
time, so only for such pages.
"""

from __future__ import annotations

from dataclasses import replace

from dossier.ports import GreyPicture, Recogniser
from dossier.spine import Box, RecognisedPage
from ocr.fields.forms import squashed
from ocr.preprocess.unread_ink import Ink, legible_letters

# What papers of people speak of, squashed; official letters do not.
_ABOUT_PEOPLE = ("cancuoc", "dinhdanh", "cccd", "cmnd", "tuythan", "chudem", "hovaten", "dantoc")
_BAD = 0.5  # confidence below which a word came out badly
_MOST_BAD = 3  # such words are let pass
_MOST_UNREAD = 0.15  # of the cells with ink; signatures and stamps of a page that was read well
_GOOD = 0.8  # confidence of coloured words that stay
_DIFFERENT = 40  # grey levels by which coloured ink is brighter in its brightest colour
_LEAST_COLOURED = 2e-4  # of the page's pixels


def needs_colour_dropout(page: RecognisedPage, ink: Ink) -> bool:
    """Whether a page names people, and some of its words came out badly or ink was not read."""
    bad = sum(w.confidence < _BAD and bool(squashed(w.text)) for w in page.words)
    if bad <= _MOST_BAD and ink.unread <= _MOST_UNREAD * ink.cells:
        return False
    text = "".join(squashed(w.text) for w in page.words)
    return any(word in text for word in _ABOUT_PEOPLE)


def read_without_colour(
    page: RecognisedPage, picture: GreyPicture, colourless: GreyPicture, *, recogniser: Recogniser
) -> RecognisedPage:
    """The page as it reads without coloured ink, where that finds more letters.

    Args:
        page: as recognised from ``picture``.
        picture: the page in grey.
        colourless: the same, of equal size, without coloured ink.
        recogniser: the one that made ``page``.
    """
    if not _has_colour(picture, colourless):
        return page
    read = recogniser.recognise(colourless, number=page.number)
    if legible_letters(read) <= legible_letters(page):
        return _completed(page, read)
    return replace(_completed(read, page), turn=page.turn)


def _completed(page: RecognisedPage, other: RecognisedPage) -> RecognisedPage:
    """The page with those good words of another reading that stand where it has none."""
    boxes = [w.box for w in page.words]
    more = [
        w
        for w in other.words
        if w.confidence >= _GOOD and squashed(w.text) and not any(_meet(w.box, b) for b in boxes)
    ]
    if not more:
        return page
    last = max((w.line for w in page.words), default=-1) + 1
    return replace(page, words=(*page.words, *(replace(w, line=w.line + last) for w in more)))


def _has_colour(picture: GreyPicture, black: GreyPicture) -> bool:
    import numpy as np  # noqa: PLC0415 - in the child only

    if (picture.width, picture.height) != (black.width, black.height):
        return False
    one = np.frombuffer(picture.pixels, dtype=np.uint8)[::3].astype(np.int16)
    other = np.frombuffer(black.pixels, dtype=np.uint8)[::3].astype(np.int16)
    return float(np.mean(other - one > _DIFFERENT)) > _LEAST_COLOURED


def _meet(one: Box, other: Box) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )
