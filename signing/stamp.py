"""Draws the visible signature of an office.

NĐ 30/2020, phụ lục I: no picture, the form of the copy, the office's name and the time as ISO 8601
with its zone, upright, black.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but its PDF objects' constructors have none.

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import BaseStamp, BaseStampStyle

from signing.stamp_font import FontSubset
from signing.stamp_layout import LEADING, PADDING, LaidOutStamp


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
        size = self._stamp.size
        leading, padding = LEADING * size, PADDING * size
        first = self._stamp.height - padding - (leading + size * font.cap_height / 1000) / 2
        shown = " T* ".join(
            f"<{''.join(f'{font.glyphs[letter]:04X}' for letter in line)}> Tj"
            for line in self._stamp.lines
        )
        return (
            f"q 0 g BT /F {size:.5g} Tf {leading:.5g} TL {padding:.5g} {first:.3f} Td {shown} ET Q"
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
