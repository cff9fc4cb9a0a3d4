"""The invisible text layer: one Type 0 font a document, each word stretched to its box.

What passes PDF/A-2u was found by trying (veraPDF 1.30): an Identity-H font whose codes 1..n stand
for the characters used, every one shown by an empty glyph of 1000 units per em; a ToUnicode map
with one ``bfchar`` for each code and no range; text in rendering mode 3 (ISO 32000-1, 9.3.6).
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import median

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Array, Dictionary, Name, Pdf

from dossier.spine import RecognisedPage, Word
from ocr.pdfa.streams import compressed

FONT = "/SohoaText"
_EM = 1000
_WIDTH = 500  # of every character, in 1/1000 em
_SPACE = 250  # narrower, so that the space after a stretched word does not reach the next one
_ASCENT, _DESCENT = 750, -250  # together one em: the font size is the height of the box
_LEAST = 0.5  # pt; no box is taken as smaller
_ENOUGH, _MANY = 4, 24  # words to tell the slope of a line from, at least and at most
_MOST_OFF = 0.25  # of a line's height that a word's middle may lie off the line's
_HIGHEST = 1.6  # times a line's height that a word may be high
_BLOCK = 100  # the most entries of one bfchar block (Adobe Technical Note 5014)
_MOST_CODES = 0xFFFF
_CREATED = 3_786_912_000  # seconds since 1904: a fixed day, so that equal input gives equal bytes


@dataclass(slots=True)
class Codes:
    """The codes of the characters that a document uses, in order of first use; from 1 on.

    Code 1 is the space.
    """

    of: dict[str, int] = field(default_factory=lambda: {" ": 1})

    def string(self, text: str) -> str:
        """A text as a hexadecimal string of two-byte codes, without its angle brackets."""
        for character in text:
            if character not in self.of and len(self.of) < _MOST_CODES:
                self.of[character] = len(self.of) + 1
        return "".join(f"{self.of[c]:04X}" for c in text if c in self.of)


@dataclass(frozen=True, slots=True)
class Place:
    """How the upright page lies in the user space of its PDF page.

    Attributes:
        left: of the visible box in user space, units.
        bottom: the same.
        right: the same.
        top: the same.
        turn: degrees clockwise by which it is shown turned: its own /Rotate and ``turn`` together.
    """

    left: float
    bottom: float
    right: float
    top: float
    turn: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as shown, units."""
        width, height = self.right - self.left, self.top - self.bottom
        return (width, height) if self.turn in {0, 180} else (height, width)

    def matrix(
        self, width: float, height: float
    ) -> tuple[float, float, float, float, float, float]:
        """From pt of the upright page (origin bottom left, y up) to user space.

        Args:
            width: of the upright page in pt, as the words know it.
            height: the same.
        """
        shown_width, shown_height = self.size
        sx, sy = shown_width / width, shown_height / height
        return {
            0: (sx, 0.0, 0.0, sy, self.left, self.bottom),
            90: (0.0, sx, -sy, 0.0, self.right, self.bottom),
            180: (-sx, 0.0, 0.0, -sy, self.right, self.top),
            270: (0.0, -sx, sy, 0.0, self.left, self.top),
        }[self.turn]


def layer(page: RecognisedPage, words: Iterable[Word], place: Place, codes: Codes) -> bytes:
    """The content stream that shows these words of a page invisibly.

    Args:
        page: tells the size of the upright page.
        words: those of its words that are to be shown, in reading order.
        place: where the page lies in its PDF page.
        codes: of the document; grows.
    """
    parts = [f"q {numbers(place.matrix(page.width, page.height))} cm BT 3 Tr"]
    for _, line in groupby(words, key=lambda word: word.line):
        shown = [word for word in line if readable(word.text)]
        if shown:
            parts += _line(shown, page.height, codes)
    return "\n".join([*parts, "ET Q\n"]).encode("ascii") if len(parts) > 1 else b""


def _line(words: Sequence[Word], height: float, codes: Codes) -> Iterator[str]:
    """The words of a line, in one size and on one base, so that readers keep them together.

    Their own heights differ with their letters (``an``, ``Ông``), and readers take words of
    different sizes or bases for different lines. A skewed line has a slanting base. A word that
    does not lie in the line's band (sideways, or of another line) is laid into its own box.
    """
    telling = [word for word in words if any(c.isalnum() for c in word.text)]
    band = _band(telling or words)
    for word in words:
        text, box = readable(word.text), word.box
        own = max(box.bottom - box.top, _LEAST)
        size, bottom = band((box.left + box.right) / 2)
        off = abs(bottom - size / 2 - (box.bottom - own / 2))
        if word in telling and (off > _MOST_OFF * size or own > _HIGHEST * size):
            size, bottom = own, box.bottom
        stretch = 100 * max(box.right - box.left, _LEAST) / (len(text) * size * _WIDTH / _EM)
        at = (box.left, height - bottom - size * _DESCENT / _EM)
        yield (
            f"{FONT} {_number(size)} Tf {_number(stretch)} Tz "
            f"1 0 0 1 {numbers(at)} Tm <{codes.string(text + ' ')}> Tj"
        )


