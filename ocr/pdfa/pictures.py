"""Pictures as PDF pages take them: the scanner's own stream if a PDF can hold it.

JPEG goes in byte for byte (ISO 32000-1, 7.4.8), the rows of a PNG as they are (its filters are the
predictors of 7.4.4.4), Group 4 strips of a TIFF as they are. The rest is decoded by Pillow and kept
without loss; only CMYK becomes RGB, since an sRGB output intent allows no DeviceCMYK.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pikepdf import Array, Dictionary, Name, Page, Pdf, Stream
from PIL import Image, ImageOps

from dossier.spine import MediaType
from ocr.pdfa import icc
from ocr.pdfa.camera_data import without_camera_data
from ocr.pdfa.layer import numbers
from pages.pictures import DAMAGE, damaged, opened, without_empty_alpha

_PNG_LEVEL = 3  # zlib's; of what is decoded and written again without loss
_JPEG_QUALITY = 95  # of what must be converted from CMYK
LARGEST_SIDE, SMALLEST_SIDE = 14400.0, 3.0  # units, ISO 19005-2, 6.1.13
_UPRIGHT = 1
_ADOBE = 0xEE
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what DCTDecode takes
# Lossless, hierarchical and arithmetic frames, and the start of the scan.
_NO_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xDA})
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture and how a PDF decodes it.

    Attributes:
        data: as it goes into the stream.
        filter: the PDF's name of the filter.
        width, height: px, as stored.
        bits: a component.
        space: ``/DeviceGray``, ``/DeviceRGB``, or the RGB bytes of a palette.
        parms: of the filter.
        orientation: EXIF's, 1 to 8.
        profile: the ICC profile that its colours are in; empty for none.
    """

    data: bytes
    filter: str
    width: int
    height: int
    bits: int
    space: str | bytes
    parms: dict[str, Any] = field(default_factory=dict)
    orientation: int = _UPRIGHT
    profile: bytes = b""


