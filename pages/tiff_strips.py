"""Large TIFF images strip by strip, so that a plan of A0 fits into a child's memory.

Pillow decodes a whole image at once, with four bytes a pixel in colour: 560 MB for A0 at 300 dpi.
Each strip or tile is decoded by itself here, as a TIFF of its own.
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
_WIDTH, _ORIENTATION = 256, 274
_TILE_WIDTH, _TILE_HEIGHT, _TILE_AT, _TILE_LENGTH = 322, 323, 324, 325
# Width, depth, compression, colours, fill order, samples, layout, options of codecs and colours.
_COPIED = (256, 258, 259, 262, 266, 277, 284, 292, 293, 317, 320, 332, 338, 339, 347, 530, 532)
_FEWEST = 4  # strips: fewer save no memory


def is_striped(image: Any) -> bool:  # noqa: ANN401 - a TIFF of Pillow's
    """Whether an image is large and can be decoded strip by strip.

    Args:
        image: as opened, not decoded.
    """
    tags = image.tag_v2
    starts, lengths = (_STRIP_AT, _STRIP_LENGTH)
    if _TILE_AT in tags:
        starts, lengths = (_TILE_AT, _TILE_LENGTH)
    return (
        image.width * image.height >= LARGE
        and tags.get(_PLANAR, 1) == 1
        and tags.get(_ORIENTATION, 1) == 1
        and len(tags.get(starts, ())) >= _FEWEST
        and len(tags.get(starts, ())) == len(tags.get(lengths, ()))
    )


def strips(path: Path, directory: Directory, image: Any) -> Iterator[tuple[int, Image.Image]]:  # noqa: ANN401 - as above
    """The strips or rows of tiles of an image from the top down: its first row, and the picture.

    Args:
        path: of the TIFF.
        directory: of the image.
        image: the same, as opened; ``is_striped`` holds.

    Raises:
        RejectedInput: ``scan.damaged``.
    """
    tags = image.tag_v2
    if _TILE_AT in tags:
        yield from _rows_of_tiles(path, directory, tags)
        return
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


def _rows_of_tiles(
    path: Path,
    directory: Directory,
    tags: Any,  # noqa: ANN401 - tags of Pillow's
) -> Iterator[tuple[int, Image.Image]]:
    width, height = int(tags[_WIDTH]), int(tags[_HEIGHT])
    across, down = int(tags.get(_TILE_WIDTH, 0)), int(tags.get(_TILE_HEIGHT, 0))
    parts = list(zip(tags[_TILE_AT], tags[_TILE_LENGTH], strict=True))
    if not (across > 0 and down > 0) or len(parts) != -(-width // across) * -(-height // down):
        raise damaged()
    a_row = -(-width // across)
    with DirectoryFile(path, directory) as file:
        for top in range(0, height, down):
            row: Image.Image | None = None
            first = top // down * a_row
            for number, (at, length) in enumerate(parts[first : first + a_row]):
                file.seek(at)
                alone = _alone(tags, file.read(length), down, width=across)
                with Image.open(io.BytesIO(alone), formats=["TIFF"]) as tile:
                    if row is None:
                        row = Image.new(tile.mode, (width, min(down, height - top)))
                    row.paste(tile, (number * across, 0))
            if row is not None:
                yield top, row


def _alone(tags: Any, data: bytes, rows: int, *, width: int = 0) -> bytes:  # noqa: ANN401 - tags of Pillow's
    """A strip, or a tile of a width, as a TIFF of one strip."""
    prefix = tags.prefix
    made = TiffImagePlugin.ImageFileDirectory_v2(prefix=prefix)
    for tag in _COPIED:
        if tag in tags:
            made.tagtype[tag] = tags.tagtype[tag]
            made[tag] = tags[tag]
    made[_HEIGHT], made[_ROWS_PER_STRIP] = rows, rows
    if width:
        made[_WIDTH] = width
    # Pillow adds to it where the directory ends.
    made[_STRIP_AT], made[_STRIP_LENGTH] = 0, len(data)
    order = "<" if prefix == b"II" else ">"
    return struct.pack(order + "2sHI", prefix, 42, 8) + made.tobytes(8) + data
