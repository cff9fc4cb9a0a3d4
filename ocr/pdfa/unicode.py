"""What the codes of a page's own fonts mean, so that PDF/A-2u can be kept.

ISO 19005-2, 6.2.11.7.2: every code that shows text must map to Unicode, and none to U+0000, U+FEFF
or U+FFFE. Maps in the wild are full of ranges that judges read differently; a font that is kept
gets a new map with one entry for each code it shows.
"""

from __future__ import annotations

import re

import pikepdf
from fontTools import agl
from fontTools.encodings.MacRoman import MacRoman
from fontTools.encodings.StandardEncoding import StandardEncoding
from pikepdf import Dictionary, Stream

from ocr.pdfa.content import ShownFont, Unkeepable
from ocr.pdfa.layer import to_unicode
from ocr.pdfa.streams import compressed

_FORBIDDEN = frozenset("\0\ufeff\ufffe\uffff\ufffd")
_DESCRIPTOR = frozenset({
    "/Type", "/FontName", "/FontFamily", "/FontStretch", "/FontWeight", "/Flags", "/FontBBox",
    "/ItalicAngle", "/Ascent", "/Descent", "/Leading", "/CapHeight", "/XHeight", "/StemV",
    "/StemH", "/AvgWidth", "/MaxWidth", "/MissingWidth", "/FontFile", "/FontFile2", "/FontFile3",
})  # fmt: skip
_LONGEST_MAP = 4 * 1024 * 1024  # bytes
_TOKEN = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])|([A-Za-z]+)")
_LARGEST_CODE = 0xFFFF


def explain(pdf: pikepdf.Pdf, shown: ShownFont) -> None:
    """Give a font a ToUnicode map for each code that it shows.

    Raises:
        Unkeepable: a code's meaning is unknown.
    """
    texts = meanings(shown)
    wide = shown.font.get("/Subtype") == "/Type0"
    _strip(shown.font)
    shown.font["/ToUnicode"] = compressed(pdf, to_unicode(texts, width=2 if wide else 1))


def _strip(font: pikepdf.Object) -> None:
    """Take from its descriptor what PDF/A does not need, and what is often wrong (/CIDSet)."""
    descendants = font.get("/DescendantFonts", [font])
    for one in descendants:
        descriptor = one.get("/FontDescriptor")
        if isinstance(descriptor, Dictionary):
            for key in [key for key in descriptor.keys() if key not in _DESCRIPTOR]:  # noqa: SIM118 - iterating gives other objects
                del descriptor[key]


def meanings(shown: ShownFont) -> dict[int, str]:
    """The text of each code that a font shows.

    Raises:
        Unkeepable: ``font.without-unicode``.
    """
    given = shown.font.get("/ToUnicode")
    known = _read(given) if isinstance(given, Stream) else {}
    if any(code not in known for code in shown.codes) and shown.font.get("/Subtype") != "/Type0":
        known = _by_encoding(shown.font) | known
    texts = {code: known.get(code, "") for code in shown.codes}
    if any(not text or _FORBIDDEN & set(text) for text in texts.values()):
        raise Unkeepable("font.without-unicode")
    return texts


def _read(stream: pikepdf.Object) -> dict[int, str]:
    """The codes of a ToUnicode map (ISO 32000-1, 9.10.3)."""
    try:
        written = stream.read_bytes()
    except (pikepdf.PdfError, ValueError):
        return {}
    if len(written) > _LONGEST_MAP:
        return {}
    known: dict[int, str] = {}
    values: list[bytes | list[bytes]] = []
    inside: list[bytes] | None = None
    for token in _TOKEN.finditer(re.sub(rb"%[^\r\n]*", b"", written)):
        if token[2]:
            inside = []
        elif token[3]:
            values.append(inside or [])
            inside = None
        elif token[4]:
            if token[4] == b"endbfchar":
                _characters(values, known)
            elif token[4] == b"endbfrange":
                _ranges(values, known)
            values = []
        else:
            digits = re.sub(rb"\s", b"", token[1])
            value = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
            (values if inside is None else inside).append(value)
    return known


def _characters(values: list[bytes | list[bytes]], known: dict[int, str]) -> None:
    for code, text in zip(values[::2], values[1::2], strict=False):
        if isinstance(code, bytes) and isinstance(text, bytes):
            known[int.from_bytes(code, "big")] = _text(text)


def _ranges(values: list[bytes | list[bytes]], known: dict[int, str]) -> None:
    for first, last, text in zip(values[::3], values[1::3], values[2::3], strict=False):
        if not isinstance(first, bytes) or not isinstance(last, bytes):
            continue
        begin, end = int.from_bytes(first, "big"), int.from_bytes(last, "big")
        for code in range(begin, min(end, _LARGEST_CODE) + 1):
            step = code - begin
            if isinstance(text, list):
                known[code] = _text(text[step]) if step < len(text) else ""
            elif text:
                number = int.from_bytes(text, "big") + step
                known[code] = _text(number.to_bytes(len(text) + 1, "big")[1:])


def _text(utf16: bytes) -> str:
    try:
        return utf16.decode("utf-16-be")
    except UnicodeDecodeError:
        return ""


def _by_encoding(font: pikepdf.Object) -> dict[int, str]:
    """What the codes of a simple font mean by its encoding, where it names one."""
    encoding = font.get("/Encoding")
    base, differences = encoding, None
    if isinstance(encoding, Dictionary):
        base, differences = encoding.get("/BaseEncoding"), encoding.get("/Differences")
    if base == "/WinAnsiEncoding":
        known = {code: bytes([code]).decode("cp1252", "ignore") for code in range(256)}
    elif base == "/MacRomanEncoding":
        known = {code: agl.toUnicode(name) for code, name in enumerate(MacRoman)}
    elif base == "/StandardEncoding":
        known = {code: agl.toUnicode(name) for code, name in enumerate(StandardEncoding)}
    else:
        known = {}
    code = 0
    for entry in differences if isinstance(differences, pikepdf.Array) else []:
        if isinstance(entry, pikepdf.Name):
            known[code] = agl.toUnicode(str(entry)[1:])
            code += 1
        else:
            code = int(entry)
    return known
