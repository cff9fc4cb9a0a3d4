"""Large TIFF images strip by strip, so that a plan of A0 fits into a child's memory.

Pillow decodes a whole image at once, with four bytes a pixel in colour: 560 MB for A0 at 300 dpi.
Each strip is decoded by itself here, as a TIFF of its own.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, TiffImagePlugin

from pages.pictures import damaged
from pages.tiff_directories import Directory, DirectoryFile

LARGE = 40_000_000  # px, from which an image is decoded by strips

_HEIGHT, _ROWS_PER_STRIP, _STRIP_AT, _STRIP_LENGTH, _PLANAR = 257, 278, 273, 279, 284
_ORIENTATION, _TILE_AT = 274, 324
# Width, depth, compression, colours, fill order, samples, layout, options of codecs and colours.
_COPIED = (256, 258, 259, 262, 266, 277, 284, 292, 293, 317, 320, 332, 338, 339, 347, 530, 532)
_FEWEST = 4  # strips: fewer save no memory


def is_striped(image: Any) -> bool:  # noqa: ANN401 - a TIFF of Pillow's
    """Whether an image is large and can be decoded strip by strip.

    Args:
        image: as opened, not decoded.
    """
    tags = image.tag_v2
    return (
        image.width * image.height >= LARGE
        and _TILE_AT not in tags
        and tags.get(_PLANAR, 1) == 1
        and tags.get(_ORIENTATION, 1) == 1
        and len(tags.get(_STRIP_AT, ())) >= _FEWEST
        and len(tags.get(_STRIP_AT, ())) == len(tags.get(_STRIP_LENGTH, ()))
    )


def strips(path: Path, directory: Directory, image: Any) -> Iterator[tuple[int, Image.Image]]:  # noqa: ANN401 - as above
    """The strips of an image from the top down: the first row, and the decoded strip.

    Args:
        path: of the TIFF.
        directory: of the image.
        image: the same, as opened; ``is_striped`` holds.

    Raises:
        RejectedInput: ``scan.damaged``.
    """
    tags = image.tag_v2
    height, rows = int(tags[_HEIGHT]), int(tags.get(_ROWS_PER_STRIP, 0))
    parts = list(zip(tags[_STRIP_AT], tags[_STRIP_LENGTH], strict=True))
    if not rows > 0 or len(parts) != -(-height // rows):
        raise damaged()
    with DirectoryFile(path, directory) as file:
        for number, (at, length) in enumerate(parts):
            top = number * rows
            file.seek(at)
            data = file.read(length)
            alone = _alone(tags, data, min(rows, height - top))
            with Image.open(io.BytesIO(alone), formats=["TIFF"]) as strip:
                strip.load()
                yield top, strip


def _alone(tags: Any, data: bytes, rows: int) -> bytes:  # noqa: ANN401 - tags of Pillow's
    """A strip as a TIFF of one strip."""
    prefix = tags.prefix
    made = TiffImagePlugin.ImageFileDirectory_v2(prefix=prefix)
    for tag in _COPIED:
        if tag in tags:
            made.tagtype[tag] = tags.tagtype[tag]
            made[tag] = tags[tag]
    made[_HEIGHT], made[_ROWS_PER_STRIP] = rows, rows
    # Pillow adds to it where the directory ends.
    made[_STRIP_AT], made[_STRIP_LENGTH] = 0, len(data)
    order = "<" if prefix == b"II" else ">"
    return struct.pack(order + "2sHI", prefix, 42, 8) + made.tobytes(8) + data
