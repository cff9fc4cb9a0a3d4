"""Whether the picture streams of a PDF page hold all rows of their pictures. In a child."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from pages import group3, group4, jbig2, jpeg2000
from pages.flate import flate_is_whole
from pages.headroom import need
from pages.jpeg_data import jpeg_is_whole
from pages.pictures import DAMAGE

_LEAST_PIXELS = 40_000  # of a picture that is worth a check
_MOST_PICTURES = 40
_ZEROS = bytes(48)  # no fax data ends in so many
_LOSSLESS = frozenset(
    {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/ASCII85Decode", "/ASCIIHexDecode"}
)
_CHANNELS = {
    "/DeviceGray": 1, "/CalGray": 1, "/Indexed": 1, "/Separation": 1, "/DeviceRGB": 3,
    "/CalRGB": 3, "/Lab": 3, "/DeviceCMYK": 4,
}  # fmt: skip


def page_is_whole(path: Path, number: int) -> bool:
    """Whether all pictures of a page are whole, those of its forms and its content included.

    Args:
        path: of the PDF.
        number: of the page, from 1.

    Raises:
        RejectedInput: ``scan.encrypted``, ``scan.damaged``.
    """
    from pages.pdf import PDF_DAMAGE, opened_pdf  # noqa: PLC0415 - pikepdf, for PDF alone

    with opened_pdf(path) as pdf:
        if not 1 <= number <= len(pdf.pages):
            return True
        try:
            return all(map(_stream_is_whole, _pictures(pdf.pages[number - 1])))
        except PDF_DAMAGE:
            return False


def _pictures(page: Any) -> Iterator[Any]:  # noqa: ANN401 - pikepdf is imported where it is needed
    """The pictures that a page draws: those of forms, patterns, masks and annotations included."""
    import pikepdf  # noqa: PLC0415 - as above

    todo: list[Any] = [page.resources, *_appearances(page)]
    seen: set[tuple[int, int]] = set()
    given = 0
    while todo and given < _MOST_PICTURES:
        for drawn in _drawn_with(todo.pop()):
            if drawn.objgen != (0, 0) and drawn.objgen in seen:
                continue
            seen.add(drawn.objgen)
            if isinstance(drawn.get("/Resources"), pikepdf.Dictionary):
                todo.append(drawn["/Resources"])
            for picture in (drawn, drawn.get("/Mask"), drawn.get("/SMask")):
                if isinstance(picture, pikepdf.Stream) and _is_large(picture):
                    given += 1
                    yield picture
    yield from _inline_pictures(page)


def _drawn_with(resources: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    """The streams that resources name: pictures, forms, patterns, groups of soft masks."""
    import pikepdf  # noqa: PLC0415 - as above

    for kind in ("/XObject", "/Pattern", "/ExtGState"):
        named = resources.get(kind)
        for entry in named.values() if isinstance(named, pikepdf.Dictionary) else ():
            mask = entry.get("/SMask") if kind == "/ExtGState" else None
            drawn = mask.get("/G") if isinstance(mask, pikepdf.Dictionary) else entry
            if isinstance(drawn, pikepdf.Stream):
                yield drawn


def _appearances(page: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    """The normal appearances of a page's annotations, as resources that name them."""
    import pikepdf  # noqa: PLC0415 - as above

    notes = page.obj.get("/Annots")
    for note in notes if isinstance(notes, pikepdf.Array) else ():
        looks = note.get("/AP") if isinstance(note, pikepdf.Dictionary) else None
        shown = looks.get("/N") if isinstance(looks, pikepdf.Dictionary) else None
        if isinstance(shown, pikepdf.Stream):
            yield {"/XObject": pikepdf.Dictionary(N=shown)}
        elif isinstance(shown, pikepdf.Dictionary):
            yield {"/XObject": shown}


