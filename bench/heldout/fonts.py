"""The fonts of the held-out papers: none of those that tests, samples and stamps are set in.

All hold every Vietnamese letter (checked when they are loaded). They come from the Debian packages
``fonts-texgyre``, ``fonts-linuxlibertine``, ``fonts-sil-charis``, ``fonts-open-sans`` and
``fonts-roboto-unhinted``.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from fontTools.ttLib import TTFont
from PIL import ImageFont

_FOLDERS = ("/usr/share/fonts", "/usr/share/texmf/fonts", "/usr/local/share/fonts")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_VOWELS = "aăâeêioôơuưy"
_FACES = ("regular", "bold", "italic", "bolditalic")

LETTERS = frozenset("đĐ…•–").union(
    *(
        {
            v,
            v.upper(),
            *(unicodedata.normalize("NFC", c + t) for c in (v, v.upper()) for t in _TONES),
        }
        for v in _VOWELS
    )
)


@dataclass(frozen=True, slots=True)
class Family:
    """Four faces of one design.

    Attributes:
        scale: by which sizes are multiplied so that all designs appear equally large.
    """

    name: str
    regular: str
    bold: str
    italic: str
    bolditalic: str
    scale: float = 1.0

    def face(self, face: str) -> str:
        """The file name of ``regular``, ``bold``, ``italic`` or ``bolditalic``."""
        return {
            "regular": self.regular,
            "bold": self.bold,
            "italic": self.italic,
            "bolditalic": self.bolditalic,
        }[face]


def _family(name: str, pattern: str, faces: str, *, scale: float = 1.0) -> Family:
    """A family whose file names differ in one place, by regular, bold, italic, bold italic."""
    regular, bold, italic, bolditalic = (pattern.format(face) for face in faces.split())
    return Family(name, regular, bold, italic, bolditalic, scale)


_GYRE = "regular bold italic bolditalic"
_USUAL = "Regular Bold Italic BoldItalic"

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            _family("termes", "texgyretermes-{}.otf", _GYRE),
            _family("pagella", "texgyrepagella-{}.otf", _GYRE, scale=0.96),
            _family("schola", "texgyreschola-{}.otf", _GYRE, scale=0.93),
            _family("bonum", "texgyrebonum-{}.otf", _GYRE, scale=0.9),
            _family("heros-cn", "texgyreheroscn-{}.otf", _GYRE),
            _family("heros", "texgyreheros-{}.otf", _GYRE, scale=0.92),
            _family("libertine", "LinLibertine_{}.otf", "R RB RI RZI", scale=1.02),
            _family("charis", "CharisSIL-{}.ttf", _USUAL, scale=0.9),
            _family("open-sans", "OpenSans-{}.ttf", _USUAL, scale=0.88),
            _family("roboto", "Roboto-{}.ttf", _USUAL, scale=0.92),
        )
    }
)


@cache
def _files() -> Mapping[str, Path]:
    wanted = {family.face(face) for family in FAMILIES.values() for face in _FACES}

    found = {
        name: Path(folder, name)
        for root in _FOLDERS
        for folder, _, names in os.walk(root)
        for name in names
        if name in wanted
    }
    for name in sorted(wanted):
        if name not in found:
            raise SystemExit(
                f"the font {name} is missing; install the Debian packages fonts-texgyre, "
                "fonts-linuxlibertine, fonts-sil-charis, fonts-open-sans and fonts-roboto-unhinted"
            )
        with TTFont(found[name]) as font:
            lacking = [c for c in LETTERS if ord(c) not in font.getBestCmap()]
        if lacking:
            raise SystemExit(f"the font {name} lacks {len(lacking)} Vietnamese letters")
    return MappingProxyType(found)


@cache
def font(family: str, face: str, pixels: int) -> ImageFont.FreeTypeFont:
    """A face at a size in px an em; the same object for the same question."""
    return ImageFont.truetype(
        _files()[FAMILIES[family].face(face)], pixels, layout_engine=ImageFont.Layout.BASIC
    )
