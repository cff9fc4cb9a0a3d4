"""Where a stamp stands, in what size, and how its lines are broken.

NĐ 30/2020, phụ lục I: the office's at the top right of the first page, 10 pt. TT 01/2023 Đ.8.1: the
clerk's at the top left. A stamp covers nothing: it moves within its corner, then gets smaller, then
leaves the corner.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from dossier.errors import RejectedInput
from dossier.ports import PageInk, Stamp
from signing.page_frame import PageFrame
from signing.stamp_font import FontSubset, StampFont

SIZE = 10.0  # pt
LEADING = 1.2  # of the size, from line to line
PADDING = 0.2  # of the size, around the text, inside the box

_SMALLER = (9.0, 8.0, 7.0)
_SMALLEST = 2.0  # pt; below it nothing can be made out
_NARROWER = (1.0, 0.7, 0.5)  # of the widest lines
_CORNER = (0.5, 0.75, 0.2)  # of the page: its share across, at most, and its share along
_STEP = 4.0  # pt between the places that are tried
_EDGE = 6.0  # pt that stay free between stamp and page edge where it leaves its place
_CLEAR = 1.5  # pt between stamp and ink


@dataclass(frozen=True, slots=True, kw_only=True)
class StampPlace:
    """Where on the upright page the box stands if it covers nothing there, in pt.

    Attributes:
        from_top: between the page's top edge and the box.
        from_side: between the page's edge and the box.
        widest: the text is broken into lines not longer than this.
        at_left: in the left corner, as a clerk's own stamp is; else in the right one.
    """

    from_top: float = 12.0
    from_side: float = 24.0
    widest: float = 230.0
    at_left: bool = False


@dataclass(frozen=True, slots=True)
class LaidOutStamp:
    """A stamp whose lines are broken and whose place is known.

    Attributes:
        lines: from the top.
        size: of the letters, pt.
        width: of the box, pt.
        height: of the box, pt.
        rectangle: of the box in the page's user space.
        turn: of the page, degrees clockwise.
    """

    lines: tuple[str, ...]
    font: FontSubset
    size: float
    width: float
    height: float
    rectangle: tuple[float, float, float, float]
    turn: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one size."""

    lines: tuple[str, ...]
    size: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The upright page: where a block may stand, and what it would cover."""

    width: float
    height: float
    place: StampPlace
    ink: PageInk | None

    def covered(self, block: _Block, left: float, top: float) -> int:
        """How much ink a block would cover; the left and top edges are in pt."""
        if self.ink is None:
            return 0
        return self.ink.amount(
            left - _CLEAR, top - _CLEAR, left + block.width + _CLEAR, top + block.height + _CLEAR
        )

    def home(self, block: _Block) -> tuple[float, float]:
        """The place of a block if nothing stands there; within the page."""
        side = min(self.place.from_side, max(0.0, self.width - block.width))
        left = side if self.place.at_left else self.width - side - block.width
        return left, min(self.place.from_top, max(0.0, self.height - block.height))

    def fits(self, block: _Block) -> bool:
        """Whether it fits on the page."""
        return block.width <= self.width and block.height <= self.height

    def corner(self, block: _Block) -> Iterator[tuple[float, float]]:
        """Places in the block's corner, the nearest to its own first."""
        across = max(_CORNER[0] * self.width, min(block.width, _CORNER[1] * self.width) + _EDGE)
        yield from self._places(block, across, _CORNER[2] * self.height + block.height)

    def anywhere(self, block: _Block) -> Iterator[tuple[float, float]]:
        """Places on the whole page, from the top."""
        yield from self._places(block, self.width, self.height)

    def _places(self, block: _Block, across: float, along: float) -> Iterator[tuple[float, float]]:
        own_left, own_top = self.home(block)
        outermost = self.width - _EDGE - block.width
        lefts = [_EDGE + i * _STEP for i in range(int(max(0.0, outermost - _EDGE) / _STEP) + 1)]
        if not self.place.at_left:
            lefts = [self.width - block.width - left for left in lefts]
        lefts = [
            left
            for left in lefts
            if (left + block.width <= across if self.place.at_left else self.width - left <= across)
        ]
        last = min(along, self.height - _EDGE) - block.height
        tops = [_EDGE + i * _STEP for i in range(int(max(-1.0, (last - _EDGE) / _STEP)) + 1)]
        yield own_left, own_top
        yield from sorted(
            ((left, top) for left in lefts for top in tops),
            key=lambda place: 2 * abs(place[1] - own_top) + abs(place[0] - own_left),
        )


def lay_out(stamp: Stamp, *, font: StampFont, place: StampPlace, frame: PageFrame) -> LaidOutStamp:
    """Break a stamp into lines and find its place.

    Raises:
        RejectedInput: ``pdf.page-too-small``: no legible stamp fits on the page.
        Misconfigured: ``stamp.letter-missing``.
    """
    texts = [
        text
        for text in map(
            _one_line, (stamp.form, stamp.office, stamp.at.isoformat(timespec="seconds"))
        )
        if text
    ]
    letters = font.subset("".join(texts))
    sheet = _Sheet(*frame.upright_size(), place, stamp.ink)
    block, left, top = _placed(texts, letters, sheet)
    bottom = sheet.height - top - block.height
    return LaidOutStamp(
        lines=block.lines,
        font=letters,
        size=block.size,
        width=block.width,
        height=block.height,
        rectangle=frame.rectangle(left, bottom, left + block.width, bottom + block.height),
        turn=frame.turn,
    )


def _placed(texts: list[str], font: FontSubset, sheet: _Sheet) -> tuple[_Block, float, float]:
    blocks = list(_blocks(texts, font, sheet))
    if not blocks:
        raise RejectedInput(
            "pdf.page-too-small",
            "no legible stamp fits on page 1; scan the paper at its true size and resolution",
        )
    regular = [block for block in blocks if block.size == SIZE]
    for tried, places in (
        (blocks, _Sheet.corner),
        (regular, _Sheet.anywhere),
        (blocks, _Sheet.anywhere),
    ):
        for block in tried:
            for left, top in places(sheet, block):
                if not sheet.covered(block, left, top):
                    return block, left, top
    # Ink everywhere, such as a photograph: the least of it, in the corner.
    block = blocks[-1]
    left, top = min(sheet.corner(block), key=lambda place: sheet.covered(block, *place))
    return block, left, top


def _blocks(texts: list[str], font: FontSubset, sheet: _Sheet) -> Iterator[_Block]:
    """Blocks that fit on the page, the most regular first."""
    found = False
    for size in (SIZE, *_SMALLER):
        for narrower in _NARROWER:
            block = _block(texts, font, size, sheet.place.widest * narrower)
            if sheet.fits(block):
                found = True
                yield block
    size = _SMALLER[-1]
    while not found and size > _SMALLEST:
        size *= 0.9
        block = _block(texts, font, size, sheet.width)
        if sheet.fits(block):
            found = True
            yield block


def _block(texts: list[str], font: FontSubset, size: float, widest: float) -> _Block:
    longest = 1000 * (widest - 2 * PADDING * size) / size
    lines = tuple(line for text in texts for line in _broken(text, font, longest))
    width = max(font.width(line) for line in lines) * size / 1000 + 2 * PADDING * size
    return _Block(lines, size, width, len(lines) * LEADING * size + 2 * PADDING * size)


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _broken(text: str, font: FontSubset, widest: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and font.width(longer) > widest:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]
