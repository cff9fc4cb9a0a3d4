"""Whether a JBIG2 stream (ITU-T T.88), as a PDF embeds it, holds all of its picture. In a child.

Decoders show the rows that they could decode and leave the rest white.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pages import group4

_ZEROS = bytes(48)  # no arithmetic code has so many
_PAGE, _STRIPE_END = 48, 50
_GENERIC = frozenset({36, 38, 39})
_REGIONS = frozenset({4, 6, 7, 20, 22, 23, 36, 38, 39, 40, 42, 43})
_UNKNOWN = 0xFFFF_FFFF  # a length or a height that is stated later
_REGION = struct.Struct(">IIIIB")  # width, height, left, top, how it is combined
_LARGE = 256  # references of a segment from which its numbers take more bytes
_HUGE = 65536
_MANY = 7  # count of references that a longer field states
_LONG_PAGE = 0x40


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    data: bytes
    whole: bool


def is_whole(data: bytes, height: int) -> bool:
    """Whether each segment is there to its end and the regions reach the last rows.

    Args:
        data: the stream, without its globals.
        height: rows that the picture is said to have.
    """
    rows = 0
    regions = False
    for segment in _segments(data):
        if not segment.whole or _ZEROS in segment.data:
            return False
        if segment.kind == _PAGE and len(segment.data) >= 8:  # noqa: PLR2004 - width and height
            (stated,) = struct.unpack_from(">I", segment.data, 4)
            rows = max(rows, stated if stated != _UNKNOWN else 0)
        elif segment.kind == _STRIPE_END and len(segment.data) >= 4:  # noqa: PLR2004 - its last row
            rows = max(rows, struct.unpack_from(">I", segment.data)[0] + 1)
        elif segment.kind in _REGIONS:
            regions = True
            if segment.kind in _GENERIC and not _generic_is_whole(segment.data):
                return False
    return regions and rows >= height


def _segments(data: bytes) -> list[_Segment]:
    """The segments of a stream, the last one perhaps cut."""
    found: list[_Segment] = []
    at = 0
    while at < len(data.rstrip(b"\r\n")):
        header = _header(data, at)
        if header is None:
            found.append(_Segment(-1, b"", whole=False))
            break
        kind, start, length = header
        if length == _UNKNOWN:  # allowed of a generic region alone: up to its marker and its rows
            ends = [e for e in (data.find(m, start) for m in (b"\xff\xac", b"\0\0")) if e >= 0]
            length = min(ends) + 6 - start if ends else len(data)
        found.append(_Segment(kind, data[start : start + length], start + length <= len(data)))
        at = start + length
    return found


def _header(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Kind of a segment, where its data begins, its length; None where the header is cut (7.2)."""
    try:
        number, flags, count = struct.unpack_from(">IBB", data, at)
        references = count >> 5
        start = at + 6
        if references == _MANY:
            (long_count,) = struct.unpack_from(">I", data, at + 5)
            references = long_count & 0x1FFF_FFFF
            start = at + 9 + (references + 8) // 8
        size = 1 if number <= _LARGE else 2 if number <= _HUGE else 4
        start += references * size + (4 if flags & _LONG_PAGE else 1)
        (length,) = struct.unpack_from(">I", data, start)
    except struct.error:
        return None
    return flags & 0x3F, start + 4, length


def _generic_is_whole(data: bytes) -> bool:
    """Whether a generic region coded as Group 4 has all rows (6.2.6)."""
    if len(data) <= _REGION.size + 1:
        return False
    width, height, *_ = _REGION.unpack_from(data)
    if not data[_REGION.size] & 1:
        return True
    return group4.is_whole(data[_REGION.size + 1 :], width, height)
