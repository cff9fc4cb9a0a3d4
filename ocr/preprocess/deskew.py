"""Skewed pages are deskewed before they are recognised.

At one or two degrees Tesseract loses whole cells of tables and mixes rows; deskewed, it does
not. The angle comes from the rows of ink of a small copy (some 15 ms of CPU); only pages that need
it are turned (some 60 ms), and boxes are turned back, so that they fit the page as received.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dossier.ports import GreyPicture
from dossier.spine import Box, RecognisedPage

if TYPE_CHECKING:
    from PIL import Image

_SMALL_DPI = 80.0  # of the copy that is looked at
_MOST = 4.0  # degrees; what is turned further is no matter of skew
_COARSE, _FINE = 0.25, 0.05  # degrees between angles tried
# Degrees; less does no harm. On two government pages askew by 0.35 turning raised the letters wrong
# from 41 to 64; on forms askew by 0.5 it changed no value.
_LEAST = 0.6
_EDGE = 0.03  # of width and height left out: a scanner's black borders
_INK = 0.7  # of the paper's grey
_LEAST_INK = 200  # px of ink, below which nothing can be said


@dataclass(frozen=True, slots=True)
class Deskewed:
    """A picture made straight, and the way back.

    Attributes:
        degrees: how far it was turned, anticlockwise; 0 where it was left alone.
    """

    picture: GreyPicture
    degrees: float

    def restored(self, page: RecognisedPage) -> RecognisedPage:
        """The words of the straight picture, at their places on the page as received."""
        if not self.degrees:
            return page
        angle = math.radians(self.degrees)
        sin, cos = math.sin(angle), math.cos(angle)
        middle_x, middle_y = page.width / 2, page.height / 2

        def back(box: Box) -> Box:
            x, y = (box.left + box.right) / 2 - middle_x, (box.top + box.bottom) / 2 - middle_y
            half_width, half_height = (box.right - box.left) / 2, (box.bottom - box.top) / 2
            at_x = min(max(middle_x + x * cos - y * sin, half_width), page.width - half_width)
            at_y = min(max(middle_y + x * sin + y * cos, half_height), page.height - half_height)
            return Box(at_x - half_width, at_y - half_height, at_x + half_width, at_y + half_height)

        return replace(page, words=tuple(replace(w, box=back(w.box)) for w in page.words))


def deskewed(picture: GreyPicture) -> Deskewed:
    """The picture turned so that its lines run level, where they do not.

    Args:
        picture: an upright page.
    """
    from PIL import Image  # noqa: PLC0415 - in the child only

    page = Image.frombuffer("L", (picture.width, picture.height), picture.pixels, "raw", "L", 0, 1)
    degrees = _skew(page, picture.dpi)
    if abs(degrees) < _LEAST:
        return Deskewed(picture, 0.0)
    return Deskewed(rotated(picture, degrees), degrees)


def rotated(picture: GreyPicture, degrees: float) -> GreyPicture:
    """The picture turned about its middle, anticlockwise, its size kept."""
    from PIL import Image  # noqa: PLC0415 - in the child only

    if not degrees:
        return picture
    page = Image.frombuffer("L", (picture.width, picture.height), picture.pixels, "raw", "L", 0, 1)
    paper = page.reduce(16).getextrema()[1]
    turned = page.rotate(degrees, Image.Resampling.BILINEAR, fillcolor=paper)
    return GreyPicture(picture.width, picture.height, picture.dpi, turned.tobytes())


def _skew(page: Image.Image, dpi: float) -> float:
    """By how many degrees the lines fall to the right."""
    import numpy as np  # noqa: PLC0415 - in the child only

    small = np.asarray(page.reduce(max(round(dpi / _SMALL_DPI), 1)))
    height, width = small.shape
    cut_y, cut_x = int(height * _EDGE), int(width * _EDGE)
    small = small[cut_y : height - cut_y, cut_x : width - cut_x]
    if small.size == 0:
        return 0.0
    y, x = np.nonzero(small < _INK * np.percentile(small, 80))
    if len(y) < _LEAST_INK:
        return 0.0

    def level(degrees: float) -> float:
        """How well the ink gathers in rows, if this is the angle."""
        rows = np.rint(y - x * math.tan(math.radians(degrees))).astype(np.int64)
        counts = np.bincount(rows - rows.min())
        return float(np.square(np.diff(counts)).sum())

    steps = int(_MOST / _COARSE)
    best = max((n * _COARSE for n in range(-steps, steps + 1)), key=level)
    fine = int(_COARSE / _FINE)
    return max((best + n * _FINE for n in range(-fine, fine + 1)), key=level)
