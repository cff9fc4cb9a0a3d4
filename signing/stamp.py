"""What the visible signature of an office looks like, and where it stands.

NĐ 30/2020, phụ lục I: at the top right of the first page, no picture, the form of the copy, the
office's name and the time as ISO 8601 with its zone, upright, 10 pt, black.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but its PDF objects' constructors have none.

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import BaseStamp, BaseStampStyle

from dossier.errors import RejectedInput
from dossier.ports import Stamp
from signing.pdf_objects import entry, inherited, items
from signing.stamp_font import FontSubset, StampFont

SIZE = 10.0  # pt
LEADING = 12.0  # pt from line to line
_PADDING = 2.0  # pt around the text, inside the box
_QUARTERS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampPlace:
    """Where on the upright page the box stands, in pt.

    Attributes:
        from_top: between the page's top edge and the box.
        from_right: between the page's right edge and the box.
        widest: the text is broken into lines not longer than this.
    """

    from_top: float = 12.0
    from_right: float = 24.0
    widest: float = 230.0


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


@dataclass(frozen=True, slots=True)
class LaidOutStamp:
    """A stamp whose lines are broken and whose place is known.

    Attributes:
        lines: from the top.
        width: of the box, pt.
        height: of the box, pt.
        rectangle: of the box in the page's user space.
        turn: of the page, degrees clockwise.
    """

    lines: tuple[str, ...]
    font: FontSubset
    width: float
    height: float
    rectangle: tuple[float, float, float, float]
    turn: int


def lay_out(stamp: Stamp, *, font: StampFont, place: StampPlace, frame: PageFrame) -> LaidOutStamp:
    """Break a stamp into lines and find its box.

    Raises:
        RejectedInput: ``pdf.page-too-small``: the stamp does not fit on the page.
        Misconfigured: ``stamp.letter-missing``.
    """
    texts = [
        _one_line(text)
        for text in (stamp.form, stamp.office, stamp.at.isoformat(timespec="seconds"))
    ]
    letters = font.subset("".join(texts))
    page_width, page_height = frame.upright_size()
    widest = min(place.widest, page_width - place.from_right) - 2 * _PADDING
    lines = tuple(
        line for text in texts if text for line in _broken(text, letters, 1000 * widest / SIZE)
    )
    width = max(letters.width(line) for line in lines) * SIZE / 1000 + 2 * _PADDING
    height = len(lines) * LEADING + 2 * _PADDING
    right, top = page_width - place.from_right, page_height - place.from_top
    if width > right or height > top:
        raise RejectedInput(
            "pdf.page-too-small",
            "the visible stamp does not fit on page 1; scan the paper at its true size and "
            "resolution, or let the operator set a stamp that fits",
        )
    return LaidOutStamp(
        lines=lines,
        font=letters,
        width=width,
        height=height,
        rectangle=frame.rectangle(right - width, top - height, right, top),
        turn=frame.turn,
    )


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


@dataclass(frozen=True)
class StampStyle(BaseStampStyle):
    """Draws a laid out stamp as the appearance of pyHanko's signature field."""

    stamp: LaidOutStamp | None = None

    def create_stamp(
        self,
        writer: BasePdfFileWriter,
        box: BoxConstraints,  # noqa: ARG002 - pyHanko's signature; it is the box laid out here
        text_params: dict[str, Any],  # noqa: ARG002 - pyHanko's signature
    ) -> _Appearance | None:
        """The appearance of a signature field."""
        return None if self.stamp is None else _Appearance(writer, self, self.stamp)


