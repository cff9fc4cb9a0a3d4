"""The pages of a TIFF: Group 4 and JPEG streams as they are, the rest without loss.

Bilevel pages of any other kind (several strips, Group 3, uncompressed) become one Group 4 stream,
which is lossless: a stack of strips would show seams.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image, ImageOps

from ocr.pdfa.pictures import Picture, decoded, jpeg, with_profile
from ocr.pdfa.strips import joined
from pages.pictures import DAMAGE, damaged, frame_of, opened_directory
from pages.tiff_directories import Directory, page_directories
from pages.tiff_strips import is_striped, strips

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_STRIP_AT, _ORIENTATION, _ROWS_PER_STRIP, _STRIP_LENGTH = 273, 274, 278, 279
_T6_OPTIONS, _TABLES, _GROUP_4, _JPEG = 293, 347, 4, 7
_BLACK_IS_ZERO, _RGB, _YCBCR = 1, 2, 6
_STRIPED_MODES = frozenset({"L", "RGB", "CMYK"})
_UP, _LEVEL = 2, 3  # PNG's filter; zlib's level
_NO_TABLES = b"\xff\xd8\xff\xd9"
# Adobe's marker that the colours are RGB; without it they are taken for YCbCr (ISO 32000-1, 7.4.8).
_ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def of_tiff(
    path: Path, wanted: Sequence[int], *, max_pixels: int, doubtful: Collection[int]
) -> Iterator[Picture]:
    """The pictures of some pages of a TIFF, one after the other.

    Args:
        path: the file.
        wanted: numbers from 1, ascending.
        max_pixels: of one page.
        doubtful: numbers of pages to be decoded to see whether they are whole.

    Raises:
        RejectedInput: ``scan.damaged``, ``scan.too-many-pixels``.
    """
    pages = page_directories(path)
    with path.open("rb") as file:
        size = path.stat().st_size
        for number in wanted:
            if not 1 <= number <= len(pages):
                raise damaged()
            with opened_directory(path, pages[number - 1], max_pixels=max_pixels) as image:
                try:
                    # Checks this page's pixels, too.
                    frame_of(image, max_pixels=max_pixels)
                    picture = _as_it_is(image, file, size)
                    if number in doubtful:
                        image.load()
                    if picture is None and image.mode in _STRIPED_MODES and is_striped(image):
                        picture = _by_strips(path, pages[number - 1], image)
                    if picture is None and image.mode == "1":
                        image.load()
                        picture = _group_4(image)
                except DAMAGE:
                    raise damaged() from None
                yield with_profile(picture or decoded(image), image)


def _by_strips(path: Path, directory: Directory, image: Image.Image) -> Picture:
    """A large image without loss, its rows as differences from the row above (PNG's filter Up)."""
    import numpy as np  # noqa: PLC0415 - of large pages only

    # Four inks as three colours, as ``decoded`` does with smaller images.
    channels = 1 if image.mode == "L" else 3
    squeeze, parts = zlib.compressobj(_LEVEL), []
    above = np.zeros((1, image.width * channels), dtype=np.uint8)
    for _, strip in strips(path, directory, image):
        plain = strip.convert("RGB") if strip.mode == "CMYK" else strip
        rows = np.asarray(plain, dtype=np.uint8).reshape(strip.height, -1)
        differences = np.full((strip.height, rows.shape[1] + 1), _UP, dtype=np.uint8)
        np.subtract(rows[1:], rows[:-1], out=differences[1:, 1:])
        np.subtract(rows[:1], above, out=differences[:1, 1:])
        parts.append(squeeze.compress(differences.tobytes()))
        above = rows[-1:].copy()
    parts.append(squeeze.flush())
    space = "/DeviceGray" if channels == 1 else "/DeviceRGB"
    parms = {
        "Predictor": 15,
        "Colors": channels,
        "BitsPerComponent": 8,
        "Columns": image.width,
    }
    data = b"".join(parts)
    return Picture(data, "/FlateDecode", image.width, image.height, 8, space, parms)


def _as_it_is(image: Any, file: BinaryIO, size: int) -> Picture | None:  # noqa: ANN401 - a TIFF of Pillow's
    """The strips of a page as one stream, where they are what PDF knows."""
    tags = image.tag_v2
    compression = tags.get(_COMPRESSION)
    if compression not in {_GROUP_4, _JPEG}:
        return None
    starts, lengths = tags.get(_STRIP_AT, ()), tags.get(_STRIP_LENGTH, ())
    if not starts or len(starts) != len(lengths) or sum(lengths) > size:
        return None
    strips = []
    for start, length in zip(starts, lengths, strict=True):
        file.seek(start)
        strips.append(file.read(length))
    if compression == _JPEG:
        return _jpeg_strips(tags, strips)
    return _group_4_strip(tags, strips[0]) if len(strips) == 1 else None


def _jpeg_strips(tags: Any, strips: list[bytes]) -> Picture | None:  # noqa: ANN401 - tags of Pillow's
    photometric = tags.get(_PHOTOMETRIC)
    if photometric not in {_BLACK_IS_ZERO, _RGB, _YCBCR}:
        return None
    width, height = int(tags[_WIDTH]), int(tags[_HEIGHT])
    tables = bytes(tags.get(_TABLES, b"")) or _NO_TABLES
    if photometric == _RGB:
        tables = tables[:2] + _ADOBE_RGB + tables[2:]
    data = joined(tables, strips, height)
    found = jpeg(data, orientation=int(tags.get(_ORIENTATION, 1))) if data else None
    return found if found and (found.width, found.height) == (width, height) else None


def _group_4_strip(tags: Any, data: bytes) -> Picture | None:  # noqa: ANN401 - tags of Pillow's
    if tags.get(_BITS, (1,)) not in {(1,), 1} or tags.get(_T6_OPTIONS, 0):
        return None
    if tags.get(_FILL_ORDER, 1) == 2:  # noqa: PLR2004 - lowest bit first
        data = data.translate(_REVERSED)
    return _ccitt(
        data,
        int(tags[_WIDTH]),
        int(tags[_HEIGHT]),
        white_is_zero=tags.get(_PHOTOMETRIC, 0) != _BLACK_IS_ZERO,
        orientation=int(tags.get(_ORIENTATION, 1)),
    )


def _ccitt(
    data: bytes, width: int, height: int, *, white_is_zero: bool, orientation: int
) -> Picture:
    parms = {"K": -1, "Columns": width, "Rows": height, "BlackIs1": not white_is_zero}
    return Picture(data, "/CCITTFaxDecode", width, height, 1, "/DeviceGray", parms, orientation)


def _group_4(image: Image.Image) -> Picture:
    """A bilevel image as one Group 4 stream."""
    image = ImageOps.exif_transpose(image)
    written = io.BytesIO()
    # Inverted, so that paper is 0: what Group 4 calls white, whatever the tags say.
    ImageOps.invert(image).save(
        written, "TIFF", compression="group4", tiffinfo={_ROWS_PER_STRIP: image.height}
    )
    with Image.open(written) as again:
        tags: Any = again.tag_v2  # type: ignore[attr-defined]  # of TIFF files, as this one is
        start, length = tags[_STRIP_AT], tags[_STRIP_LENGTH]
    data = written.getvalue()[start[0] : start[0] + length[0]]
    return _ccitt(data, image.width, image.height, white_is_zero=True, orientation=1)
