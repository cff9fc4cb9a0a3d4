"""Whether a JPEG 2000 codestream (ITU-T T.800) holds all of its tiles. In a child."""

from __future__ import annotations

import struct

_START, _TILE, _END = b"\xff\x4f\xff\x51", b"\xff\x90", b"\xff\xd9"
_ZEROS = bytes(48)  # no codestream ends in so many


def is_whole(data: bytes) -> bool:
    """Whether each tile-part is as long as it says and each tile is there.

    True also of what is no codestream that can be followed: that is for the decoder to refuse.
    """
    start = data.find(_START)
    if start < 0 or len(data) < start + 44:
        return True
    width, height, _, _, tile_w, tile_h, left, top = struct.unpack_from(">8I", data, start + 8)
    if not tile_w or not tile_h:
        return True
    tiles = -(-(width - left) // tile_w) * -(-(height - top) // tile_h)
    if data.endswith(_ZEROS):
        return False
    first = _first_tile(data, start + 2)
    return first is not None and len(_tiles(data, first)) == tiles


def _first_tile(data: bytes, at: int) -> int | None:
    """Where the first tile-part begins, behind the segments of the main header."""
    while data[at : at + 2] != _TILE:
        if at + 4 > len(data) or data[at] != 0xFF:  # noqa: PLR2004 - a marker begins so
            return None
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def _tiles(data: bytes, at: int) -> set[int]:
    """The tiles of which each tile-part is there to its end; none where one is not."""
    seen: set[int] = set()
    while data[at : at + 2] == _TILE:
        if at + 12 > len(data):
            return set()
        tile, length = struct.unpack_from(">HI", data, at + 4)
        seen.add(int(tile))
        if not length:  # up to the end of the codestream
            return seen if data.rstrip(b"\0\r\n").endswith(_END) else set()
        at += length
        if at > len(data):
            return set()
    return seen