def stored(pdf: Pdf, picture: Picture) -> Stream:
    """The image XObject of a picture."""
    components = 1 if picture.space == "/DeviceGray" else 3
    profile = icc.usable(picture.profile, components)
    if profile:
        plain = icc.colour_space(pdf, profile, components)
    else:
        plain = Name.DeviceGray if components == 1 else Name.DeviceRGB
    space: Any = plain
    if isinstance(picture.space, bytes):
        space = Array([Name.Indexed, plain, len(picture.space) // 3 - 1, picture.space])
    parms = Dictionary(**picture.parms) if picture.parms else None
    image = Stream(pdf, b"")
    image.write(picture.data, filter=Name(picture.filter), decode_parms=parms)
    image.Type, image.Subtype = Name.XObject, Name.Image
    image.Width, image.Height = picture.width, picture.height
    image.BitsPerComponent = picture.bits
    image.ColorSpace = space
    return image


def add_page(pdf: Pdf, picture: Picture, *, width: float, height: float) -> Page:
    """Append a page that one picture covers, shown as its orientation wants.

    Args:
        pdf: changed in memory.
        picture: what covers it.
        width: of the page as shown, pt. Beyond what PDF/A allows, /UserUnit grows.
        height: the same.
    """
    unit = max(width / LARGEST_SIDE, height / LARGEST_SIDE, 1.0)
    width, height = (max(side / unit, SMALLEST_SIDE) for side in (width, height))
    page = pdf.add_blank_page(page_size=(width, height))
    if unit > 1:
        page.obj["/UserUnit"] = unit
    page.obj["/Resources"] = Dictionary(
        XObject=Dictionary(Scan=pdf.make_indirect(stored(pdf, picture)))
    )
    matrix = numbers(orienting(picture.orientation, width, height))
    content = Stream(pdf, f"q {matrix} cm /Scan Do Q\n".encode("ascii"))
    page.obj["/Contents"] = pdf.make_indirect(content)
    return page


def orienting(
    orientation: int, width: float, height: float
) -> tuple[float, float, float, float, float, float]:
    """The matrix that lays the unit square on a page as EXIF's orientation wants.

    Args:
        orientation: 1 to 8; of any other, 1 is taken (EXIF 2.32, 4.6.4.A).
        width: of the page as shown, pt.
        height: the same.
    """
    return {
        2: (-width, 0.0, 0.0, height, width, 0.0),
        3: (-width, 0.0, 0.0, -height, width, height),
        4: (width, 0.0, 0.0, -height, 0.0, height),
        5: (0.0, -height, -width, 0.0, width, height),
        6: (0.0, -height, width, 0.0, 0.0, height),
        7: (0.0, height, width, 0.0, 0.0, 0.0),
        8: (0.0, height, -width, 0.0, width, 0.0),
    }.get(orientation, (width, 0.0, 0.0, height, 0.0, 0.0))


def of_jpeg(path: Path, *, max_pixels: int, doubtful: bool) -> Picture:
    """The picture of a JPEG file, its bytes untouched unless it is CMYK.

    Args:
        path: the file.
        max_pixels: more are refused.
        doubtful: decode it to see whether it is whole; it could not be read before.

    Raises:
        RejectedInput: ``scan.damaged``, ``scan.too-many-pixels``.
    """
    with opened(path, MediaType.JPEG, max_pixels=max_pixels) as image:
        if doubtful:
            check(image)
        orientation = orientation_of(image)
        found = jpeg(without_camera_data(path.read_bytes()), orientation=orientation)
        return with_profile(found or decoded(image), image)


def jpeg(data: bytes, *, orientation: int = _UPRIGHT) -> Picture | None:
    """A JPEG stream as it is; None where a PDF would show it wrongly or not at all."""
    frame = _jpeg_frame(data)
    if frame is None:
        return None
    width, height, components, adobe = frame
    if len(components) == 1:
        space = "/DeviceGray"
    elif len(components) == 3 and (adobe or components != b"RGB"):  # noqa: PLR2004 - three colours
        # Without Adobe's marker a PDF takes the three for YCbCr, whatever their names.
        space = "/DeviceRGB"
    else:
        return None
    return Picture(data, "/DCTDecode", width, height, 8, space, orientation=orientation)


def _jpeg_frame(data: bytes) -> tuple[int, int, bytes, bool] | None:
    """Width, height, component ids, and whether Adobe's marker tells what the colours are.

    None of all but baseline, extended and progressive 8-bit JPEGs.
    """
    at, adobe = 2, False
    if not data.startswith(b"\xff\xd8"):
        return None
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - a marker begins so
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - fill bytes
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _FRAMES:
            frame = data[at + 4 : at + 2 + length]
            if len(frame) < 6 or frame[0] != 8:  # noqa: PLR2004 - a header of 8-bit samples
                return None
            height, width, count = struct.unpack_from(">HHB", frame, 1)
            found = width, height, frame[6 : 6 + 3 * count : 3], adobe
            return found if width and height else None
        if marker in _NO_FRAMES:
            return None
        adobe = adobe or (marker == _ADOBE and data[at + 4 : at + 9] == b"Adobe")
        at += 2 + length
    return None


def of_png(path: Path, *, max_pixels: int, doubtful: bool) -> Picture:
    """The picture of a PNG file, its compressed rows untouched where a PDF can hold them.

    Args:
        path: the file.
        max_pixels: more are refused.
        doubtful: decode it to see whether it is whole; it could not be read before.

    Raises:
        RejectedInput: ``scan.damaged``, ``scan.too-many-pixels``.
    """
    with opened(path, MediaType.PNG, max_pixels=max_pixels) as image:
        if doubtful:
            check(image)
        found = png(path.read_bytes(), orientation=orientation_of(image)) or decoded(image)
        return with_profile(found, image)


def png(data: bytes, *, orientation: int = _UPRIGHT) -> Picture | None:
    """The rows of a PNG as they are; None where it has transparency, 16 bits or interlacing."""
    header, palette, rows, plain = b"", b"", [], True
    for kind, body in _chunks(data):
        if kind == b"IHDR":
            header = body
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            rows.append(body)
        elif kind == b"tRNS":
            plain = False
    if len(header) != 13 or not rows or not plain:  # noqa: PLR2004 - PNG, 11.2.2
        return None
    width, height, bits, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    grey, rgb, indexed = 0, 2, 3
    if not (width and height) or interlace or bits > 8 or colour not in {grey, rgb, indexed}:  # noqa: PLR2004 - no 16 bits
        return None
    if colour == indexed and (not palette or len(palette) % 3 or len(palette) > 3 << bits):
        return None
    spaces: dict[int, str | bytes] = {grey: "/DeviceGray", rgb: "/DeviceRGB", indexed: palette}
    return Picture(
        b"".join(rows),
        "/FlateDecode",
        width,
        height,
        bits,
        spaces[colour],
        {
            "Predictor": 15,
            "Colors": 3 if colour == rgb else 1,
            "BitsPerComponent": bits,
            "Columns": width,
        },
        orientation,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def with_profile(picture: Picture, image: Image.Image) -> Picture:
    """The picture with the profile of the image it was made of, where its colours are the same."""
    profile = icc.profile_of(image) if image.mode not in {"1", "CMYK", "LAB"} else b""
    return replace(picture, profile=profile) if profile else picture


def check(image: Image.Image) -> None:
    """Decode a picture to see whether it is whole.

    Raises:
        RejectedInput: ``scan.damaged``.
    """
    try:
        image.load()
    except DAMAGE:
        raise damaged() from None


def decoded(image: Image.Image) -> Picture:
    """The upright picture of an image, kept without loss (as a JPEG where it was CMYK).

    Raises:
        RejectedInput: ``scan.damaged``.
    """
    try:
        image.load()
        turned = ImageOps.exif_transpose(image)
        written = io.BytesIO()
        if turned.mode == "CMYK":
            turned.convert("RGB").save(written, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
            found = jpeg(written.getvalue())
        else:
            _simple(turned).save(written, "PNG", compress_level=_PNG_LEVEL)
            found = png(written.getvalue())
    except DAMAGE:
        raise damaged() from None
    if found is None:
        raise damaged()
    return found


def _simple(image: Image.Image) -> Image.Image:
    """An image of a mode that PDF has: 1, L, P or RGB, on white where it was transparent."""
    image = without_empty_alpha(image)
    if image.mode in {"LA", "RGBA", "PA", "La", "RGBa"} or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        white.alpha_composite(clear)
        return white.convert("L" if image.mode in {"L", "LA", "1"} else "RGB")
    if image.mode in {"1", "L", "P", "RGB"}:
        return image
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("L" if image.mode in {"I", "F"} else "RGB")


def orientation_of(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 where it tells none that means anything."""
    try:
        found = image.getexif().get(_ORIENTATION, _UPRIGHT)
    except DAMAGE:
        return _UPRIGHT
    return found if isinstance(found, int) and 1 <= found <= 8 else _UPRIGHT  # noqa: PLR2004 - EXIF's eight
