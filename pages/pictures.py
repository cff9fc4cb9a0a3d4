"""Picture files (TIFF, JPEG, PNG): frames, size on paper, turned as they are shown. In a child."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError

from dossier.errors import RejectedInput
from dossier.spine import MediaType
from pages.tiff_directories import Directory, DirectoryFile, page_directories

A4 = (595.276, 841.890)  # pt
_POINTS = 72.0
_ORIENTATION = 0x0112  # TIFF 6.0, also Exif
_OLD_JPEG = 6  # TIFF 6.0 section 22, withdrawn by its Technical Note 2
_FORMATS = {MediaType.TIFF: "TIFF", MediaType.JPEG: "JPEG", MediaType.PNG: "PNG"}
# A stated resolution is accepted from here on for any page size (drawings); below it only
# where the page is not larger than this. Telephones claim 72 dpi for pages of a metre and a half.
_SURE_DPI = 150.0
_LARGEST_UNSURE = 20.0  # inches
_LEAST_DPI, _MOST_DPI = 50.0, 4800.0
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WIDE_GREY = {"I", "I;16", "I;16L", "I;16B", "I;16N"}
# What Pillow throws at damaged files, besides its own.
DAMAGE = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    ArithmeticError, EOFError, RuntimeError, NotImplementedError, AssertionError, LookupError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a file as it is shown.

    Attributes:
        width: pt.
        height: pt.
        transpose: what Pillow must do to show it upright; None for nothing.
    """

    width: float
    height: float
    transpose: Image.Transpose | None


@contextmanager
def opened(
    path: Path, media_type: MediaType, *, max_pixels: int, number: int = 1
) -> Iterator[ImageFile.ImageFile]:
    """Open one page of a picture file; only its headers are read.

    Args:
        path: the file.
        media_type: of the file.
        max_pixels: more are refused.
        number: of the page, from 1; thumbnails and masks in a TIFF are not counted.

    Raises:
        RejectedInput: ``scan.damaged``, ``scan.too-many-pixels``, ``page.missing``.
    """
    if media_type is MediaType.TIFF:
        pages = page_directories(path)
        if not pages:
            raise damaged()
        if not 1 <= number <= len(pages):
            raise page_missing(number)
        with opened_directory(path, pages[number - 1], max_pixels=max_pixels) as image:
            yield image
        return
    if number != 1:
        raise page_missing(number)
    with path.open("rb") as stream, _opened(stream, media_type, max_pixels) as image:
        yield image


@contextmanager
def opened_directory(
    path: Path, directory: Directory, *, max_pixels: int
) -> Iterator[ImageFile.ImageFile]:
    """Open the image of one directory of a TIFF; only its headers are read.

    Raises:
        RejectedInput: ``scan.damaged``, ``scan.too-many-pixels``, ``scan.old-jpeg``.
    """
    if directory.compression == _OLD_JPEG:
        raise RejectedInput(
            "scan.old-jpeg",
            "the TIFF is compressed as old-style JPEG (compression 6), which is not read; set the "
            "scanner to JPEG, Group 4 or LZW, or save the file as PDF, and send it again",
        )
    with (
        DirectoryFile(path, directory) as stream,
        _opened(stream, MediaType.TIFF, max_pixels) as image,
    ):
        yield image


@contextmanager
def _opened(
    stream: BinaryIO | io.FileIO, media_type: MediaType, max_pixels: int
) -> Iterator[ImageFile.ImageFile]:
    # Not by its path: Pillow maps an uncompressed TIFF rotated by 90° with a wrong width.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata that is slightly wrong
        Image.MAX_IMAGE_PIXELS = max_pixels
        try:
            image = Image.open(stream, formats=[_FORMATS[media_type]])
        except Image.DecompressionBombError:
            raise too_many_pixels(max_pixels) from None
        except (UnidentifiedImageError, *DAMAGE):
            raise damaged() from None
        with image:
            yield image


def frame_of(image: ImageFile.ImageFile, *, max_pixels: int) -> Frame:
    """The frame that the image stands at.

    Raises:
        RejectedInput: ``scan.too-many-pixels``, ``scan.damaged``.
    """
    across, down = image.size
    if across < 1 or down < 1:
        raise damaged()
    if across * down > max_pixels:
        raise too_many_pixels(max_pixels)
    dpi_x, dpi_y = _dpi(image)
    orientation = _orientation(image)
    on_its_side = orientation >= 5  # noqa: PLR2004 - these four are rotated by 90°
    if image.format == "TIFF":
        # Pillow turns a TIFF itself, and reports the size after that; not its resolution.
        dpi_x, dpi_y = (dpi_y, dpi_x) if on_its_side else (dpi_x, dpi_y)
        return Frame(across / dpi_x * _POINTS, down / dpi_y * _POINTS, None)
    width, height = across / dpi_x * _POINTS, down / dpi_y * _POINTS
    if on_its_side:
        width, height = height, width
    return Frame(width, height, _TURNS.get(orientation))


