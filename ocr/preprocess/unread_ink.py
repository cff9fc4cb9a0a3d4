"""Ink of a page that no recognised word explains.

A page whose words were not found looks like an empty one. So the ink is measured apart from the
engine: the page is parted into cells of 1.5 mm, and a cell counts where it holds strokes, neither
paper nor a solid dark area. What lies under a recognised word is read; the rest is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dossier.ports import GreyPicture
from dossier.spine import RecognisedPage

_DOTS_AN_INCH = 68.0  # of the reduced picture that is measured
_CELL = 4  # dots of it a side: 1.5 mm
_STROKES = (2, 13)  # dark dots of the 16 in a cell with strokes; more is a solid area
_MARGIN_INCHES = 0.2  # shadows of the scanner's edge
_CONTRAST = 0.35  # of the range between paper and ink, that a dark dot is darker than paper
_LEAST_RANGE = 30  # grey levels; less is an empty page
_LEAST_WORD = 0.3  # confidence of a word that explains ink
_LEGIBLE = 0.6  # confidence of a word that was read
_LEAST_LETTERS = 2  # of such a word, or it is dust
_AROUND = 2.0  # pt around a word's box that belong to it
# A page is hardly read where so many cells are unread, and that share of all.
_MOST_UNREAD, _MOST_SHARE = 250, 0.4


@dataclass(frozen=True, slots=True)
class Ink:
    """Cells with strokes on a page.

    Attributes:
        cells: how many there are.
        unread: how many of them no recognised word covers.
    """

    cells: int
    unread: int

    @property
    def hardly_read(self) -> bool:
        """Whether much of the ink was not read: some ten lines of text or more."""
        return self.unread >= _MOST_UNREAD and self.unread > _MOST_SHARE * self.cells


def legible_letters(page: RecognisedPage) -> int:
    """How many letters were read with confidence: what a reading found, lost lines counted.

    A mean confidence says nothing of lines that were lost.
    """
    return sum(len(word.text) for word in page.words if word.confidence >= _LEGIBLE)


def ink_of(page: RecognisedPage, picture: GreyPicture) -> Ink:
    """Measure the ink of a page, about 10 ms of CPU.

    Args:
        page: as recognised from ``picture``; boxes in pt on it.
        picture: the page in grey.
    """
    import numpy as np  # noqa: PLC0415 - in the child only

    strokes = _cells_with_strokes(picture)
    read = np.zeros_like(strokes)
    across, down = strokes.shape[1] / page.width, strokes.shape[0] / page.height
    for word in page.words:
        if word.confidence < _LEAST_WORD or len(word.text) < _LEAST_LETTERS:
            continue
        left, right = (word.box.left - _AROUND) * across, (word.box.right + _AROUND) * across
        top, bottom = (word.box.top - _AROUND) * down, (word.box.bottom + _AROUND) * down
        read[max(int(top), 0) : int(bottom) + 1, max(int(left), 0) : int(right) + 1] = True
    return Ink(int(strokes.sum()), int((strokes & ~read).sum()))


def _cells_with_strokes(picture: GreyPicture) -> Any:  # noqa: ANN401 - an array of booleans
    import numpy as np  # noqa: PLC0415 - in the child only
    from PIL import Image  # noqa: PLC0415 - the same

    image = Image.frombytes("L", (picture.width, picture.height), picture.pixels)
    dots = np.asarray(image.reduce(max(round(picture.dpi / _DOTS_AN_INCH), 1)), dtype=np.int16)
    rows, columns = dots.shape[0] // _CELL, dots.shape[1] // _CELL
    if not rows or not columns:
        return np.zeros((1, 1), dtype=bool)
    darkest, paper = (float(level) for level in np.percentile(dots, (0.5, 90)))
    if paper - darkest < _LEAST_RANGE:
        return np.zeros((rows, columns), dtype=bool)
    dark = dots < paper - _CONTRAST * (paper - darkest)
    dark = dark[: rows * _CELL, : columns * _CELL]
    counts = dark.reshape(rows, _CELL, columns, _CELL).sum(axis=(1, 3))
    strokes = (counts >= _STROKES[0]) & (counts <= _STROKES[1])
    edge = round(_MARGIN_INCHES * _DOTS_AN_INCH / _CELL)
    strokes[:edge] = strokes[-edge:] = False
    strokes[:, :edge] = strokes[:, -edge:] = False
    return strokes
