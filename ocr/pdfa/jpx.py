"""JPEG 2000 pictures that a PDF/A-2 may hold (ISO 19005-2, 6.2.8.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pikepdf
from pikepdf import Name, Pdf, Stream

_BOX = struct.Struct(">I4s")
_IHDR = struct.Struct(">IIHBBBB")  # height, width, components, bits, compression, unknown, IPR
_SRGB, _GREY = 16, 17  # enumerated colour spaces (ISO/IEC 15444-1, I.5.3.3)
_ENUMERATED, _PROFILE = 1, 2  # methods of a colour box
_MOST_BITS = 38
_SPACES = {(1, _GREY): Name.DeviceGray, (3, _SRGB): Name.DeviceRGB}


def conforms(data: bytes) -> bool:
    """Whether a JP2 file is one of those that PDF/A-2 allows and all viewers show alike.

    One, or three, components of equal depth, and one colour specification: sRGB, grey, or a
    restricted ICC profile. Others that the standard allows are drawn anew.
    """
    return _components(data) in {1, 3} and _colour(data) is not None


def name_colours(pdf: Pdf) -> None:
    """Give each JPEG 2000 picture whose file names sRGB or grey the same colour space in PDF."""
    for image in jpx_images(pdf):
        if "/ColorSpace" not in image:
            data = image.read_raw_bytes()
            space = _SPACES.get((_components(data), _colour(data) or 0))
            if space is not None:
                image["/ColorSpace"] = space


def jpx_images(pdf: Pdf) -> Iterator[Stream]:
    """All pictures of a document that are JPEG 2000, and nothing else besides."""
    for found in pdf.objects:
        if (
            isinstance(found, Stream)
            and found.get("/Subtype") == "/Image"
            and found.get("/Filter") in (Name.JPXDecode, pikepdf.Array([Name.JPXDecode]))
        ):
            yield found


def _components(data: bytes) -> int:
    """How many components of equal depth there are; 0 where the header is not plain."""
    header = dict(_boxes(_header(data)))
    if len(header.get(b"ihdr", b"")) != _IHDR.size:
        return 0
    _, _, count, bits, compression, _, _ = _IHDR.unpack(header[b"ihdr"])
    plain = (bits & 0x7F) < _MOST_BITS and compression == 7  # noqa: PLR2004 - the only one there is
    return int(count) if plain and b"pclr" not in header and b"cdef" not in header else 0


def _colour(data: bytes) -> int | None:
    """The enumerated colour space, 0 for a profile; None where there is not just one that is."""
    boxes = [body for kind, body in _boxes(_header(data)) if kind == b"colr"]
    if len(boxes) != 1 or len(boxes[0]) < 7:  # noqa: PLR2004 - method, precedence, approximation, number
        return None
    if boxes[0][0] == _PROFILE:
        return 0
    number = int.from_bytes(boxes[0][3:7], "big")
    return number if boxes[0][0] == _ENUMERATED and number in {_SRGB, _GREY} else None


def _header(data: bytes) -> bytes:
    return next((body for kind, body in _boxes(data) if kind == b"jp2h"), b"")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _BOX.size <= len(data):
        length, kind = _BOX.unpack_from(data, at)
        if length < _BOX.size:  # to the end, or longer than 4 GB
            return
        yield kind, data[at + _BOX.size : at + length]
        at += length
