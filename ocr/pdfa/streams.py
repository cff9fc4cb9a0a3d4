"""Streams of a PDF: made new, and received ones stripped of what PDF/A does not need."""

from __future__ import annotations

import zlib

import pikepdf
from pikepdf import Name, Pdf, Stream

# What streams may bring along. All else may be wrong, may tell of a person, or no judge knows it.
STREAM_KEYS = frozenset({"/Length", "/Filter", "/DecodeParms"})
FORM_KEYS = STREAM_KEYS | {
    "/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Group", "/Resources",
}  # fmt: skip
_IMAGE_KEYS = STREAM_KEYS | {
    "/Type", "/Subtype", "/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Intent",
    "/ImageMask", "/Mask", "/Decode", "/SMask", "/SMaskInData", "/Matte",
}  # fmt: skip


def compressed(pdf: Pdf, content: bytes) -> pikepdf.Object:
    """An indirect stream of a document with this content, Flate-compressed."""
    stream = Stream(pdf, b"")
    stream.write(zlib.compress(content, 6), filter=Name.FlateDecode)
    return pdf.make_indirect(stream)


def strip(stream: pikepdf.Object, kept: frozenset[str]) -> None:
    """Take needless keys from a stream; LZW becomes Flate when the document is saved."""
    for key in list(stream.keys()):
        if key not in kept:
            del stream[key]


def strip_image(image: pikepdf.Object) -> None:
    """Take needless keys from a picture and from its masks."""
    strip(image, _IMAGE_KEYS)
    for mask in (image.get("/SMask"), image.get("/Mask")):
        if isinstance(mask, Stream):
            strip(mask, _IMAGE_KEYS)
