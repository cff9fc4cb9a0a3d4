"""Judges the picture of a page as a clerk would: is it worth reading? In a child.

What is found here is a reason to look and to scan again while the paper is still at hand; it
refuses nothing: recognition bears more than a person should. Measured on pages of 150 to 200 dpi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dossier.reports import PageFinding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Real = NDArray[np.float32]

_MM = 25.4
_SMALL_DPI = 50.0  # at which all but sharpness is measured
_TILE = 128  # px at 200 dpi: some lines of text
# 98th percentile of the gradient over the contrast of a tile: less is blurred, on the whole page,
# or in one place of it.
_BLURRED, _BLURRED_PLACE = 0.20, 0.14
_LEAST_TEXT = 40  # grey levels below the paper that a stroke has
_LEAST_STROKES, _MOST_STROKES = 0.02, 0.5  # share of a tile
_TILES, _LEAST_TILES = 4, 3  # measured in each ninth of a page, and held by one that is judged
_LOWEST_LINE, _HIGHEST_LINE = 7, 24  # px at 100 dpi
_LEAST_LINES, _RAGGED = 20, 0.015
_DARK, _FAINT, _BURNT, _BURNT_CONTRAST = 170, 56, 252, 110  # grey levels
_BLANK = 0.0005  # share of the page
_INK = 0.35  # of the way from the background to black
_MARGIN_MM, _EDGE_MM = 18.0, 1.5  # punch holes lie within the margin
_LEAST_CUT = 3  # strokes that run out of the page
_LONGEST_STROKE_MM = 8.0  # longer ones are the shadow of the scanner's lid
_FOLD, _PLAIN = 16, 25  # grey levels of a slanted step, and of the spread beyond it
_BITONAL = 0.97  # share of black and white


def findings(page: Grey, dpi: float) -> list[tuple[PageFinding, str]]:
    """What is wrong with a page, and where.

    Args:
        page: grey, 0 black, rows from the top.
        dpi: of it.
    """
    factor = max(1, round(dpi / _SMALL_DPI))
    small = _reduced(page, factor)
    scale = dpi / factor / _MM  # px a mm
    background, darkest = _levels(small)
    contrast = background - darkest
    ink = small < background - max(contrast, _FAINT) * _INK
    blurred, sharp = _blurred_places(page, dpi, background)
    if not sharp and not blurred and _share(ink, scale) < _BLANK:
        return [(PageFinding.BLANK, "")]
    found: list[tuple[PageFinding, str]] = []
    if background < _DARK:
        found.append((PageFinding.DARK, ""))
    elif background >= _BURNT and contrast < _BURNT_CONTRAST:
        found.append((PageFinding.BURNT, ""))
    elif contrast < _FAINT:
        found.append((PageFinding.FAINT, ""))
    if blurred:
        found.append((PageFinding.BLURRED, _common_place(blurred) if sharp else ""))
    found += [(PageFinding.CUT, side) for side in _cut_sides(ink, scale)]
    if not _is_bitonal(page):
        found += [(PageFinding.FOLDED, corner) for corner in _folded_corners(small, scale)]
    turn = _turn(page, dpi, background)
    if turn:
        found.append((turn, ""))
    return found


def _reduced(page: Grey, factor: int) -> Real:
    """The mean of squares of so many pixels a side."""
    return np.asarray(Image.fromarray(page).reduce(factor), np.float32)


def _levels(small: Real) -> tuple[float, float]:
    """The brightness of the paper, and of the darkest hundredth of the page."""
    counts = np.bincount(small.astype(np.uint8).ravel(), minlength=256)
    smooth = np.convolve(counts, np.ones(5), "same")
    median = int(np.median(small))
    # The paper is the larger part of a page, so its brightness is no darker than the median.
    first = max(median - 2, 0)
    background = first + int(np.argmax(smooth[first:]))
    return float(min(background, 255)), float(np.percentile(small, 1))


def _share(ink: NDArray[np.bool_], scale: float) -> float:
    """The share of ink within the margins, where no punch hole is."""
    margin = int(_MARGIN_MM * scale)
    inner = ink[margin:-margin, margin:-margin] if min(ink.shape) > 3 * margin else ink
    return float(inner.mean()) if inner.size else 0.0


def _blurred_places(
    page: Grey, dpi: float, background: float
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The blurred and the sharp of nine places of a page that hold text: row and column."""
    side = max(16, int(_TILE * dpi / 200))
    rows, columns = max(page.shape[0] // side, 1), max(page.shape[1] // side, 1)
    # A coarse look tells which tiles hold text; only these are measured.
    coarse = page[::4, ::4] < background - _LEAST_TEXT
    tiles: dict[tuple[int, int], list[tuple[float, int, int]]] = {}
    for row in range(rows):
        for column in range(columns):
            step = side // 4
            part = coarse[row * step : (row + 1) * step, column * step : (column + 1) * step]
            dark = float(part.mean())
            if _LEAST_STROKES < dark < _MOST_STROKES:
                place = (min(3 * row // rows, 2), min(3 * column // columns, 2))
                tiles.setdefault(place, []).append((dark, row, column))
    places: dict[tuple[int, int], float] = {}
    for place, found in sorted(tiles.items()):
        if len(found) < _LEAST_TILES:
            continue
        scores = []
        for _, row, column in sorted(found, reverse=True)[:_TILES]:
            tile = page[row * side : (row + 1) * side, column * side : (column + 1) * side]
            scores.append(_sharpness(tile.astype(np.int16)))
        places[place] = float(np.median(scores))
    whole = bool(places) and float(np.median(list(places.values()))) < _BLURRED
    least = _BLURRED if whole else _BLURRED_PLACE
    blurred = [place for place, score in places.items() if score < least]
    return blurred, [place for place in places if place not in blurred]


def _sharpness(tile: NDArray[np.int16]) -> float:
    """How steep the edges of a tile are, as a share of its contrast."""
    low, high = np.percentile(tile[::2, ::2], (2, 90))
    across = np.percentile(np.abs(np.diff(tile, axis=1)), 98)
    down = np.percentile(np.abs(np.diff(tile, axis=0)), 98)
    return float(min(across, down)) / max(float(high - low), 1.0)


def _common_place(places: list[tuple[int, int]]) -> str:
    """The side or corner that holds all places; empty where it is the whole page."""
    rows, columns = {row for row, _ in places}, {column for _, column in places}
    vertical = {0: "top", 1: "middle", 2: "bottom"}[rows.pop()] if len(rows) == 1 else ""
    horizontal = {0: "left", 1: "", 2: "right"}[columns.pop()] if len(columns) == 1 else ""
    return "-".join(word for word in (vertical, horizontal) if word)


def _cut_sides(ink: NDArray[np.bool_], scale: float) -> list[str]:
    """The sides out of which strokes run."""
    edge, longest = max(1, round(_EDGE_MM * scale)), _LONGEST_STROKE_MM * scale
    sides = {
        "top": ink[:edge].any(axis=0),
        "bottom": ink[-edge:].any(axis=0),
        "left": ink[:, :edge].any(axis=1),
        "right": ink[:, -edge:].any(axis=1),
    }
    found = []
    for side, line in sides.items():
        steps = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
        runs = steps[1::2] - steps[::2]
        if runs.size and runs.max() < longest and len(runs) >= _LEAST_CUT:
            found.append(side)
    return found


def _folded_corners(small: Real, scale: float) -> list[str]:
    """The corners across which a slanted step of brightness runs."""
    size = int(35 * scale)
    if min(small.shape) < 2 * size:
        return []
    corners = {
        "top-left": small[:size, :size],
        "top-right": small[:size, : -size - 1 : -1],
        "bottom-left": small[: -size - 1 : -1, :size],
        "bottom-right": small[: -size - 1 : -1, : -size - 1 : -1],
    }
    return [name for name, corner in corners.items() if _slanted_step(corner, scale) > _FOLD]


def _slanted_step(corner: Real, scale: float) -> float:
    """The largest step of brightness along a line that cuts off the corner at the top left."""
    rows, columns = np.indices(corner.shape)
    largest = 0.0
    for slope in (0.6, 1.0, 1.7):
        distance = (rows * slope + columns) / (slope + 1) * 2
        band = max(1.0, 1.5 * scale)
        starts = np.arange(3 * scale, 30 * scale, band)
        bands = [corner[(distance >= start) & (distance < start + band)] for start in starts]
        middles = [float(np.median(one)) for one in bands]
        # Noise and text make small steps everywhere.
        usual = np.abs(np.diff(corner, axis=0)).mean() + np.abs(np.diff(corner, axis=1)).mean()
        for at, step in enumerate(np.abs(np.diff(middles)), 1):
            low, high = np.percentile(corner[distance < starts[at] - band], (20, 80))
            # What lies beyond a fold is the lid or the back of the paper: plain, without text.
            if high - low < _PLAIN:
                largest = max(largest, float(step - usual))
    return largest


def _is_bitonal(page: Grey) -> bool:
    sample = page[::7, ::7]
    return bool(((sample < 8) | (sample > 247)).mean() > _BITONAL)  # noqa: PLR2004 - black and white


def _turn(page: Grey, dpi: float, background: float) -> PageFinding | None:
    """Whether lines run up or down the page, or stand on their heads."""
    small = _reduced(page, max(1, round(dpi / 67)))
    ink = np.clip(background - 40 - small, 0, None)
    across, down = _line_contrast(ink), _line_contrast(ink.T)
    if across * 2 < down:
        return PageFinding.SIDEWAYS
    if across < down * 2:
        return None
    return _upside_down(_reduced(page, max(1, round(dpi / 100))) < background - 60)


def _line_contrast(ink: Real) -> float:
    """How much the sums of rows differ from those around them: high where lines run across."""
    scores = []
    for strip in np.array_split(ink, 4, axis=1):
        profile = strip.mean(axis=1)
        if profile.mean() >= 0.5:  # noqa: PLR2004 - grey levels: a strip with text
            above = profile - np.convolve(profile, np.ones(25) / 25, "same")
            scores.append(float((above**2).mean() / profile.mean()))
    return float(np.mean(scores)) if scores else 0.0


def _upside_down(ink: NDArray[np.bool_]) -> PageFinding | None:
    """Whether lines stand on their heads: the tails of letters above, the tone marks below.

    Of an upright line the upper edge is ragged and the lower one sharp.
    """
    tails, edges = [], []
    for strip in np.array_split(ink, 10, axis=1):
        profile = strip.mean(axis=1)
        profile[profile > 0.75] = 0  # noqa: PLR2004 - a ruled line
        on = np.concatenate(([0], (profile > 0.02).astype(np.int8), [0]))  # noqa: PLR2004 - specks
        steps = np.flatnonzero(np.diff(on))
        for begin, end in zip(steps[::2], steps[1::2], strict=True):
            line, height = profile[begin:end], end - begin
            if not _LOWEST_LINE <= height <= _HIGHEST_LINE or line.max() < 0.12:  # noqa: PLR2004 - some letters
                continue
            core = np.flatnonzero(line > line.max() / 2)
            tails.append((core[0] - (height - 1 - core[-1])) / height)
            change = np.diff(np.concatenate(([0], line, [0])))
            edges.append(-change.min() - change.max())
    if len(tails) < _LEAST_LINES:
        return None
    on_head = float(np.mean(tails)) < -_RAGGED and float(np.mean(edges)) < 0
    return PageFinding.UPSIDE_DOWN if on_head else None
