"""JPEG 2000 and inline pictures of received PDFs are kept as they are where PDF/A has them."""

from __future__ import annotations

import struct
from pathlib import Path

import pikepdf
import pytest
from judges.scans import (
    page,
    pdf_of_inline_picture,
    pdf_of_jpeg_2000,
    picture,
    saved,
    written,
)

from ocr.pdfa import jpx

JP2 = saved(picture(), "JPEG2000", irreversible=True, quality_layers=[40])


def kept(tmp_path: Path, content: bytes) -> tuple[pikepdf.Pdf, list[int]]:
    out, report = written(tmp_path, content, "application/pdf", [page()])
    assert report["findings"] == []
    return pikepdf.open(out), report["drawn_anew"]


def test_a_jpeg_2000_picture_is_kept(tmp_path: Path) -> None:
    pdf, anew = kept(tmp_path, pdf_of_jpeg_2000())
    with pdf:
        (image,) = jpx.jpx_images(pdf)
        assert image.read_raw_bytes() == JP2
        assert image.ColorSpace == pikepdf.Name.DeviceRGB
    assert anew == []


def test_a_jpeg_2000_picture_with_a_mask_inside_is_drawn_anew(tmp_path: Path) -> None:
    pdf, anew = kept(tmp_path, pdf_of_jpeg_2000(SMaskInData=1))
    pdf.close()
    assert anew == [1]


def test_an_inline_picture_is_kept_and_not_smoothed(tmp_path: Path) -> None:
    pdf, anew = kept(tmp_path, pdf_of_inline_picture())
    with pdf:
        (inline,) = (
            instruction.iimage
            for instruction in pikepdf.parse_content_stream(pdf.pages[0])
            if isinstance(instruction, pikepdf.ContentStreamInlineImage)
        )
        pixels = picture("L", size=(60, 84)).tobytes()
        assert inline.read_raw_bytes().startswith(pixels.hex().encode("ascii"))
        assert "/Interpolate" not in inline.obj
    assert anew == []


COLOUR = JP2.index(b"colr") + 4


@pytest.mark.parametrize(
    "broken",
    [
        JP2[JP2.index(b"\xff\x4f\xff\x51") :],  # a bare codestream
        JP2.replace(b"colr", b"xxxx"),
        JP2[:COLOUR] + b"\x03" + JP2[COLOUR + 1 :],  # any ICC profile
        JP2[: COLOUR + 3] + struct.pack(">I", 12) + JP2[COLOUR + 7 :],  # CMYK
        b"",
    ],
)
def test_what_cannot_be_judged_is_not_kept(broken: bytes) -> None:
    assert jpx.conforms(JP2)
    assert not jpx.conforms(broken)
