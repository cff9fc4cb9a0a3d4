"""Lines with dotted leaders are read again without their dots.

Forms fill what is left of a line with dots (``Họ và tên: ........``). Tesseract reads them as junk,
and the junk often swallows the words before it: whole lines with names and numbers are lost. Such
lines (their text holds runs of dots, their confidence is low) are deskewed, columns in which
only dots stand are painted over, and all of them are recognised once more as one small picture.
Some 25 ms of CPU a line, and nothing for pages without such lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from dossier.ports import GreyPicture, Recogniser
from dossier.spine import Box, RecognisedPage, Word
from ocr.fields.rows import skew

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_DOTS = re.compile(r"[.…·_\-–—]{3,}")
_JUNK = re.compile(r"[^\w]*")
_UNSURE = 0.75  # mean confidence, by letters, below which a line with dots is read again
_NARROWEST = 60.0  # pt
_MOST = 60  # lines on a page
_HALF = 0.95  # of the height of words: what is cut out above and below the middle of a line
_DOT = 0.03  # inches: the most ink, top to bottom, in a column where only dots stand
_STRETCH = 0.12  # inches: the shortest run of such columns that is painted over
_KEPT = 0.01  # inches left standing at both ends of such a run


@dataclass(frozen=True, slots=True)
class _Strip:
    """A line cut out and deskewed.

    Attributes:
        line: its index on the page.
        left: px on the page of the strip's left edge.
        middle: px on the page of the line's middle at x = 0.
        top: px in the picture of all strips.
    """

    line: int
    left: int
    middle: float
    top: int
    pixels: npt.NDArray[np.uint8]


def reread_dotted_lines(
    page: RecognisedPage, picture: GreyPicture, *, recogniser: Recogniser
) -> RecognisedPage:
    """The page with its dotted lines read again, where that reads better.

    Args:
        page: as recognised from ``picture``.
        picture: the upright page.
        recogniser: the one that made ``page``.
    """
    lines = [line for line in page.lines() if _is_dotted(line)][:_MOST]
    if not lines:
        return page
    slope = skew(page)
    strips = _strips(lines, page, picture, slope)
    sheet = _sheet(strips, picture.dpi)
    read = recogniser.recognise(sheet, number=page.number)
    scale = (sheet.height / read.height, picture.width / page.width)
    better: dict[int, list[Word]] = {}
    for strip in strips:
        words = _words_of(strip, read, scale, slope)
        before = [w for w in page.words if w.line == strip.line]
        if words and _confidence(words) > _confidence(before):
            better[strip.line] = words
    return replace(page, words=_replaced(page, better))


def _is_dotted(line: Sequence[Word]) -> bool:
    text = " ".join(w.text for w in line)
    width = max(w.box.right for w in line) - min(w.box.left for w in line)
    return width >= _NARROWEST and _DOTS.search(text) is not None and _confidence(line) < _UNSURE


def _confidence(words: Sequence[Word]) -> float:
    """Mean confidence by letters; dots count, since they are what went wrong."""
    letters = sum(len(w.text) for w in words)
    return sum(w.confidence * len(w.text) for w in words) / letters if letters else 0.0


def _strips(
    lines: Sequence[Sequence[Word]], page: RecognisedPage, picture: GreyPicture, slope: float
) -> list[_Strip]:
    import numpy as np  # noqa: PLC0415 - in the child only

    pixels = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.height, picture.width)
    scale = picture.width / page.width
    sure = [w.box.bottom - w.box.top for w in page.words if w.confidence > _UNSURE]
    half = max(int(_HALF * (median(sure) if sure else 10.0) * scale), 8)
    strips: list[_Strip] = []
    for line in lines:
        left = max(int((min(w.box.left for w in line)) * scale) - half, 0)
        right = min(int((max(w.box.right for w in line)) * scale) + half, picture.width)
        middle = scale * median(
            (w.box.top + w.box.bottom) / 2 - slope * (w.box.left + w.box.right) / 2 for w in line
        )
        across = np.arange(left, right)
        down = (middle + slope * across)[None, :] + np.arange(-half, half)[:, None]
        down = np.clip(np.rint(down), 0, picture.height - 1).astype(np.intp)
        cut = _remove_dot_leaders(pixels[down, across[None, :]], half, picture.dpi)
        top = half + sum(s.pixels.shape[0] + half for s in strips)
        strips.append(_Strip(line[0].line, left, middle, top, cut))
    return strips


def _remove_dot_leaders(
    strip: npt.NDArray[np.uint8], half: int, dpi: float
) -> npt.NDArray[np.uint8]:
    """The strip with runs of columns that hold nothing taller than a dot painted over."""
    import numpy as np  # noqa: PLC0415 - in the child only

    paper = np.percentile(strip, 70)
    ink = strip < 0.68 * paper
    tall = ink[int(0.45 * half) : int(1.6 * half)].sum(axis=0) > _DOT * dpi
    edges = np.flatnonzero(np.diff(np.concatenate(([True], tall, [True])).astype(np.int8)))
    clean = strip.copy()
    kept = int(_KEPT * dpi)
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        if end - start > _STRETCH * dpi:
            clean[:, start + kept : max(end - kept, start + kept)] = paper
    return clean


def _sheet(strips: Sequence[_Strip], dpi: float) -> GreyPicture:
    """All strips below each other as one picture."""
    import numpy as np  # noqa: PLC0415 - in the child only

    gap = strips[0].top
    width = max(s.pixels.shape[1] for s in strips) + 2 * gap
    height = strips[-1].top + strips[-1].pixels.shape[0] + gap
    sheet: npt.NDArray[Any] = np.full((height, width), 255, dtype=np.uint8)
    for strip in strips:
        rows, columns = strip.pixels.shape
        sheet[strip.top : strip.top + rows, gap : gap + columns] = strip.pixels
    return GreyPicture(width, height, dpi, sheet.tobytes())


def _words_of(
    strip: _Strip, read: RecognisedPage, scale: tuple[float, float], slope: float
) -> list[Word]:
    """The words of a strip, with their boxes on the page."""
    on_sheet, on_page = scale
    height, gap = strip.pixels.shape[0], strip.pixels.shape[0] // 2
    words = []
    for word in read.words:
        middle = (word.box.top + word.box.bottom) / 2 * on_sheet - strip.top
        if not 0 <= middle < height:
            continue
        left = word.box.left * on_sheet - gap + strip.left
        right = word.box.right * on_sheet - gap + strip.left
        lift = strip.middle + slope * (left + right) / 2 - height / 2 - strip.top
        box = Box(
            left / on_page,
            (word.box.top * on_sheet + lift) / on_page,
            right / on_page,
            (word.box.bottom * on_sheet + lift) / on_page,
        )
        words.append(Word(word.text, box, word.confidence, strip.line))
    words.sort(key=lambda w: w.box.left)
    return [w for w in words if not _JUNK.fullmatch(w.text)]


def _replaced(page: RecognisedPage, better: dict[int, list[Word]]) -> tuple[Word, ...]:
    """The page's words, lines that were read better in place of the old ones."""
    words: list[Word] = []
    done: set[int] = set()
    for word in page.words:
        if word.line not in better:
            words.append(word)
        elif word.line not in done:
            done.add(word.line)
            words.extend(better[word.line])
    return tuple(words)
