"""JPEG files without what a camera writes of itself and of where it was.

The segments go, the picture's data stays byte for byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import Image

from pages.pictures import DAMAGE

_APP1, _APP13, _SCAN, _FILL = 0xE1, 0xED, 0xDA, 0xFF  # Exif and XMP; IPTC; scan; fill byte
_EXIF = b"Exif\0\0"
# Orientation, resolution and its unit, place of the chroma samples; and what only points to them.
_PLAIN = frozenset({0x0112, 0x011A, 0x011B, 0x0128, 0x0213})


def without_camera_data(data: bytes) -> bytes:
    """The JPEG without XMP, IPTC, and Exif that says more than how the picture is shown.

    The same bytes where it has none. Colour profiles (APP2), Adobe's marker and comments stay. The
    orientation is lost with Exif, so it must be read before.
    """
    kept = bytearray(data[:2])
    end = 2
    for start, stop, marker in _segments(data):
        if marker != _APP13 and (marker != _APP1 or _is_plain_exif(data[start + 4 : stop])):
            kept += data[start:stop]
        end = stop
    kept += data[end:]
    return data if len(kept) == len(data) else bytes(kept)


def _is_plain_exif(body: bytes) -> bool:
    """Whether a segment is Exif that tells nothing but how the picture is shown."""
    if not body.startswith(_EXIF):
        return False
    exif = Image.Exif()
    try:
        exif.load(body)
        return set(exif) <= _PLAIN
    except DAMAGE:
        return False


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Start, end and marker of each segment before the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == _FILL:
        marker = data[at + 1]
        if marker == _FILL:
            at += 1
            continue
        if marker == _SCAN:
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        stop = at + 2 + length
        if stop > len(data):
            return
        yield at, stop, marker
        at = stop
