"""Whether a JPEG (ITU-T T.81) holds all of its picture. In a child.

libjpeg fills what is missing with grey and only warns; Pillow passes no warnings on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SCALE = 8  # decode an eighth of each side: only the entropy coding matters here
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})")
_MOST_EXTRANEOUS = 64  # bytes before a restart or the end that some cameras leave
_START, _END, _SCAN, _PROGRESSIVE = 0xD8, 0xD9, 0xDA, 0xC2
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})  # after 0xFF, but no segment
_FILL = 0xFF
_HUFFMAN_TABLES = 0xC4
_ZEROS = bytes(48)
_LAST = 63  # coefficient of a block


def jpeg_is_whole(data: bytes) -> bool:
    """Whether a JPEG decodes to its last row without libjpeg filling anything in."""
    import simplejpeg  # noqa: PLC0415 - in the child only

    if not data.startswith(b"\xff\xd8") or not _has_all_scans(data) or _has_hole(data):
        return False
    try:
        simplejpeg.decode_jpeg(
            data, colorspace="GRAY", min_height=1, min_width=1, min_factor=_SCALE, strict=True
        )
    except ValueError as error:
        return _is_harmless(str(error))
    return True


def _is_harmless(warning: str) -> bool:
    """Whether a warning of libjpeg's says nothing of the picture: bytes between its headers."""
    extra = _EXTRANEOUS.search(warning)
    if extra is not None:
        marker = int(extra[2], 16)
        restart_or_end = marker == _END or (marker in _ALONE and marker != _START)
        return not restart_or_end or int(extra[1]) <= _MOST_EXTRANEOUS
    warning = warning.lower()
    # What is no warning (an unknown colour space, 12 bits) is for the decoders to refuse.
    return not any(word in warning for word in ("premature", "corrupt", "unsupported marker"))


def _has_hole(data: bytes) -> bool:
    """Whether zeros stand in the middle of a sequential JPEG that no picture can give.

    Bits of zero are the shortest code of each table. Only where that says "nothing more in this
    block" in all tables of AC coefficients may a blank page be a run of zeros (T.81, F.1.2.2).
    """
    start, end = data.find(b"\xff\xda"), data.rfind(b"\xff\xd9")
    if start < 0 or data.find(_ZEROS, start, max(end, start)) < 0 or b"\xff\xc2" in data[:start]:
        return False
    return any(first for first in _first_codes(data[:start]))


def _first_codes(headers: bytes) -> Iterator[int]:
    """The symbol of the shortest code of each Huffman table of AC coefficients."""
    at = 2
    while at + 4 <= len(headers) and headers[at] == _FILL:
        stop = at + 2 + int.from_bytes(headers[at + 2 : at + 4], "big")
        table = at + 4
        while headers[at + 1] == _HUFFMAN_TABLES and table + 17 < stop:
            if headers[table] >> 4:
                yield headers[table + 17]
            table += 17 + sum(headers[table + 1 : table + 17])
        at = stop


def _has_all_scans(data: bytes) -> bool:
    """Whether a progressive JPEG has the last bits of each coefficient (ITU-T T.81, annex G)."""
    progressive, components = False, 0
    left: dict[tuple[int, int], int] = {}
    at = 2
    while at + 4 <= len(data):
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > len(data):
            break
        marker = data[at + 1]
        if marker in _ALONE or marker == _FILL:
            at += 1 if marker == _FILL else 2
            continue
        if marker == _END:
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if marker == _PROGRESSIVE and len(body) >= 6:  # noqa: PLR2004 - T.81, B.2.2
            progressive, components = True, body[5]
        elif marker == _SCAN and progressive and body:
            _note_scan(body, left)
        elif marker in _SEQUENTIAL:
            return True
        at += 2 + max(length, 2)
    if not progressive:
        return True
    seen = {component for component, _ in left}
    return len(seen) >= components and not any(left.values())


def _note_scan(body: bytes, left: dict[tuple[int, int], int]) -> None:
    """Note, for each coefficient of a scan's components, the low bits that are still to come."""
    count = body[0]
    if len(body) < 4 + 2 * count:
        return
    first, last, low = body[1 + 2 * count], body[2 + 2 * count], body[3 + 2 * count] & 0x0F
    for number in range(count):
        for coefficient in range(first, min(last, _LAST) + 1):
            left[body[1 + 2 * number], coefficient] = low
