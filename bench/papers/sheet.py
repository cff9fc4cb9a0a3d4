"""A sheet of A4 on which papers are drawn, block by block."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_Faces = tuple[str, str, str]
_ROOTS = (
    Path("/usr/share/fonts/truetype"),
    Path("/usr/share/fonts/opentype"),
    Path("/usr/share/texmf/fonts/opentype"),
)


def _faces(folder: str, name: str, slanted: str = "Italic", plain: str = "-Regular") -> _Faces:
    """Regular, bold and italic of a family, as Debian lays them down."""
    start = f"{folder}/{name}"
    joint = "-" if plain in {"", "-Regular"} and folder != "freefont" else ""
    return (f"{start}{plain}.ttf", f"{start}{joint}Bold.ttf", f"{start}{joint}{slanted}.ttf")


FAMILIES: dict[str, _Faces] = {
    "liberation-serif": _faces("liberation2", "LiberationSerif"),
    "liberation-sans": _faces("liberation2", "LiberationSans"),
    "liberation-mono": _faces("liberation2", "LiberationMono"),
    "dejavu-serif": _faces("dejavu", "DejaVuSerif", plain=""),
    "dejavu-sans": _faces("dejavu", "DejaVuSans", slanted="Oblique", plain=""),
    "noto-serif": _faces("noto", "NotoSerif"),
    "noto-sans": _faces("noto", "NotoSans"),
    "free-serif": _faces("freefont", "FreeSerif", plain=""),
    "free-sans": _faces("freefont", "FreeSans", slanted="Oblique", plain=""),
}
REGULAR, BOLD, ITALIC = 0, 1, 2


@lru_cache(maxsize=256)
def _font(family: str, face: int, pixels: int) -> ImageFont.FreeTypeFont:
    """A face at a height in px."""
    for root in _ROOTS:
        path = root / FAMILIES[family][face]
        if path.is_file():
            return ImageFont.truetype(str(path), pixels)
    raise FileNotFoundError(FAMILIES[family][face])


@dataclass(frozen=True, slots=True)
class Header:
    """Two blocks side by side at the head: office left, motto and date right."""

    left: Sequence[str]
    right: Sequence[str]


@dataclass(frozen=True, slots=True)
class Title:
    """Centred lines in bold capitals."""

    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Centred:
    """One centred line."""

    text: str
    face: int = REGULAR


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: str
    face: int = REGULAR


@dataclass(frozen=True, slots=True)
class Field:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Fields on one line."""

    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks in two columns."""

    left: Sequence[Block]
    right: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells with rules around them; the first row in bold where ``headed``."""

    rows: Sequence[Sequence[str]]
    shares: Sequence[float]
    headed: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """Empty space, mm."""

    height: float


Block = Header | Title | Centred | Prose | Field | Beside | Columns | Table | Gap


@dataclass(frozen=True, slots=True)
class Style:
    """How blocks look.

    Attributes:
        size: pt.
        leading: line height over size.
        fill: ``inline``, ``leaders`` (dots after the value), ``below`` (value on the next line),
            ``grid`` (label and value in cells) or ``aligned`` (values at one x).
        margin: mm, left and right.
        value_face: face of values.
    """

    family: str = "liberation-serif"
    size: float = 13
    leading: float = 1.35
    fill: str = "inline"
    margin: float = 22
    value_face: int = REGULAR
    colon: str = ":"


