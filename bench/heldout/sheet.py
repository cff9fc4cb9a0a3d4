"""A sheet of A4 printed at 400 dpi, and text that flows down it.

Lengths are pt from the top left; a scanner (``scanner.py``) sees the sheet at its own resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw

from bench.heldout.fonts import FAMILIES, font

PRINT_DPI = 400
_SCALE = PRINT_DPI / 72
WIDTH, HEIGHT = 595.3, 841.9

Colour = tuple[int, int, int]
BLACK: Colour = (25, 25, 28)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one office's printer sets a form.

    Attributes:
        labels: font family of what the form prints.
        values: font family of what is filled in.
        value_face: ``regular``, ``bold``, ``italic`` or ``bolditalic``.
        size: pt.
        leading: line distance over size.
        leader: dotted leaders: ``none``, ``after`` the value or ``under`` it.
        next_line: a value stands on the line after its label.
        ink: colour of what is filled in.
    """

    labels: str
    values: str
    value_face: str
    size: float
    leading: float
    leader: str
    next_line: bool = False
    ink: Colour = BLACK


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    family: str
    face: str
    value: bool


class Sheet:
    """The paper itself."""

    def __init__(self, tint: Colour = (255, 255, 255)) -> None:
        size = (round(WIDTH * _SCALE), round(HEIGHT * _SCALE))
        self.image = Image.new("RGB", size, tint)
        self.draw = ImageDraw.Draw(self.image)

    def pen(self, family: str, size: float) -> int:
        """How many px an em has at a nominal size in pt."""
        return max(8, round(size * FAMILIES[family].scale * _SCALE))

    def width(self, text: str, family: str, face: str, size: float) -> float:
        """How wide a text runs, in pt."""
        return font(family, face, self.pen(family, size)).getlength(text) / _SCALE

    def text(
        self,
        at: tuple[float, float],
        text: str,
        family: str,
        face: str,
        size: float,
        *,
        ink: Colour = BLACK,
        anchor: str = "ls",
    ) -> None:
        """Print a text with its anchor (Pillow's letters, base line by default) at a point."""
        self.draw.text(
            (at[0] * _SCALE, at[1] * _SCALE),
            text,
            font=font(family, face, self.pen(family, size)),
            fill=ink,
            anchor=anchor,
        )

    def rule(
        self, x0: float, y0: float, x1: float, y1: float, *, width: float = 0.6, ink: Colour = BLACK
    ) -> None:
        """A straight line."""
        self.draw.line(
            [(x0 * _SCALE, y0 * _SCALE), (x1 * _SCALE, y1 * _SCALE)],
            fill=ink,
            width=max(1, round(width * _SCALE)),
        )

    def box(
        self, x0: float, y0: float, x1: float, y1: float, *, width: float = 0.6, ink: Colour = BLACK
    ) -> None:
        """An empty rectangle."""
        self.draw.rectangle(
            (x0 * _SCALE, y0 * _SCALE, x1 * _SCALE, y1 * _SCALE),
            outline=ink,
            width=max(1, round(width * _SCALE)),
        )

    def rings(self, x: float, y: float, radii: Sequence[float], ink: Colour) -> None:
        """Circles round a point, as the pale pattern behind a certificate."""
        for radius in radii:
            self.draw.ellipse(
                [(v * _SCALE) for v in (x - radius, y - radius, x + radius, y + radius)],
                outline=ink,
                width=round(0.8 * _SCALE),
            )


