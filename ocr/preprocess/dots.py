"""Rows of dots are painted over before a page is recognised.

Blank forms hold rows of dots for values to be written on. Tesseract reads the dots between and
below the letters into the value (``NGUYỄN.VĂN``, ``034.18.6``), or gives up the whole line, its
label included. So dots that stand alone, and in a row with many others, are taken out: a blob no
larger than a full stop with white all around, nine of them or more within 75 pt at one height. Dots
of letters and of sentences stand lonelier, or higher, or lower; the two of a colon stand one above
the other. A few sums over the picture: 0.1 s of CPU a page at 200 dpi; a page without such rows is
given back as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dossier.ports import GreyPicture

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_POINTS = 72.0
_LARGEST = 2.2  # pt: a full stop in 14 pt, with the blur of a scanner
_SMALL = 0.5  # of the largest: the smallest square that a dot is looked for in
_SMALLEST = 0.2  # of the square of the largest: what has less ink is noise
_INK = 0.68  # of the paper's grey
_CELL = (1.75, 25.0)  # pt, down and across: dots are counted by cells, with those around
_ROW = 9  # dots in nine cells
_FAR = 8  # cells to the left and right in which a row goes on
_OFF = 0.8  # pt: a dot so much higher or lower than the others is the letters'
_COLON = (2.5, 6.0)  # pt: from the upper to the lower dot of a colon
_FEWEST = 24  # dots on a page that are worth the while
_MOST = 60_000  # a screen of dots, not rows


def remove_dot_leaders(picture: GreyPicture) -> GreyPicture:
    """The picture with its rows of dots painted over; the same one where it has none.

    Args:
        picture: the upright, straight page.
    """
    import numpy as np  # noqa: PLC0415 - in the child only

    unit = picture.dpi / _POINTS
    pixels = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.height, picture.width)
    paper = float(np.percentile(pixels[::8, ::8], 70))
    ink = pixels < _INK * paper
    side = max(round(_LARGEST * unit), 3)
    least = max(round(_SMALL * side), 3)
    dots = _lone_blobs(ink, side) | _lone_blobs(ink, (side + least) // 2)
    starts = dots.copy()  # the pixel of each dot with none of it above or at its left
    starts[:, 1:] &= ~dots[:, :-1]
    starts[1:] &= ~dots[:-1]
    starts[1:, 1:] &= ~dots[:-1, :-1]
    starts[1:, :-1] &= ~dots[:-1, 1:]
    down, across = np.divmod(np.flatnonzero(starts), starts.shape[1])
    if not _FEWEST <= down.size <= _MOST:
        return picture
    cell = (max(round(_CELL[0] * unit), 1), max(round(_CELL[1] * unit), 1))
    shape = (picture.height // cell[0] + 3, picture.width // cell[1] + 3)
    at = (down // cell[0] + 1) * shape[1] + across // cell[1] + 1
    many = _around(np.bincount(at, minlength=shape[0] * shape[1]).reshape(shape))
    heights = _around(np.bincount(at, down, shape[0] * shape[1]).reshape(shape))
    row = many >= _ROW
    if not row.any():
        return picture
    # Where letters hide its dots, a row is where it is to the left and right of them.
    level = _alongside(np.where(row, heights / np.maximum(many, 1), 0)) / np.maximum(
        _alongside(row), 1
    )
    # A dot between two letters has little white around it, but is smaller than the largest.
    bands = np.flatnonzero(np.repeat(level.any(axis=1), cell[0])[cell[0] :][: picture.height])
    all_dots = dots.copy()
    for smaller in range(least, side):
        all_dots[bands] |= _lone_blobs(ink[bands], smaller)
    y, x = np.nonzero(all_dots)
    # ``level`` is of the first pixel of each dot; a little below it is its middle.
    half = _LARGEST * unit / 3
    row = np.abs(y - level[y // cell[0] + 1, x // cell[1] + 1] - half) <= _OFF * unit + half
    y, x = y[row], x[row]
    row = ~_below_another(dots, y, x, unit)
    if not row.any():
        return picture
    return _painted_over(picture, pixels, y[row], x[row], paper)


def _painted_over(
    picture: GreyPicture,
    pixels: npt.NDArray[np.uint8],
    y: npt.NDArray[np.int64],
    x: npt.NDArray[np.int64],
    paper: float,
) -> GreyPicture:
    """The picture with these pixels and their neighbours in the grey of the paper."""
    import numpy as np  # noqa: PLC0415 - in the child only

    clean = pixels.copy()
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            clean[np.clip(y + dy, 0, picture.height - 1), np.clip(x + dx, 0, picture.width - 1)] = (
                paper
            )
    return GreyPicture(picture.width, picture.height, picture.dpi, clean.tobytes())


def _lone_blobs(ink: npt.NDArray[np.bool_], side: int) -> npt.NDArray[np.bool_]:
    """The ink of blobs that a square of ``side`` px holds, with nothing but white around it."""
    import numpy as np  # noqa: PLC0415 - in the child only

    if min(ink.shape) < side + 2:
        return np.zeros_like(ink)
    whole, inner = _squares(ink, side + 2), _squares(ink, side)[1:-1, 1:-1]
    least = np.array(np.ceil(max(_SMALLEST * side * side, 3)), dtype=inner.dtype)
    hit = (whole == inner) & (inner >= least)
    # Flat, then row and column: several times as quick as looking for both at once.
    found = np.stack(np.divmod(np.flatnonzero(hit), hit.shape[1]), axis=1)
    blobs = np.zeros_like(ink)
    if len(found) > _MOST * side:
        return blobs
    for dy in range(side):
        for dx in range(side):
            blobs[found[:, 0] + 1 + dy, found[:, 1] + 1 + dx] = True
    blobs &= ink
    return blobs


def _squares(ink: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.uint16]:
    """How much ink is in each square of so many px, by its upper left corner."""
    import numpy as np  # noqa: PLC0415 - in the child only

    # Bytes are quickest, and hold the sum of a square of up to 15 px.
    sums: npt.NDArray[Any] = ink.astype(np.uint8 if size * size < 256 else np.uint16)  # noqa: PLR2004 - of a byte
    for axis in (0, 1):
        length = sums.shape[axis] - size + 1
        parts = [
            sums[n : n + length] if axis == 0 else sums[:, n : n + length] for n in range(size)
        ]
        total = parts[0] + parts[1]
        for part in parts[2:]:
            total += part
        sums = total
    return sums


def _alongside(cells: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Each cell with those to its left and right, summed."""
    import numpy as np  # noqa: PLC0415 - in the child only

    sums = np.cumsum(np.pad(cells, ((0, 0), (_FAR + 1, _FAR))), axis=1, dtype=np.float64)
    return np.asarray(sums[:, 2 * _FAR + 1 :] - sums[:, : -2 * _FAR - 1])


def _below_another(
    dots: npt.NDArray[np.bool_], y: npt.NDArray[np.intp], x: npt.NDArray[np.intp], unit: float
) -> npt.NDArray[np.bool_]:
    """Which of some places lie below another dot, as the lower dot of a colon does."""
    import numpy as np  # noqa: PLC0415 - in the child only

    below = np.zeros(y.shape, dtype=np.bool_)
    for up in range(int(_COLON[0] * unit), round(_COLON[1] * unit) + 1):
        below |= dots[np.maximum(y - up, 0), x]
    return below


def _around(cells: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Each cell with the eight around it, summed."""
    import numpy as np  # noqa: PLC0415 - in the child only

    sums = np.zeros(cells.shape, dtype=np.float64)
    middle = sums[1:-1, 1:-1]
    rows, columns = cells.shape
    for dy in range(3):
        for dx in range(3):
            middle += cells[dy : rows - 2 + dy, dx : columns - 2 + dx]
    return sums