def to_grey(image: Image.Image) -> Image.Image:
    """Any picture that Pillow reads, in mode L; what is transparent is white."""
    if image.mode == "L":
        image.load()
        return image
    if image.mode in _WIDE_GREY:
        # Pillow clips 16 bits where it should scale them.
        wide = image.convert("I")
        high = wide.getextrema()[1]
        scale = 1 / 257 if isinstance(high, int | float) and high > 255 else 1.0  # noqa: PLR2004 - the most that 8 bits hold
        return wide.point(lambda value: value * scale).convert("L")
    if image.mode == "F":
        low, high = (float(number) for number in image.getextrema()[:2])  # type: ignore[arg-type] # one band, so two numbers
        if not (math.isfinite(low) and math.isfinite(high)):
            raise damaged()
        scale = 255.0 / (high - low) if high > low else 1.0
        return image.point(lambda value: value * scale - low * scale).convert("L")
    image = without_empty_alpha(image)
    if image.mode in {"LA", "La", "RGBA", "RGBa", "PA"} or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("L")
    if image.mode in {"LAB", "HSV"}:
        image = image.convert("RGB") if image.mode == "HSV" else image.getchannel(0)
    return image.convert("L")


def without_empty_alpha(image: Image.Image) -> Image.Image:
    """The picture without its alpha channel where that hides all of it.

    Some scanners write a fourth channel of zeros that means nothing; the page would be white.
    """
    opaque = {"RGBA": "RGB", "LA": "L", "PA": "P"}.get(image.mode)
    if opaque is None or image.getchannel(image.getbands()[-1]).getextrema() != (0, 0):
        return image
    plain = image.copy()
    plain.putalpha(255)
    return plain.convert("L" if opaque == "L" else "RGB")


def decode_jpeg(stream: bytes, *, max_pixels: int) -> Image.Image | None:
    """A JPEG straight to grey, or None where its colours are not plain (CMYK)."""
    try:
        image = Image.open(io.BytesIO(stream), formats=["JPEG"])
    except (UnidentifiedImageError, *DAMAGE):
        return None
    with image:
        if image.width * image.height > max_pixels:
            raise too_many_pixels(max_pixels)
        if image.mode not in {"L", "RGB"}:
            return None
        image.draft("L", None)
        try:
            return to_grey(image)
        except DAMAGE:
            return None


def damaged() -> RejectedInput:
    """The error for a file that cannot be read."""
    return RejectedInput(
        "scan.damaged", "the file is damaged and cannot be read; scan the paper again"
    )


def page_missing(number: int) -> RejectedInput:
    """The error for a page that a file does not have."""
    return RejectedInput("page.missing", f"page {number} is not in the file; scan the paper again")


def too_many_pixels(max_pixels: int) -> RejectedInput:
    """The error for a picture beyond the limit."""
    return RejectedInput(
        "scan.too-many-pixels",
        f"a picture in the file has more than {max_pixels // 1_000_000} million pixels; scan it at "
        "a lower resolution (200 to 300 dpi will do)",
    )


def _dpi(image: ImageFile.ImageFile) -> tuple[float, float]:
    """Resolution across and down: as stated if plausible, else as if the page were A4."""
    stated = image.info.get("dpi")
    try:
        dpi_x, dpi_y = (float(number) for number in stated) if stated else (0.0, 0.0)
    except (*DAMAGE,):
        dpi_x, dpi_y = 0.0, 0.0
    across, down = image.size
    if all(_LEAST_DPI <= dpi <= _MOST_DPI for dpi in (dpi_x, dpi_y)):
        longest = max(across / dpi_x, down / dpi_y)
        if min(dpi_x, dpi_y) >= _SURE_DPI or longest <= _LARGEST_UNSURE:
            return dpi_x, dpi_y
    short, long = sorted((across, down))
    dpi = max(short / (A4[0] / _POINTS), long / (A4[1] / _POINTS))
    return dpi, dpi


def _orientation(image: ImageFile.ImageFile) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except DAMAGE:
        return 1
    return value if isinstance(value, int) and value in _TURNS else 1