class Flow:
    """Text that flows down between two edges.

    Attributes:
        y: pt, the base line of the last line set.
    """

    def __init__(self, sheet: Sheet, style: Style, left: float, right: float, y: float) -> None:
        self.sheet, self.style = sheet, style
        self.left, self.right, self.y = left, right, y

    def beside(self, left: float, right: float) -> Flow:
        """Another flow that starts at the same height between other edges."""
        return Flow(self.sheet, self.style, left, right, self.y)

    def styled(self, **changes: object) -> Flow:
        """The same place in another style."""
        style = replace(self.style, **changes)  # type: ignore[arg-type] # Style checks the names
        return Flow(self.sheet, style, self.left, self.right, self.y)

    def gap(self, points: float) -> None:
        """Leave room."""
        self.y += points

    def down(self, size: float | None = None) -> None:
        """Go to the next line."""
        self.y += (size or self.style.size) * self.style.leading

    def centred(
        self, text: str, face: str = "regular", size: float | None = None, *, underline: float = 0
    ) -> None:
        """A line in the middle; ``underline`` is the share of its width that a rule below takes."""
        size = size or self.style.size
        self.down(size)
        middle = (self.left + self.right) / 2
        while self.sheet.width(text, self.style.labels, face, size) > self.right - self.left:
            size -= 0.25
        self.sheet.text((middle, self.y), text, self.style.labels, face, size, anchor="ms")
        if underline:
            half = self.sheet.width(text, self.style.labels, face, size) * underline / 2
            self.sheet.rule(middle - half, self.y + 4, middle + half, self.y + 4)

    def paragraph(self, text: str, face: str = "regular", *, indent: float = 0) -> None:
        """Running text of the form itself."""
        words = [_Word(w, self.style.labels, face, value=False) for w in text.split()]
        self._set(words, indent=indent)

    def mixed(self, *parts: tuple[str, str], indent: float = 0) -> None:
        """Running text in which what is filled in stands out: label, value, label, value ..."""
        words = [w for label, value in parts for w in self._words(label, value)]
        self._set(words, indent=indent)

    def field(self, label: str, value: str, *, indent: float = 0) -> None:
        """A label and its value, on one line or the value on the next."""
        if self.style.next_line and value:
            self._set(self._words(label, ""), indent=indent)
            self._set(self._words("", value), indent=indent + 10, leader=True)
        else:
            self._set(self._words(label, value), indent=indent, leader=True)

    def fields(self, *pairs: tuple[str, str]) -> None:
        """Several labels with their short values on one line; what does not fit goes below."""
        size = self.style.size
        needed = [self._run_width(self._words(*pair), size) for pair in pairs]
        spare = self.right - self.left - sum(needed) - 8 * (len(pairs) - 1)
        if spare < 0:
            half = (len(pairs) + 1) // 2
            if len(pairs) == 1:
                self.field(*pairs[0])
                return
            self.fields(*pairs[:half])
            self.fields(*pairs[half:])
            return
        self.down()
        x = self.left
        for pair, width in zip(pairs, needed, strict=True):
            end = x + width + spare / len(pairs)
            self._line(self._words(*pair), x, end, leader=True)
            x = end + 8

    def _words(self, label: str, value: str) -> list[_Word]:
        style = self.style
        return [
            *(_Word(w, style.labels, "regular", value=False) for w in label.split()),
            *(_Word(w, style.values, style.value_face, value=True) for w in value.split()),
        ]

    def _space(self, size: float) -> float:
        return self.sheet.width(" ", self.style.labels, "regular", size)

    def _run_width(self, words: Sequence[_Word], size: float) -> float:
        widths = (self.sheet.width(w.text, w.family, w.face, size) for w in words)
        return sum(widths) + self._space(size) * max(0, len(words) - 1)

    def _set(self, words: Sequence[_Word], *, indent: float, leader: bool = False) -> None:
        lines: list[list[_Word]] = [[]]
        room = self.right - self.left - indent
        for word in words:
            if lines[-1] and self._run_width([*lines[-1], word], self.style.size) > room:
                lines.append([])
                room = self.right - self.left
            lines[-1].append(word)
        for number, line in enumerate(lines):
            self.down()
            self._line(line, self.left + (indent if number == 0 else 0), self.right, leader=leader)

    def _line(self, words: Sequence[_Word], x: float, right: float, *, leader: bool) -> None:
        size, style, value_from = self.style.size, self.style, None
        for word in words:
            ink = style.ink if word.value else BLACK
            self.sheet.text((x, self.y), word.text, word.family, word.face, size, ink=ink)
            if word.value and value_from is None:
                value_from = x
            x += self.sheet.width(word.text, word.family, word.face, size) + self._space(size)
        if leader and style.leader == "after":
            self._dots(x, right, self.y)
        elif leader and style.leader == "under":
            self._dots(x if value_from is None else value_from, right, self.y + 2.4)

    def _dots(self, x: float, right: float, y: float) -> None:
        """A dotted leader, one dot every 3 pt."""
        while x < right:
            self.sheet.text((x, y), ".", self.style.labels, "regular", self.style.size * 0.8)
            x += 3.0
