"""The visible part of a page, and how it is turned for showing."""

# mypy: allow-untyped-calls
# pyHanko ships types, but its PDF objects' constructors have none.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic

from dossier.errors import RejectedInput
from signing.pdf_objects import entry, inherited, items

_QUARTERS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The visible part of a page in its own user space, and how it is turned for showing.

    Attributes:
        left: user space units, as the next three.
        turn: degrees clockwise: 0, 90, 180 or 270.
        unit: pt a user space unit.
    """

    left: float
    bottom: float
    right: float
    top: float
    turn: int = 0
    unit: float = 1.0

    def upright_size(self) -> tuple[float, float]:
        """Width and height in pt as shown."""
        width, height = (self.right - self.left) * self.unit, (self.top - self.bottom) * self.unit
        return (height, width) if self.turn in {90, 270} else (width, height)

    def rectangle(
        self, left: float, bottom: float, right: float, top: float
    ) -> tuple[float, float, float, float]:
        """A rectangle of the upright page (pt from its bottom left) in user space."""
        corners = [self._point(left, bottom), self._point(right, top)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return min(xs), min(ys), max(xs), max(ys)

    def _point(self, x: float, y: float) -> tuple[float, float]:
        x, y = x / self.unit, y / self.unit
        return {
            0: (self.left + x, self.bottom + y),
            90: (self.right - y, self.bottom + x),
            180: (self.right - x, self.top - y),
            270: (self.left + y, self.top - x),
        }[self.turn]


def frame_of(page: generic.DictionaryObject) -> PageFrame:
    """The frame of a page: its crop box within its media box, its rotation and unit.

    Raises:
        RejectedInput: ``pdf.page-box``: the page has no proper box.
    """
    try:
        media = _box(inherited(page, "/MediaBox"))
        crop = inherited(page, "/CropBox")
        box = media if crop is None else _common(media, _box(crop))
        turn = _turn(inherited(page, "/Rotate"))
        unit = float(entry(page, "/UserUnit", 1))
    except (TypeError, ValueError, LookupError, AttributeError) as e:
        raise RejectedInput("pdf.page-box", "page 1 has no proper page box") from e
    if turn not in _QUARTERS or unit <= 0 or box[0] >= box[2] or box[1] >= box[3]:
        raise RejectedInput("pdf.page-box", "page 1 has no proper page box, rotation or unit")
    return PageFrame(*box, turn=turn, unit=unit)


def _turn(written: Any) -> int:  # noqa: ANN401 - any PDF object
    return 0 if written is None else int(written.get_object()) % 360


def _box(written: Any) -> tuple[float, float, float, float]:  # noqa: ANN401 - any PDF object
    x0, y0, x1, y1 = (float(n) for n in items(written.get_object()))
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _common(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    return (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )
