"""A small TIFF that takes long to read: hundreds of pages of 144 megapixels, one G4 strip."""

from __future__ import annotations

import io
import struct

from PIL import Image, ImageDraw

_SIDE = 12_000  # px; 144 megapixels a page
_DPI = 300
_SHORT, _LONG, _RATIONAL = 3, 4, 5
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _ROWS, _COUNTS, _X_DPI, _Y_DPI = 273, 278, 279, 282, 283
_GROUP_4 = 4


def long_tiff(pages: int) -> bytes:
    """A TIFF whose pages all have the same strip (TIFF 6.0 allows it).

    Args:
        pages: how many.
    """
    strip, photometric = _strip()
    body = bytearray(b"II*\0\0\0\0\0")
    resolution, strip_at = len(body), len(body) + 8
    body += struct.pack("<II", _DPI, 1) + strip + b"\0" * (len(strip) % 2)
    next_at = 4
    for _ in range(pages):
        body[next_at : next_at + 4] = struct.pack("<I", len(body))
        entries = [
            (_WIDTH, _LONG, _SIDE),
            (_HEIGHT, _LONG, _SIDE),
            (_BITS, _SHORT, 1),
            (_COMPRESSION, _SHORT, _GROUP_4),
            (_PHOTOMETRIC, _SHORT, photometric),
            (_OFFSETS, _LONG, strip_at),
            (_ROWS, _LONG, _SIDE),
            (_COUNTS, _LONG, len(strip)),
            (_X_DPI, _RATIONAL, resolution),
            (_Y_DPI, _RATIONAL, resolution),
        ]
        body += struct.pack("<H", len(entries))
        for tag, kind, value in entries:
            body += struct.pack("<HHII", tag, kind, 1, value)
        next_at = len(body)
        body += b"\0\0\0\0"
    return bytes(body)


def _strip() -> tuple[bytes, int]:
    """The page as one strip of G4, and how its bits are meant."""
    sheet = Image.new("1", (_SIDE, _SIDE), 1)
    draw = ImageDraw.Draw(sheet)
    for line in range(200, _SIDE - 200, 400):
        draw.rectangle((400, line, _SIDE - 400, line + 40), fill=0)
    out = io.BytesIO()
    sheet.save(out, "TIFF", compression="group4", tiffinfo={_ROWS: _SIDE})
    made = out.getvalue()
    (directory,) = struct.unpack_from("<I", made, 4)
    (entries,) = struct.unpack_from("<H", made, directory)
    tags = {}
    for number in range(entries):
        tag, _, count, value = struct.unpack_from("<HHII", made, directory + 2 + 12 * number)
        tags[tag] = (count, value)
    assert made[:4] == b"II*\0"
    assert tags[_OFFSETS][0] == 1, "the page must be one strip"
    offset, length = tags[_OFFSETS][1], tags[_COUNTS][1]
    return made[offset : offset + length], tags[_PHOTOMETRIC][1] & 0xFFFF