@dataclass(slots=True)
class Sheet:
    """A white page of A4 being drawn.

    Attributes:
        dpi: px an inch.
        places: where each value that was marked stands, in px.
    """

    dpi: int
    style: Style
    image: Image.Image = field(init=False)
    y: float = field(init=False)
    places: dict[str, tuple[float, float, float, float]] = field(init=False, default_factory=dict)
    _draw: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (round(8.27 * self.dpi), round(11.69 * self.dpi)), "white")
        self._draw = ImageDraw.Draw(self.image)
        self.y = self.px(15)

    def px(self, mm: float) -> float:
        """Millimetres in px."""
        return mm / 25.4 * self.dpi

    def font(self, face: int = REGULAR, scale: float = 1.0) -> ImageFont.FreeTypeFont:
        """A face of the style's family."""
        return _font(self.style.family, face, round(self.style.size * scale / 72 * self.dpi))

    @property
    def line(self) -> float:
        """Line height, px."""
        return self.style.size * self.style.leading / 72 * self.dpi

    def draw(self, blocks: Sequence[Block]) -> None:
        """Draw blocks from the cursor down, across the page."""
        left = self.px(self.style.margin)
        self._blocks(blocks, left, self.image.width - left * 0.8)

    def _blocks(self, blocks: Sequence[Block], left: float, right: float) -> None:
        for block in blocks:
            self._block(block, left, right)

    def _block(self, block: Block, left: float, right: float) -> None:  # noqa: C901 - one case a block
        match block:
            case Gap(height):
                self.y += self.px(height)
            case Header():
                self._header(block, left, right)
            case Title(lines):
                self.y += self.line * 0.5
                for text in lines:
                    self._centred(text, BOLD, left, right, 1.15)
                self.y += self.line * 0.4
            case Centred(text, face):
                self._centred(text, face, left, right)
            case Prose(text, face):
                self._wrapped([(w, face) for w in text.split()], left, right)
            case Field():
                self._field(block, left, right)
            case Beside():
                self._beside(block, left, right)
            case Columns():
                self._columns(block, left, right)
            case Table():
                self._table(block, left, right)

    def _beside(self, block: Beside, left: float, right: float) -> None:
        width = (right - left) / len(block.fields)
        top, low = self.y, self.y
        for i, one in enumerate(block.fields):
            self.y = top
            self._field(one, left + i * width, left + (i + 1) * width - self.px(3))
            low = max(low, self.y)
        self.y = low

    def _columns(self, block: Columns, left: float, right: float) -> None:
        middle, top = (left + right) / 2, self.y
        self._blocks(block.left, left, middle - self.px(4))
        low, self.y = self.y, top
        self._blocks(block.right, middle + self.px(4), right)
        self.y = max(low, self.y)

    def _header(self, header: Header, left: float, right: float) -> None:
        split = left + (right - left) * 0.42
        top, low = self.y, self.y
        for lines, (a, b) in ((header.left, (left, split)), (header.right, (split, right))):
            self.y = top
            for i, text in enumerate(lines):
                face = BOLD if i < 2 else ITALIC if "ngày" in text else REGULAR
                self._centred(text, face, a, b, 0.88)
            low = max(low, self.y)
        self.y = low + self.line * 0.5

    def _centred(self, text: str, face: int, left: float, right: float, scale: float = 1.0) -> None:
        font = self.font(face, scale)
        width = font.getlength(text)
        while width > right - left and scale > 0.5:
            scale *= 0.95
            font = self.font(face, scale)
            width = font.getlength(text)
        self._draw.text(((left + right - width) / 2, self.y), text, font=font, fill="black")
        self.y += self.line * scale

    def _wrapped(
        self,
        words: Sequence[tuple[str, int]],
        left: float,
        right: float,
        first: float | None = None,
    ) -> float:
        """Draw words, wrapping; returns the x where the text ended."""
        x = left if first is None else first
        space = self.font().getlength(" ")
        for word, face in words:
            font = self.font(face)
            width = font.getlength(word)
            if x + width > right and x > left:
                x, self.y = left, self.y + self.line
            self._draw.text((x, self.y), word, font=font, fill="black")
            x += width + space
        self.y += self.line
        return x

    def _field(self, one: Field, left: float, right: float) -> None:
        style = self.style
        label = [(w, REGULAR) for w in f"{one.label}{style.colon}".split()]
        value = [(w, style.value_face) for w in one.value.split()]
        if style.fill == "below":
            self._wrapped(label, left, right)
            self._wrapped(value or [(".....", REGULAR)], left + self.px(4), right)
        elif style.fill == "grid":
            self._table(
                Table([[f"{one.label}{style.colon}", one.value]], [0.42, 0.58], headed=False),
                left,
                right,
            )
        elif style.fill == "aligned":
            top = self.y
            self._wrapped(label, left, left + (right - left) * 0.42)
            low, self.y = self.y, top
            self._wrapped(value, left + (right - left) * 0.45, right)
            self.y = max(low, self.y)
        else:
            x = self._wrapped(label + value, left, right)
            if style.fill == "leaders" or not value:
                dot = self.font().getlength(".")
                count = int((right - x) / dot)
                if count > 3:
                    self._draw.text(
                        (x, self.y - self.line), "." * count, font=self.font(), fill="black"
                    )

    def _table(self, table: Table, left: float, right: float) -> None:
        edges = [left]
        for share in table.shares:
            edges.append(edges[-1] + share * (right - left))
        pad = self.px(1.2)
        for i, row in enumerate(table.rows):
            top, low = self.y, self.y
            for j, cell in enumerate(row):
                self.y = top + pad / 2
                face = BOLD if table.headed and i == 0 else REGULAR
                self._wrapped([(w, face) for w in cell.split()], edges[j] + pad, edges[j + 1] - pad)
                low = max(low, self.y + pad / 2)
            for j in range(len(row)):
                self._draw.rectangle(
                    (edges[j], top, edges[j + 1], low),
                    outline="black",
                    width=max(1, self.dpi // 150),
                )
            self.y = low


def any_style(rng: random.Random) -> Style:
    """A style of many."""
    return Style(
        family=rng.choice(sorted(FAMILIES)),
        size=rng.choice((11, 12, 12.5, 13, 13, 14)),
        leading=rng.choice((1.2, 1.3, 1.4, 1.5)),
        fill=rng.choice(("inline", "inline", "leaders", "below", "grid", "aligned")),
        margin=rng.choice((15, 20, 25)),
        value_face=rng.choice((REGULAR, REGULAR, BOLD, ITALIC)),
        colon=rng.choice((":", ":", ":", " :", "")),
    )
