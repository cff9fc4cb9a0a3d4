"""The font of visible stamps: one file, checked once, subset for the letters a stamp needs."""

from __future__ import annotations

import hashlib
import io
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError

from dossier.errors import Misconfigured

_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_SMALL = frozenset("đ") | {unicodedata.normalize("NFC", v + t) for v in _VOWELS for t in _TONES}
VIETNAMESE = _SMALL | {letter.upper() for letter in _SMALL}
_PLAIN = frozenset(chr(code) for code in range(0x20, 0x7F))

# A subset is a few KB; stamps of one office differ only in their digits, which are always in.
_SUBSETS_KEPT = 16
_ALWAYS = frozenset("0123456789-:T+Z ")


@dataclass(frozen=True, slots=True)
class FontSubset:
    """A TrueType font with few glyphs, and what a PDF must say of it.

    Attributes:
        name: the PostScript name with the six letters that mark a subset (ISO 32000-1 §9.6.4).
        program: the font file.
        glyphs: glyph number of each character.
        advances: width of each character, in thousandths of the font size.
        box: of all glyphs; left, bottom, right, top, in thousandths.
        ascent: thousandths above the base line.
        descent: thousandths below it, negative.
        cap_height: thousandths.
    """

    name: str
    program: bytes
    glyphs: dict[str, int]
    advances: dict[str, float]
    box: tuple[float, float, float, float]
    ascent: float
    descent: float
    cap_height: float

    def width(self, text: str) -> float:
        """Of a line of text, in thousandths of the font size."""
        return sum(self.advances[letter] for letter in text)


class StampFont:
    """A TrueType font that holds all Vietnamese letters; read once, safe to share by threads.

    Widths are in thousandths of an em whatever the font's own unit is, so a font of 2048
    units need not be rescaled: only a writer that copies font units into the PDF needs that.

    Args:
        path: of a ``.ttf`` with the metrics of Times New Roman (NĐ 30/2020, phụ lục I), such as
            Liberation Serif 2.

    Raises:
        Misconfigured: ``stamp.font-missing``, ``stamp.font-unfit``.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.read_bytes()
        except OSError as e:
            raise Misconfigured(
                "stamp.font-missing",
                "the font of the visible stamp cannot be read; install fonts-liberation2 or set "
                "the path of another font",
            ) from e
        try:
            with TTFont(io.BytesIO(self._file), lazy=True) as font:
                has_outlines = "glyf" in font
                self._letters = frozenset(map(chr, font.getBestCmap() or ()))
        except (TTLibError, OSError, ValueError, KeyError, AttributeError) as e:
            raise Misconfigured(
                "stamp.font-unfit", "the font of the visible stamp is not a TrueType font"
            ) from e
        lacking = len((VIETNAMESE | _PLAIN) - self._letters)
        if lacking or not has_outlines:
            raise Misconfigured(
                "stamp.font-unfit",
                f"the font of the visible stamp lacks {lacking} Vietnamese letters or has no "
                "TrueType outlines; take Liberation Serif 2 or later",
            )
        self._subsets: dict[frozenset[str], FontSubset] = {}
        self._lock = threading.Lock()

    def subset(self, text: str) -> FontSubset:
        """The font with just the letters of ``text`` and those of a time.

        Raises:
            Misconfigured: ``stamp.letter-missing``.
        """
        letters = frozenset(text) | _ALWAYS
        if not letters <= self._letters:
            raise Misconfigured(
                "stamp.letter-missing",
                "the name of the office holds a character that the stamp's font lacks; "
                "change the name in the settings",
            )
        with self._lock:
            known = self._subsets.get(letters)
            if known is None:
                known = _subset(self._file, letters)
                while len(self._subsets) >= _SUBSETS_KEPT:
                    self._subsets.pop(next(iter(self._subsets)))
                self._subsets[letters] = known
        return known


def _subset(file: bytes, letters: frozenset[str]) -> FontSubset:
    options = subset.Options(
        layout_features=[],
        hinting=False,
        notdef_outline=True,
        name_IDs=[6],
        glyph_names=False,
        drop_tables=[*subset.Options().drop_tables, "FFTM", "GPOS", "GSUB", "GDEF"],
    )
    font = TTFont(io.BytesIO(file), recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(letters))
    subsetter.subset(font)
    buffer = io.BytesIO()
    font.save(buffer)
    scale = 1000 / font["head"].unitsPerEm
    names, widths, head, os2 = font.getBestCmap(), font["hmtx"], font["head"], font["OS/2"]
    digest = hashlib.sha256(buffer.getvalue()).digest()
    tag = "".join(chr(ord("A") + byte % 26) for byte in digest[:6])
    return FontSubset(
        name=f"{tag}+{font['name'].getDebugName(6) or 'Stamp'}",
        program=buffer.getvalue(),
        glyphs={letter: font.getGlyphID(names[ord(letter)]) for letter in sorted(letters)},
        advances={letter: widths[names[ord(letter)]][0] * scale for letter in sorted(letters)},
        box=(head.xMin * scale, head.yMin * scale, head.xMax * scale, head.yMax * scale),
        ascent=font["hhea"].ascent * scale,
        descent=font["hhea"].descent * scale,
        cap_height=getattr(os2, "sCapHeight", os2.sTypoAscender) * scale,
    )
