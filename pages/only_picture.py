"""Whether a PDF page is just one picture that covers it, and that picture. In a child.

A scanner's page is. Its stream decoded straight to grey costs 0.03 CPU s, drawing it 0.1.
Anything that is not plain (other marks, masks, turned or cut pictures, odd colours) is drawn.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import pikepdf
from PIL import Image

from pages.pdf import PDF_DAMAGE, shown_box
from pages.pictures import decode_jpeg, too_many_pixels

_LONGEST_CONTENT = 2048  # bytes; a scanner writes some 30
_SLACK = 0.015  # of the page's side, that the picture may miss or exceed it by
_PLAIN_SPACES = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3}
_LOSSLESS = {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/ASCII85Decode", "/ASCIIHexDecode"}
_NOT_PLAIN = ("/SMask", "/Mask", "/Decode", "/ImageMask", "/Alternates", "/OC")
# Operators that leave no mark, besides those that are followed here (q Q cm Do).
_MARKLESS = {
    "BT",
    "ET",
    "Tf",
    "TL",
    "Tr",
    "Tz",
    "w",
    "J",
    "j",
    "M",
    "ri",
    "i",
    "g",
    "G",
    "rg",
    "RG",
}
_MARKLESS |= {"BMC", "EMC", "MP"}
_Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Cover:
    """The picture that covers a page and is all of its content.

    Attributes:
        picture: its stream.
        width: px.
        height: px.
        alone: no content covers it, so it can replace the page.
    """

    picture: pikepdf.Stream
    width: int
    height: int
    alone: bool


def cover(page: pikepdf.Page, *, max_pixels: int) -> Cover | None:
    """The picture that covers a page; None where there is none, or other content.

    Raises:
        RejectedInput: ``scan.too-many-pixels``.
        pikepdf.PdfError and what Python throws at damaged structures: the page cannot be read.
    """
    placed = _placed(page)
    if placed is None or not _covers(placed[1], shown_box(page)):
        return None
    picture = placed[0]
    width, height = int(picture.get("/Width", 0)), int(picture.get("/Height", 0))
    if width < 1 or height < 1:
        return None
    if width * height > max_pixels:
        raise too_many_pixels(max_pixels)
    return Cover(picture, width, height, alone=not _has_visible_annotations(page))


def decoded(found: Cover, *, max_pixels: int) -> Image.Image | None:
    """The cover in any of Pillow's modes, before the page's own rotation; None where to draw.

    JPEG goes straight to grey; lossless grey and RGB are taken as they are. CCITT, JBIG2 and
    JPEG 2000 are pdfium's, which draws them in 0.03 CPU s.

    Raises:
        RejectedInput: ``scan.too-many-pixels``.
    """
    picture = found.picture
    channels = _channels(picture)
    if channels is None:
        return None
    entry = picture.get("/Filter")
    names = list(entry) if isinstance(entry, pikepdf.Array) else [entry]
    filters = [str(name) for name in names if name is not None]
    try:
        if filters[-1:] == ["/DCTDecode"]:
            stream = _before_last_filter(picture, filters)
            return decode_jpeg(stream, max_pixels=max_pixels)
        if not set(filters) <= _LOSSLESS or int(picture.get("/BitsPerComponent", 0)) != 8:  # noqa: PLR2004 - one byte a colour
            return None
        pixels = picture.read_bytes()
        mode = {1: "L", 3: "RGB"}[channels]
        size = (found.width, found.height)
        return Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)
    except PDF_DAMAGE:
        return None


def weight_of_pictures(page: pikepdf.Page) -> int:
    """About how many bytes the pictures that a page names take when they are decoded."""
    objects = page.resources.get("/XObject")
    weight = 0
    for picture in objects.values() if isinstance(objects, pikepdf.Dictionary) else ():
        if isinstance(picture, pikepdf.Stream) and picture.get("/Subtype") == "/Image":
            pixels = int(picture.get("/Width", 0)) * int(picture.get("/Height", 0))
            weight += pixels * (1 if picture.get("/BitsPerComponent", 1) == 1 else 4)
    return weight


def _before_last_filter(picture: pikepdf.Stream, filters: list[str]) -> bytes:
    """The stream with all filters undone but the last."""
    if len(filters) == 1:
        return picture.read_raw_bytes()
    inner = copy(picture)
    inner["/Filter"] = pikepdf.Array([pikepdf.Name(name) for name in filters[:-1]])
    parameters = picture.get("/DecodeParms")
    if isinstance(parameters, pikepdf.Array):
        inner["/DecodeParms"] = pikepdf.Array(list(parameters)[:-1])
    return inner.read_bytes()


def _has_visible_annotations(page: pikepdf.Page) -> bool:
    notes = page.obj.get("/Annots")
    if notes is None:
        return False
    if not isinstance(notes, pikepdf.Array):
        return True
    return any(not isinstance(note, pikepdf.Dictionary) or "/AP" in note for note in notes)


def _placed(page: pikepdf.Page) -> tuple[pikepdf.Stream, _Matrix] | None:
    """The one picture that the content draws, and the matrix it is drawn with."""
    if not _is_short(page.obj.get("/Contents")):
        return None
    now: _Matrix = (1, 0, 0, 1, 0, 0)
    saved: list[_Matrix] = []
    drawn: list[tuple[pikepdf.Object, _Matrix]] = []
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator == "q":
            saved.append(now)
        elif operator == "Q":
            now = saved.pop() if saved else now
        elif operator == "cm":
            # Six numbers, or it raises as other damage does.
            a, b, c, d, e, f = (float(number) for number in instruction.operands)
            now = _times((a, b, c, d, e, f), now)
        elif operator == "Do":
            drawn.append((page.resources["/XObject"][str(instruction.operands[0])], now))
        elif operator not in _MARKLESS:
            return None
    if len(drawn) != 1:
        return None
    picture, matrix = drawn[0]
    if isinstance(picture, pikepdf.Stream) and picture.get("/Subtype") == "/Image":
        return picture, matrix
    return None


def _is_short(contents: object) -> bool:
    """Whether a page's content is short enough to be that of a scanner."""
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    length = 0
    for stream in streams:
        if not isinstance(stream, pikepdf.Stream):
            return False
        length += int(stream.get("/Length", 0))
    return bool(streams) and length <= _LONGEST_CONTENT