class _Appearance(BaseStamp):
    def __init__(self, writer: BasePdfFileWriter, style: StampStyle, stamp: LaidOutStamp) -> None:
        super().__init__(writer, style, box=BoxConstraints(width=stamp.width, height=stamp.height))
        self._stamp = stamp

    def render(self) -> bytes:
        font = self._stamp.font
        reference = self._ensure_writer.add_object(_type0(self._ensure_writer, font))
        self.set_resource(ResourceType.FONT, generic.pdf_name("/F"), reference)
        first = self._stamp.height - _PADDING - (LEADING + SIZE * font.cap_height / 1000) / 2
        shown = " T* ".join(
            f"<{''.join(f'{font.glyphs[letter]:04X}' for letter in line)}> Tj"
            for line in self._stamp.lines
        )
        return (
            f"q 0 g BT /F {SIZE:g} Tf {LEADING:g} TL {_PADDING:g} {first:.3f} Td {shown} ET Q"
        ).encode("ascii")

    def as_form_xobject(self) -> generic.StreamObject:
        form = super().as_form_xobject()
        width, height = self._stamp.width, self._stamp.height
        # The page is turned for showing; the text is turned the other way to stand upright.
        matrix = {
            90: (0, 1, -1, 0, height, 0),
            180: (-1, 0, 0, -1, width, height),
            270: (0, -1, 1, 0, 0, width),
        }.get(self._stamp.turn)
        if matrix is not None:
            form["/Matrix"] = generic.ArrayObject([generic.FloatObject(n) for n in matrix])
        return form


def _type0(writer: BasePdfFileWriter, font: FontSubset) -> generic.DictionaryObject:
    """A composite font whose codes are glyph numbers (ISO 32000-1 §9.7)."""
    name = generic.pdf_name("/" + font.name)
    descriptor = _dictionary(
        Type="/FontDescriptor",
        FontName=name,
        Flags=generic.NumberObject(4),
        FontBBox=_numbers(font.box),
        ItalicAngle=generic.NumberObject(0),
        Ascent=generic.FloatObject(font.ascent),
        Descent=generic.FloatObject(font.descent),
        CapHeight=generic.FloatObject(font.cap_height),
        StemV=generic.NumberObject(80),
        FontFile2=writer.add_object(
            _deflated(font.program, Length1=generic.NumberObject(len(font.program)))
        ),
    )
    descendant = _dictionary(
        Type="/Font",
        Subtype="/CIDFontType2",
        BaseFont=name,
        CIDSystemInfo=generic.DictionaryObject(
            {
                generic.pdf_name("/Registry"): generic.pdf_string("Adobe"),
                generic.pdf_name("/Ordering"): generic.pdf_string("Identity"),
                generic.pdf_name("/Supplement"): generic.NumberObject(0),
            }
        ),
        CIDToGIDMap="/Identity",
        FontDescriptor=writer.add_object(descriptor),
        W=_widths(font),
    )
    return _dictionary(
        Type="/Font",
        Subtype="/Type0",
        BaseFont=name,
        Encoding="/Identity-H",
        DescendantFonts=generic.ArrayObject([writer.add_object(descendant)]),
        ToUnicode=writer.add_object(_deflated(_to_unicode(font))),
    )


def _dictionary(**entries: Any) -> generic.DictionaryObject:  # noqa: ANN401 - any PDF object
    return generic.DictionaryObject(
        {
            generic.pdf_name("/" + key): generic.pdf_name(value)
            if isinstance(value, str) and not isinstance(value, generic.NameObject)
            else value
            for key, value in entries.items()
        }
    )


def _deflated(content: bytes, **entries: Any) -> generic.StreamObject:  # noqa: ANN401 - as above
    return generic.StreamObject(
        _dictionary(Filter="/FlateDecode", **entries), encoded_data=zlib.compress(content)
    )


def _numbers(values: Sequence[float]) -> generic.ArrayObject:
    return generic.ArrayObject([generic.FloatObject(round(n, 3)) for n in values])


def _widths(font: FontSubset) -> generic.ArrayObject:
    entries = generic.ArrayObject()
    for letter, glyph in sorted(font.glyphs.items(), key=lambda pair: pair[1]):
        entries.append(generic.NumberObject(glyph))
        entries.append(_numbers([font.advances[letter]]))
    return entries


def _to_unicode(font: FontSubset) -> bytes:
    pairs = sorted((glyph, letter) for letter, glyph in font.glyphs.items())
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    mapped = "\n".join(
        f"{len(block)} beginbfchar\n"
        + "\n".join(f"<{g:04X}> <{c.encode('utf-16-be').hex().upper()}>" for g, c in block)
        + "\nendbfchar"
        for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{mapped}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode("ascii")
