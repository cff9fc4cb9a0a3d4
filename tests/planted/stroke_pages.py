"""Pages of strokes that look like text, as pictures and as PDFs that one picture covers."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pikepdf
from PIL import Image, ImageDraw, TiffImagePlugin

SIZE = (1240, 1754)


def sheet(mode: str = "L", *, foot: bool = True, margin: int = 160) -> Image.Image:
    """A page of strokes that look like lines of text, with a blank margin below."""
    image = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(image)
    chance = random.Random(7)  # noqa: S311 - strokes, no secrets
    last = SIZE[1] - margin if foot else SIZE[1] // 2
    for top in range(120, last, 34):
        for left in range(120, SIZE[0] - 120, 16):
            if chance.random() < 0.8:
                draw.line(
                    (left, top, left + chance.randrange(12), top + chance.randrange(22)), 0, 3
                )
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:  # noqa: ANN401 - how Pillow saves
    written = io.BytesIO()
    image.save(written, kind, **how)
    return written.getvalue()


def fax(image: Image.Image, compression: str = "group4", **tags: int) -> bytes:
    """The bare fax data of a bilevel image; further tags by their numbers, as ``t292``."""
    written = io.BytesIO()
    more = {int(name[1:]): value for name, value in tags.items()}
    image.save(
        written, "TIFF", compression=compression, tiffinfo={278: image.height, **more},
        strip_size=1 << 30,
    )  # fmt: skip
    with Image.open(written) as again:
        assert isinstance(again, TiffImagePlugin.TiffImageFile)
        start, length = again.tag_v2[273][0], again.tag_v2[279][0]
    return written.getvalue()[start : start + length]


def pdf(path: Path, data: bytes, **entries: Any) -> Path:  # noqa: ANN401 - PDF objects
    """A page that one picture covers."""
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        picture = made.make_stream(data)
        stated = {
            "Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Image, "Width": SIZE[0],
            "Height": SIZE[1], "BitsPerComponent": 8, "ColorSpace": pikepdf.Name.DeviceGray,
        } | entries  # fmt: skip
        for name, value in stated.items():
            picture[f"/{name}"] = value
        page = made.pages[0]
        page.obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
        page.obj["/Contents"] = made.make_stream(b"q 595 0 0 842 0 0 cm /Im0 Do Q")
        # As it is: pikepdf would pack what has no filter.
        made.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return path