def _inline_pictures(page: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    import pikepdf  # noqa: PLC0415 - as above

    contents = page.obj.get("/Contents")
    if not isinstance(contents, pikepdf.Stream) or b" ID" not in page.obj.Contents.read_bytes():
        return
    for instruction in pikepdf.parse_content_stream(page, "BI ID EI"):
        if isinstance(instruction, pikepdf.ContentStreamInlineImage):
            yield instruction.iimage


def _is_large(picture: Any) -> bool:  # noqa: ANN401 - as above
    if picture.get("/Subtype") != "/Image":
        return False
    return int(picture.get("/Width", 0)) * int(picture.get("/Height", 0)) >= _LEAST_PIXELS


def _stream_is_whole(picture: Any) -> bool:  # noqa: ANN401 - as above
    import pikepdf  # noqa: PLC0415 - as above

    if isinstance(picture, pikepdf.PdfInlineImage):
        return _inline_is_whole(picture)
    width, height = int(picture["/Width"]), int(picture["/Height"])
    filters = _names(picture.get("/Filter"))
    parameters = _last(picture.get("/DecodeParms"), len(filters))
    row = _bytes_a_row(picture, width)
    checks: dict[str, Callable[[bytes], bool]] = {
        "/DCTDecode": lambda data: jpeg_is_whole(data) and _has_rows(data, height),
        "/JPXDecode": lambda data: jpeg2000.is_whole(data) and _has_rows(data, height),
        "/CCITTFaxDecode": lambda data: _fax_is_whole(data, parameters, height),
        "/JBIG2Decode": lambda data: jbig2.is_whole(data, height),
        "/FlateDecode": lambda data: flate_is_whole(
            data, (row + _has_row_filters(parameters)) * height
        ),
    }
    if filters and filters[-1] in checks and (len(filters) == 1 or filters[-1] not in _LOSSLESS):
        data = _without_outer_filters(picture, filters)
        return data is not None and checks[filters[-1]](data)
    if row and set(filters) <= _LOSSLESS:
        need(2 * row * height)
        return len(picture.read_bytes(pikepdf.StreamDecodeLevel.specialized)) >= row * height
    return True


def _without_outer_filters(picture: Any, filters: list[str]) -> bytes | None:  # noqa: ANN401 - as above
    """The data that the last filter decodes; None where those before it cannot."""
    import pikepdf  # noqa: PLC0415 - as above

    if len(filters) == 1:
        return bytes(picture.read_raw_bytes())
    if not set(filters[:-1]) <= _LOSSLESS:
        return None
    if filters[0] == "/FlateDecode" and not flate_is_whole(picture.read_raw_bytes(), 1):
        return None
    with pikepdf.new() as scratch:
        outer = scratch.make_stream(picture.read_raw_bytes())
        outer.Filter = pikepdf.Array([pikepdf.Name(name) for name in filters[:-1]])
        return bytes(outer.read_bytes(pikepdf.StreamDecodeLevel.specialized))


def _has_rows(data: bytes, height: int) -> bool:
    """Whether a JPEG or JPEG 2000 file has the rows that the PDF states."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "JPEG2000"]) as image:
            return image.height >= height
    except DAMAGE:
        return True  # for those who decode it


def _has_row_filters(parameters: Any) -> bool:  # noqa: ANN401 - as above
    """Whether a byte stands before each row: one of PNG's predictors (ISO 32000-1, 7.4.4.4)."""
    import pikepdf  # noqa: PLC0415 - as above

    return isinstance(parameters, pikepdf.Dictionary) and int(parameters.get("/Predictor", 1)) >= 10  # noqa: PLR2004 - as said


def _inline_is_whole(picture: Any) -> bool:  # noqa: ANN401 - as above
    width, height = int(picture.width), int(picture.height)
    if width * height < _LEAST_PIXELS or picture.filters != ["/CCITTFaxDecode"]:
        return True
    # Its data runs to the operator EI, with white space before that.
    data = picture.read_raw_bytes().rstrip(b"\r\n ")
    return _fax_is_whole(data, _last(picture.obj.get("/DecodeParms"), 1), height)


def _last(parameters: Any, filters: int) -> Any:  # noqa: ANN401 - as above
    """The parameters of the last filter: alone, or in an array beside those of the others."""
    import pikepdf  # noqa: PLC0415 - as above

    if not isinstance(parameters, pikepdf.Array):
        return parameters if filters <= 1 else None
    return parameters[filters - 1] if 0 < filters <= len(parameters) else None


def _names(entry: Any) -> list[str]:  # noqa: ANN401 - as above
    import pikepdf  # noqa: PLC0415 - as above

    names = list(entry) if isinstance(entry, pikepdf.Array) else [] if entry is None else [entry]
    return [str(name) for name in names]


def _fax_is_whole(data: bytes, parameters: Any, height: int) -> bool:  # noqa: ANN401 - as above
    import pikepdf  # noqa: PLC0415 - as above

    known: Any = parameters if isinstance(parameters, pikepdf.Dictionary) else {}
    width, mixing = int(known.get("/Columns", 1728)), int(known.get("/K", 0))
    aligned = bool(known.get("/EncodedByteAlign", False))
    if mixing >= 0:
        return group3.is_whole(data, width, height, mixed=mixing > 0, aligned=aligned)
    return not data.endswith(_ZEROS) if aligned else group4.is_whole(data, width, height)


def _bytes_a_row(picture: Any, width: int) -> int:  # noqa: ANN401 - as above
    """The bytes of a row; 0 if that cannot be determined."""
    import pikepdf  # noqa: PLC0415 - as above

    if bool(picture.get("/ImageMask", False)):
        return (width + 7) // 8
    space = picture.get("/ColorSpace")
    channels = 0
    if isinstance(space, pikepdf.Array) and len(space):
        if space[0] == "/ICCBased" and len(space) > 1:
            channels = int(space[1].get("/N", 0))
        elif space[0] == "/DeviceN" and len(space) > 1:
            channels = len(space[1])
        else:
            channels = _CHANNELS.get(str(space[0]), 0)
    elif space is not None:
        channels = _CHANNELS.get(str(space), 0)
    return (width * channels * int(picture.get("/BitsPerComponent", 8)) + 7) // 8
