"""Whether a Group 4 stream (ITU-T T.6) holds all rows of its picture. In a child.

Decoders say nothing where the data ends early: the missing rows repeat the last one, or
white. A row that equals the one above it costs at least one bit, a 1 for each edge that stays where
it was. So a picture that ends in equal rows must have a stream that ends in as many ones.
"""

from __future__ import annotations

import io
import struct

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_END = "000000000001" * 2  # EOFB
_LEAST_EQUAL = 12  # rows: fewer are no loss
_HOLE = b"\0\0"  # 16 zero bits; no code and no two codes have more than 11
_TAG = struct.Struct("<HHII")
_SHORT, _LONG = 3, 4  # TIFF field types


def is_whole(data: bytes, width: int, height: int) -> bool:
    """Whether the stream reaches the last row, without a hole.

    Args:
        data: highest bit first, rows not aligned to bytes.
        width: px.
        height: rows that the picture is said to have.
    """
    body = data.rstrip(b"\0")
    if _HOLE in body:
        return False
    equal = _equal_rows_at_end(data, width, height)
    return equal < _LEAST_EQUAL or _ones_at_end(body, equal) >= equal - 1


def _ones_at_end(body: bytes, most: int) -> int:
    """How many 1 bits stand before the end-of-block code, up to about ``most``."""
    tail = body[-(most // 8 + 16) :]
    bits = "".join(f"{byte:08b}" for byte in tail).rstrip("0")
    if bits.endswith(_END):
        bits = bits.removesuffix(_END)
    return len(bits) - len(bits.rstrip("1"))


def _equal_rows_at_end(data: bytes, width: int, height: int) -> int:
    """How many rows at the end of the decoded picture are equal."""
    import numpy as np  # noqa: PLC0415 - in the child only
    from PIL import Image  # noqa: PLC0415 - the same

    with Image.open(io.BytesIO(_tiff(data, width, height)), formats=["TIFF"]) as image:
        packed = np.frombuffer(image.tobytes(), dtype=np.uint8).reshape(height, -1)
    differs = np.flatnonzero((packed != packed[-1]).any(axis=1))
    return height - 1 - int(differs[-1]) if len(differs) else height


def _tiff(data: bytes, width: int, height: int) -> bytes:
    """The stream as a TIFF of one strip."""
    tags = (
        (256, _LONG, width), (257, _LONG, height), (258, _SHORT, 1), (259, _SHORT, 4),
        (262, _SHORT, 0), (273, _LONG, 8), (277, _SHORT, 1), (278, _LONG, height),
        (279, _LONG, len(data)),
    )  # fmt: skip
    directory = struct.pack("<H", len(tags))
    directory += b"".join(_TAG.pack(tag, kind, 1, value) for tag, kind, value in tags)
    padding = b"\0" * (len(data) % 2)
    at = 8 + len(data) + len(padding)
    return struct.pack("<2sHI", b"II", 42, at) + data + padding + directory + bytes(4)
