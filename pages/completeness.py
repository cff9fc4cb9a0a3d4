"""Whether the pictures of a page are whole: no data missing at the end, no hole. In a child.

Decoders are built to show what they can: a JPEG that ends early is filled with grey, a Group 4
stream with white. Such a page appears complete and lacks its signature. So the data itself is
checked here; what is found is a reason to ask a person, not proof of a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from dossier.spine import MediaType
from pages import group3, group4
from pages.flate import flate_is_whole
from pages.jpeg_data import jpeg_is_whole
from pages.pictures import DAMAGE
from pages.tiff_directories import Directory, DirectoryFile, chain_is_whole, page_directories

INCOMPLETE = "page.incomplete"

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 262, 266
_SAMPLES, _PLANES, _TILE_WIDTH, _TILE_HEIGHT = 277, 284, 322, 323
_STRIP_AT, _ROWS_PER_STRIP, _STRIP_LENGTH, _TILE_AT, _TILE_LENGTH = 273, 278, 279, 324, 325
_GROUP_3_OPTIONS, _TABLES = 292, 347
_NONE, _HUFFMAN, _GROUP_3, _GROUP_4, _JPEG = 1, 2, 3, 4, 7  # compressions
_FAX, _DEFLATE = frozenset({_HUFFMAN, _GROUP_3, _GROUP_4}), frozenset({8, 32946})
_BLACK_IS_ZERO = frozenset({1, 2})  # photometric interpretations: grey and RGB
_ZEROS = bytes(48)  # no compressed strip ends in so many
_BLACK_TAIL = 0.02  # of the bytes: an uncompressed picture that ends in zeros was not finished
_LEAST_TAIL = 1024  # bytes
_BLOCK = 4096  # bytes that file systems write at once, aligned: a hole has no other shape


def doubts(path: Path, media_type: MediaType, number: int, *, max_pixels: int) -> tuple[str, ...]:
    """``page.incomplete`` where a picture of a page lacks data, else nothing.

    Args:
        path: the file as received.
        media_type: of the file.
        number: of the page, from 1.
        max_pixels: of a picture; larger ones are refused by those who decode them.
    """
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        if media_type is MediaType.JPEG:
            whole = jpeg_is_whole(path.read_bytes())
        elif media_type is MediaType.TIFF:
            whole = _tiff_is_whole(path, number)
        elif media_type is MediaType.PDF:
            from pages.pdf_completeness import page_is_whole  # noqa: PLC0415 - pikepdf, for PDF alone

            whole = page_is_whole(path, number)
        else:
            whole = True  # Pillow checks the sums and the length of a PNG
    except (Image.DecompressionBombError, *DAMAGE):
        return (INCOMPLETE,)
    return () if whole else (INCOMPLETE,)


def _tiff_is_whole(path: Path, number: int) -> bool:
    pages = page_directories(path)
    if not 1 <= number <= len(pages):
        return True
    # After the last page, those that the file announces and does not have.
    announced = number < len(pages) or chain_is_whole(path)
    return announced and _directory_is_whole(path, pages[number - 1])


def _directory_is_whole(path: Path, directory: Directory) -> bool:
    with DirectoryFile(path, directory) as file, Image.open(file) as image:
        tags: Any = image.tag_v2  # type: ignore[attr-defined]  # of TIFF files
        starts = tags.get(_STRIP_AT) or tags.get(_TILE_AT) or ()
        lengths = tags.get(_STRIP_LENGTH) or tags.get(_TILE_LENGTH) or ()
        size = path.stat().st_size
        if len(starts) != len(lengths):
            return True  # the decoder refuses what it cannot do without
        parts = list(zip(starts, lengths, strict=True))
        if any(not 0 < at < size or not 0 < length <= size - at for at, length in parts):
            return False
        if directory.compression == _NONE:
            black_is_zero = tags.get(_PHOTOMETRIC) in _BLACK_IS_ZERO
            return not black_is_zero or not (_ends_in_zeros(file, parts) or _has_hole(file, parts))
        for index, (at, length) in enumerate(parts):
            file.seek(at)
            if not _part_is_whole(tags, directory.compression, index, file.read(length)):
                return False
    return True


def _part_is_whole(tags: Any, compression: int, index: int, data: bytes) -> bool:  # noqa: ANN401 - tags of Pillow's
    """Whether a strip or a tile is whole."""
    if compression == _JPEG:
        return jpeg_is_whole(_with_tables(bytes(tags.get(_TABLES, b"")), data))
    if compression in _DEFLATE:
        return flate_is_whole(data, _bytes_of_part(tags, index))
    if compression in _FAX and _TILE_AT not in tags:
        height = int(tags[_HEIGHT])
        rows = min(int(tags.get(_ROWS_PER_STRIP, height)) or height, height)
        if tags.get(_FILL_ORDER, 1) == 2:  # noqa: PLR2004 - lowest bit first
            data = data.translate(group4.REVERSED)
        width, left = int(tags[_WIDTH]), min(rows, height - index * rows)
        if compression == _GROUP_4:
            return group4.is_whole(data, width, left)
        mixed = compression == _GROUP_3 and bool(int(tags.get(_GROUP_3_OPTIONS, 0)) & 1)
        aligned = compression == _HUFFMAN
        return group3.is_whole(data, width, left, mixed=mixed, aligned=aligned)
    return not data.endswith(_ZEROS)


def _bytes_of_part(tags: Any, index: int) -> int:  # noqa: ANN401 - tags of Pillow's
    """How many bytes a strip or a tile holds when unpacked (TIFF 6.0)."""
    bits = [int(b) for b in tags.get(_BITS, (1,))]
    together = int(tags.get(_PLANES, 1)) == 1
    # Files may state the bits of one sample for all.
    depth = max(sum(bits), bits[0] * int(tags.get(_SAMPLES, 1))) if together else bits[0]
    if _TILE_AT in tags:
        return (int(tags[_TILE_WIDTH]) * depth + 7) // 8 * int(tags[_TILE_HEIGHT])
    height = int(tags[_HEIGHT])
    rows = min(int(tags.get(_ROWS_PER_STRIP, height)) or height, height)
    strips = -(-height // rows)
    return (int(tags[_WIDTH]) * depth + 7) // 8 * min(rows, height - index % strips * rows)


def _with_tables(tables: bytes, strip: bytes) -> bytes:
    """A strip with the tables that all strips share (TIFF Technical Note 2)."""
    if not tables.endswith(b"\xff\xd9") or not strip.startswith(b"\xff\xd8"):
        return strip
    return tables[:-2] + strip[2:]


def _ends_in_zeros(file: DirectoryFile, parts: Sequence[tuple[int, int]]) -> bool:
    """Whether the last part of an uncompressed picture is zeros: space that was not written."""
    wanted = int(sum(length for _, length in parts) * _BLACK_TAIL)
    if wanted < _LEAST_TAIL:
        return False
    for at, length in reversed(parts):
        take = min(length, wanted)
        file.seek(at + length - take)
        if any(file.read(take)):
            return False
        wanted -= take
        if wanted <= 0:
            return True
    return False


def _has_hole(file: DirectoryFile, parts: Sequence[tuple[int, int]]) -> bool:
    """Whether a block of an uncompressed picture was never written."""
    for at, length in parts:
        start = -(-at // _BLOCK) * _BLOCK
        file.seek(start)
        for _ in range(start, at + length - _BLOCK + 1, _BLOCK):
            if not any(file.read(_BLOCK)):
                return True
    return False
