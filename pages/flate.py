"""Whether a zlib stream (RFC 1950) holds all of its data. In a child."""

from __future__ import annotations

import zlib
from typing import Any

_CHUNK = 1 << 20
_FLUSHED = b"\0\0\xff\xff"  # the end of a stream that was flushed and not finished


def flate_is_whole(data: bytes, wanted: int) -> bool:
    """Whether a Flate stream gives so many bytes and ends; the sum at its end may be missing.

    Zeros in place of data may decode to any length, but not to an end whose sum fits.
    """
    inflate = zlib.decompressobj()
    given, rest = 0, data
    try:
        while rest and not inflate.eof and given < wanted + _CHUNK:
            given += len(inflate.decompress(rest, _CHUNK))
            rest = inflate.unconsumed_tail
    except zlib.error:
        return False
    if given < wanted or (rest and not inflate.eof):
        return False
    return inflate.eof or data.endswith(_FLUSHED) or _lacks_its_sum(inflate)


def _lacks_its_sum(inflate: Any) -> bool:  # noqa: ANN401 - zlib does not name the type
    """Whether the last block has ended, so that what comes next is compared as the sum."""
    try:
        inflate.decompress(bytes(4))
    except zlib.error as error:
        return "data check" in str(error)
    return bool(inflate.eof)
