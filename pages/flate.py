"""Whether a zlib stream (RFC 1950) holds all of its data. In a child."""

from __future__ import annotations

import zlib

_CHUNK = 1 << 20
_ZEROS = bytes(16)


def flate_is_whole(data: bytes, wanted: int) -> bool:
    """Whether a Flate stream gives so many bytes; the sum at its end may be missing.

    Zeros in place of data may decode to any length, but not to a sum that fits.
    """
    inflate = zlib.decompressobj()
    given, rest = 0, data
    try:
        while rest and not inflate.eof and given < wanted + _CHUNK:
            given += len(inflate.decompress(rest, _CHUNK))
            rest = inflate.unconsumed_tail
    except zlib.error:
        return False
    return given >= wanted and (inflate.eof or not data.endswith(_ZEROS))
