"""Whether the picture streams of a PDF page hold all rows of their pictures. In a child."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pages import group4, jpeg2000
from pages.flate import flate_is_whole
from pages.headroom import need
from pages.jpeg_data import jpeg_is_whole

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
    """The pictures that a page draws, masks and those of forms included."""
    import pikepdf  # noqa: PLC0415 - as above

    todo: list[Any] = [page.resources]
    seen: set[tuple[int, int]] = set()
    given = 0
    while todo and given < _MOST_PICTURES:
        objects = todo.pop().get("/XObject")
        for drawn in objects.values() if isinstance(objects, pikepdf.Dictionary) else ():
            if not isinstance(drawn, pikepdf.Stream) or drawn.objgen in seen:
                continue
            seen.add(drawn.objgen)
            if drawn.get("/Subtype") == "/Form" and isinstance(
                drawn.get("/Resources"), pikepdf.Dictionary
            ):
                todo.append(drawn["/Resources"])
            for picture in (drawn, drawn.get("/Mask"), drawn.get("/SMask")):
                if isinstance(picture, pikepdf.Stream) and _is_large(picture):
                    given += 1
                    yield picture
    yield from _inline_pictures(page)


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
    parameters = _first(picture.get("/DecodeParms"))
    row = _bytes_a_row(picture, width)
    filters = _names(picture.get("/Filter"))
    checks: dict[str, Callable[[bytes], bool]] = {
        "/DCTDecode": jpeg_is_whole,
        "/JPXDecode": jpeg2000.is_whole,
        "/CCITTFaxDecode": lambda data: _fax_is_whole(data, parameters, height),
        "/FlateDecode": lambda data: flate_is_whole(
            data, (row + _has_row_filters(parameters)) * height
        ),
    }
    if len(filters) == 1 and filters[0] in checks:
        return checks[filters[0]](picture.read_raw_bytes())
    if row and set(filters) <= _LOSSLESS:
        need(2 * row * height)
        return len(picture.read_bytes()) >= row * height
    return True


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
    return _fax_is_whole(data, _first(picture.obj.get("/DecodeParms")), height)


def _first(parameters: Any) -> Any:  # noqa: ANN401 - as above
    """The parameters of the only filter, which may stand in an array."""
    import pikepdf  # noqa: PLC0415 - as above

    if isinstance(parameters, pikepdf.Array):
        return parameters[0] if len(parameters) else None
    return parameters


def _names(entry: Any) -> list[str]:  # noqa: ANN401 - as above
    import pikepdf  # noqa: PLC0415 - as above

    names = list(entry) if isinstance(entry, pikepdf.Array) else [] if entry is None else [entry]
    return [str(name) for name in names]


def _fax_is_whole(data: bytes, parameters: Any, height: int) -> bool:  # noqa: ANN401 - as above
    import pikepdf  # noqa: PLC0415 - as above

    known: Any = parameters if isinstance(parameters, pikepdf.Dictionary) else {}
    if int(known.get("/K", 0)) >= 0 or bool(known.get("/EncodedByteAlign", False)):
        return not data.endswith(_ZEROS)
    return group4.is_whole(data, int(known.get("/Columns", 1728)), height)


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
