"""Whether a ByteRange leaves out the signature and nothing else (ISO 32000-1 §12.8.1)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO

from asn1crypto import parser

_PARTS = 4
_HEX = frozenset(b"0123456789abcdefABCDEF")
_WHITE = b"\x00\t\n\f\r "
_LONGEST_GAP = 1 << 22  # bytes; a CMS with all revocation data is some 100 KB


def gap_problem(file: IO[bytes], byte_range: Sequence[object], contents: bytes) -> str:
    """A stable code why the covered bytes are not file start, gap, rest; or empty.

    Args:
        file: the whole PDF.
        byte_range: as it stands in the signature dictionary.
        contents: the bytes of the signature's /Contents, with their padding.

    Returns:
        ``byte-range.malformed``, ``byte-range.out-of-file``, ``byte-range.gap`` (what is left out
        is not exactly the hexadecimal string of /Contents), or empty.
    """
    numbers = [n for n in byte_range if isinstance(n, int) and not isinstance(n, bool)]
    if len(numbers) != _PARTS or len(byte_range) != _PARTS:
        return "byte-range.malformed"
    start, first, second, last = numbers
    if start != 0 or first <= 0 or last < 0 or second <= first:
        return "byte-range.malformed"
    if second + last > file.seek(0, os.SEEK_END):
        return "byte-range.out-of-file"
    if second - first > _LONGEST_GAP:
        return "byte-range.gap"
    file.seek(first)
    gap = file.read(second - first)
    digits = gap[1:-1].translate(None, _WHITE)
    if gap[:1] != b"<" or gap[-1:] != b">" or not _HEX.issuperset(digits):
        return "byte-range.gap"
    if len(digits) % 2:
        digits += b"0"
    return (
        "" if contents and bytes.fromhex(digits.decode("ascii")) == contents else "byte-range.gap"
    )


def padding_problem(contents: bytes) -> str:
    """A stable code why anything but zeros stands behind the CMS in /Contents; or empty.

    The place is not covered by the signature: what stands there is nobody's.

    Raises:
        ValueError: no CMS.
    """
    return "contents.padding" if contents[parser.peek(contents) :].strip(b"\0") else ""
