"""JPEG strips of a TIFF joined to one JPEG without decoding them.

Each strip is a JPEG of its own (TIFF Technical Note 2), so its coder starts afresh, as it does
after a restart marker (ITU-T T.81, E.1.4). Strips of equal height that share all their tables are
therefore one picture with a restart at each seam.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_START, _END = b"\xff\xd8", b"\xff\xd9"
_BASELINE, _SCAN, _RESTARTS = 0xC0, 0xDA, 0xDD
_BLOCK = 8  # px
_MOST_UNITS = 0xFFFF  # of a restart interval
_MARKER = 0xFF


@dataclass(frozen=True, slots=True)
class _Strip:
    """The parts of one strip.

    Attributes:
        tables: all segments before the frame.
        frame: the frame segment's content.
        scan: the scan's header segment's content.
        coded: the entropy-coded data.
    """

    tables: bytes
    frame: bytes
    scan: bytes
    coded: bytes


def joined(tables: bytes, strips: Sequence[bytes], height: int) -> bytes | None:
    """One JPEG of all strips; None where they do not go together.

    Args:
        tables: the TIFF's JPEGTables: a JPEG of tables alone.
        strips: from the top.
        height: of the picture, px.
    """
    parts = [_parsed(strip) for strip in strips]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    first = known[0]
    if any(
        (p.tables, p.frame[3:], p.scan) != (first.tables, first.frame[3:], first.scan)
        for p in known
    ):
        return None
    rows = [int.from_bytes(part.frame[1:3], "big") for part in known]
    width = int.from_bytes(first.frame[3:5], "big")
    across, down = _unit(first.frame)
    if any(row != rows[0] for row in rows[:-1]) or (len(rows) > 1 and rows[0] % down):
        return None
    units = -(-width // across) * -(-rows[0] // down)
    if units > _MOST_UNITS or sum(rows) != height or rows[-1] > rows[0]:
        return None
    frame = first.frame[:1] + struct.pack(">H", height) + first.frame[3:]
    coded = b"".join(
        part.coded + (bytes((_MARKER, 0xD0 + i % 8)) if i + 1 < len(known) else b"")
        for i, part in enumerate(known)
    )
    return b"".join(
        [
            _START,
            tables[2:-2],
            first.tables,
            _segment(_BASELINE, frame),
            _segment(_RESTARTS, struct.pack(">H", units)),
            _segment(_SCAN, first.scan),
            coded,
            _END,
        ]
    )


def _parsed(strip: bytes) -> _Strip | None:
    """The parts of a baseline strip of one scan without restarts; None for any other."""
    if not strip.startswith(_START) or not strip.endswith(_END):
        return None
    at, frame, tables = 2, b"", b""
    while at + 4 <= len(strip) and strip[at] == _MARKER:
        marker = strip[at + 1]
        (length,) = struct.unpack_from(">H", strip, at + 2)
        body = strip[at + 4 : at + 2 + length]
        if marker == _SCAN:
            coded = strip[at + 2 + length : -2]
            whole = len(frame) >= 9 and len(frame) == 6 + 3 * frame[5]  # noqa: PLR2004 - T.81, B.2.2
            # A second scan or a restart inside would be a marker; 00 is a byte that looks like one.
            plain = coded.count(b"\xff") == coded.count(b"\xff\x00")
            return _Strip(tables, frame, body, coded) if whole and plain else None
        if marker == _BASELINE:
            frame = body
        elif marker == _RESTARTS or (0xC1 <= marker <= 0xCF and marker != 0xC4):  # noqa: PLR2004 - other frames
            return None
        else:
            tables += strip[at : at + 2 + length]
        at += 2 + length
    return None


def _unit(frame: bytes) -> tuple[int, int]:
    """Width and height of a coding unit, px: the largest sampling factors; one block if single."""
    factors = frame[7::3]
    if len(factors) == 1:
        return _BLOCK, _BLOCK
    return (
        _BLOCK * max(1, *(factor >> 4 for factor in factors)),
        _BLOCK * max(1, *(factor & 15 for factor in factors)),
    )


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", _MARKER, marker, len(body) + 2) + body