def _times(one: _Matrix, two: _Matrix) -> _Matrix:
    a, b, c, d, e, f = one
    k, m, n, p, q, r = two
    return (
        a * k + b * n,
        a * m + b * p,
        c * k + d * n,
        c * m + d * p,
        e * k + f * n + q,
        e * m + f * p + r,
    )


def _covers(matrix: _Matrix, box: tuple[float, float, float, float]) -> bool:
    """Whether the picture stands upright and its edges are the page's."""
    width, skew, lean, height, left, bottom = matrix
    across, down = box[2] - box[0], box[3] - box[1]
    if width <= 0 or height <= 0 or abs(skew) > across * 1e-3 or abs(lean) > down * 1e-3:
        return False
    return (
        abs(left - box[0]) <= across * _SLACK
        and abs(left + width - box[2]) <= across * _SLACK
        and abs(bottom - box[1]) <= down * _SLACK
        and abs(bottom + height - box[3]) <= down * _SLACK
    )


def _channels(picture: pikepdf.Stream) -> int | None:
    """How many channels of plain colour it has, 1 or 3; None where its colours are not plain."""
    if any(name in picture for name in _NOT_PLAIN):
        return None
    space = picture.get("/ColorSpace")
    if isinstance(space, pikepdf.Array) and len(space):
        if space[0] == "/ICCBased" and len(space) > 1:
            return {1: 1, 3: 3}.get(int(space[1].get("/N", 0)))
        space = space[0]
    return _PLAIN_SPACES.get(str(space))
