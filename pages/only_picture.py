"""Whether a PDF page is just one picture that covers it, and that picture. In a child.

A scanner's page is. Its stream decoded straight to grey costs 0.03 CPU s, drawing it 0.1.
Anything that is not plain (other marks, masks, turned or cut pictures, odd colours) is drawn.
"""

from __future__ import annotations

import pikepdf
from PIL import Image

from pages.pdf import PDF_DAMAGE, shown_box
from pages.pictures import decode_jpeg, too_many_pixels

_LONGEST_CONTENT = 2048  # bytes; a scanner writes some 30
_SLACK = 0.015  # of the page's side, that the picture may miss or exceed it by
_PLAIN_SPACES = {"/DeviceGray", "/DeviceRGB", "/CalGray", "/CalRGB"}
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


def only_picture(page: pikepdf.Page, *, max_pixels: int) -> Image.Image | None:
    """The decoded picture, in any mode, before the page's own rotation; None where to draw.

    Raises:
        RejectedInput: ``scan.too-many-pixels``.
        pikepdf.PdfError and what Python throws at damaged structures: the page cannot be read.
    """
    if _has_visible_annotations(page):
        return None
    placed = _placed(page)
    if placed is None:
        return None
    picture, matrix = placed
    if not _covers(matrix, shown_box(page)) or not _is_plain(picture):
        return None
    width, height = int(picture.get("/Width", 0)), int(picture.get("/Height", 0))
    if width * height > max_pixels:
        raise too_many_pixels(max_pixels)
    try:
        return _decoded(picture, max_pixels)
    except PDF_DAMAGE:
        return None


def _has_visible_annotations(page: pikepdf.Page) -> bool:
    notes = page.obj.get("/Annots")
    if notes is None:
        return False
    if not isinstance(notes, pikepdf.Array):
        return True
    return any(not isinstance(note, pikepdf.Dictionary) or "/AP" in note for note in notes)


def _placed(page: pikepdf.Page) -> tuple[pikepdf.Object, _Matrix] | None:
    """The one picture that the content draws, and the matrix it is drawn with."""
    contents = page.obj.get("/Contents")
    streams = [contents] if not isinstance(contents, pikepdf.Array) else list(contents)
    length = 0
    for stream in streams:
        if not isinstance(stream, pikepdf.Stream):
            return None
        length += int(stream.get("/Length", 0))
    if not streams or length > _LONGEST_CONTENT:
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
            a, b, c, d, e, f = (float(number) for number in instruction.operands)
            now = _times((a, b, c, d, e, f), now)
        elif operator == "Do":
            drawn.append((page.resources["/XObject"][str(instruction.operands[0])], now))
        elif operator not in _MARKLESS:
            return None
    return drawn[0] if len(drawn) == 1 and drawn[0][0].get("/Subtype") == "/Image" else None


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


def _is_plain(picture: pikepdf.Object) -> bool:
    if any(name in picture for name in _NOT_PLAIN):
        return False
    space = picture.get("/ColorSpace")
    if isinstance(space, pikepdf.Array) and len(space):
        if space[0] == "/ICCBased" and len(space) > 1:
            return space[1].get("/N") in {1, 3}
        return str(space[0]) in _PLAIN_SPACES
    return str(space) in _PLAIN_SPACES


def _decoded(picture: pikepdf.Object, max_pixels: int) -> Image.Image | None:
    told = picture.get("/Filter")
    filters = [str(name) for name in told] if isinstance(told, pikepdf.Array) else [str(told)]
    if filters[-1] == "/DCTDecode":
        if len(filters) == 1:
            return decode_jpeg(picture.read_raw_bytes(), max_pixels=max_pixels)
        read = picture.read_bytes(decode_level=pikepdf.StreamDecodeLevel.generalized)
        return decode_jpeg(bytes(read), max_pixels=max_pixels)
    return None