def _band(words: Sequence[Word]) -> Callable[[float], tuple[float, float]]:
    """Height of a line, and its bottom at each place: a straight line along its words' bottoms.

    Its slope is the median of the slopes between words (Theil and Sen), which a few words with
    long letters do not move.
    """
    heights = sorted(word.box.bottom - word.box.top for word in words)
    size = max(heights[len(heights) * 3 // 4], _LEAST)
    some = words[:: len(words) // _MANY + 1]
    points = [((word.box.left + word.box.right) / 2, word.box.bottom) for word in some]
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0])
        for i, a in enumerate(points)
        for b in points[i + 1 :]
        if abs(b[0] - a[0]) > size
    ]
    slope = median(slopes) if len(points) >= _ENOUGH and slopes else 0.0
    at_zero = median(y - slope * x for x, y in points)
    return lambda x: (size, at_zero + slope * x)


def readable(text: str) -> str:
    """A word without what PDF/A-2u forbids in ToUnicode and what is no character to read.

    ISO 19005-2, 6.2.11.7.2 forbids U+0000, U+FEFF and U+FFFE; controls, surrogates and
    noncharacters go with them.
    """
    return "".join(
        c
        for c in unicodedata.normalize("NFC", text)
        if not c.isspace() and unicodedata.category(c) not in {"Cc", "Cs", "Cn"} and c != "\ufeff"
    )


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"


def numbers(values: Iterable[float]) -> str:
    """Numbers as a content stream writes them."""
    return " ".join(_number(value) for value in values)


def font(pdf: Pdf, codes: Codes) -> pikepdf.Object:
    """The font of the text layer for all codes handed out so far."""
    program = _glyphless()
    file = compressed(pdf, program)
    file.Length1 = len(program)
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(FONT),
        Flags=4,  # symbolic: no standard character set
        FontBBox=[0, _DESCENT, _WIDTH, _ASCENT],
        ItalicAngle=0,
        Ascent=_ASCENT,
        Descent=_DESCENT,
        CapHeight=_ASCENT,
        StemV=80,
        FontFile2=file,
    )
    # Code 1 is the space and has a glyph of its own, since /W must tell each glyph's true width.
    glyphs = b"\0\0" + b"\0\2" + b"\0\1" * (len(codes.of) - 1)
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(FONT),
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=_WIDTH,
        W=Array([1, Array([_SPACE])]),
        CIDToGIDMap=compressed(pdf, glyphs),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name(FONT),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=compressed(pdf, to_unicode({i: c for c, i in codes.of.items()}, width=2)),
        )
    )


def to_unicode(texts: dict[int, str], *, width: int) -> bytes:
    """A ToUnicode map with one bfchar for each code.

    Args:
        texts: what each code stands for.
        width: bytes of a code, 1 or 2.
    """
    lines = [f"<{code:0{2 * width}X}> <{_utf16(text)}>" for code, text in sorted(texts.items())]
    blocks = [lines[i : i + _BLOCK] for i in range(0, len(lines), _BLOCK)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            f"<{'00' * width}> <{'FF' * width}>",
            "endcodespacerange",
            *("\n".join([f"{len(block)} beginbfchar", *block, "endbfchar"]) for block in blocks),
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end\n",
        ]
    ).encode("ascii")


def _utf16(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def _glyphless() -> bytes:
    """A TrueType program whose glyphs show nothing; equal bytes each time.

    The character's glyph is a line out and back without area: it has a box, which PDFium wants
    (it leaves out turned text whose glyphs have none), and nothing to fill.
    """
    pen = TTGlyphPen(None)
    pen.moveTo((0, _DESCENT))
    pen.lineTo((_WIDTH, _ASCENT))
    pen.closePath()
    names = [".notdef", "character", "space"]
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({})
    builder.setupGlyf(dict(zip(names, [Glyph(), pen.glyph(), Glyph()], strict=True)))
    builder.setupHorizontalMetrics(
        dict(zip(names, [(_WIDTH, 0), (_WIDTH, 0), (_SPACE, 0)], strict=True))
    )
    builder.setupHorizontalHeader(ascent=_ASCENT, descent=_DESCENT)
    builder.setupOS2()
    builder.setupPost(keepGlyphNames=False)
    builder.setupNameTable({})
    builder.setupHead(unitsPerEm=_EM, created=_CREATED, modified=_CREATED)
    builder.font.recalcTimestamp = False
    written = io.BytesIO()
    builder.save(written)
    return written.getvalue()
