"""Fax and JBIG2 streams that lack rows are found, in PDFs and in TIFFs; whole ones are not."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, TiffImagePlugin
from planted.stroke_pages import SIZE, fax, pdf, sheet

from dossier.spine import MediaType
from pages import group3
from pages.completeness import doubts


def found(path: Path, kind: MediaType = MediaType.PDF) -> bool:
    return bool(doubts(path, kind, 1, max_pixels=100_000_000))


# Name, how Pillow codes it, and the parameters of the PDF.
CODED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "each row with an end of line": ({"compression": "group3"}, {"K": 0, "EndOfLine": True}),
    "by the row above": ({"compression": "group3", "t292": 1}, {"K": 4, "EndOfLine": True}),
    "rows at bytes": ({"compression": "tiff_ccitt"}, {"K": 0, "EncodedByteAlign": True}),
}


@pytest.mark.parametrize("name", CODED)
def test_group3_streams(tmp_path: Path, name: str) -> None:
    how, parameters = CODED[name]
    data = fax(sheet("1"), **how)
    entries = {
        "BitsPerComponent": 1,
        "Filter": pikepdf.Name.CCITTFaxDecode,
        "DecodeParms": pikepdf.Dictionary(Columns=SIZE[0], **parameters),
    }
    assert not found(pdf(tmp_path / "whole.pdf", data, **entries))
    for part in (0.5, 0.9):
        cut = data[: int(len(data) * part)]
        assert found(pdf(tmp_path / "cut.pdf", cut, **entries))
        assert found(pdf(tmp_path / "zeros.pdf", cut.ljust(len(data), b"\0"), **entries))
    assert found(pdf(tmp_path / "short.pdf", data, **entries | {"Height": 2 * SIZE[1]}))


def test_rows_packed_without_any_end_of_line() -> None:
    # Two white rows of 64 px: makeup code 64, terminating code 0; not aligned to bytes.
    bits = ("11011" + "00110101") * 40
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    assert group3.is_whole(data, 64, 40, mixed=False)
    assert not group3.is_whole(data, 64, 60, mixed=False)


def test_runs_of_all_lengths_are_known() -> None:
    image = Image.new("1", (2700, 120), 1)
    for row in range(120):
        for left in range(0, row * 22, 1 + row):
            image.putpixel((left, row), 0)
        image.paste(0, (10, row, 10 + row * 22, row + 1))
    data = fax(image, "group3")
    assert group3.is_whole(data, 2700, 120, mixed=False)
    assert not group3.is_whole(data[:-600], 2700, 120, mixed=False)


@pytest.mark.parametrize("compression", ["group3", "tiff_ccitt"])
def test_tiffs(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.tif"
    sheet("1").save(path, compression=compression, strip_size=1 << 30)
    assert not found(path, MediaType.TIFF)
    data = path.read_bytes()
    with Image.open(path) as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
        start, length = image.tag_v2[273][0], image.tag_v2[279][0]
    end = start + length
    path.write_bytes(data[: end - length // 3] + bytes(length // 3) + data[end:])
    assert found(path, MediaType.TIFF)


def jbig2(fax_data: bytes, *, rows: int = SIZE[1]) -> bytes:
    """A page of one generic region, coded as Group 4 (T.88, 7.4.6 and 7.4.8)."""
    page = struct.pack(">IIIIBH", SIZE[0], rows, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", SIZE[0], SIZE[1], 0, 0, 0, 1) + fax_data
    return b"".join(
        struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data
        for number, (kind, data) in enumerate(((48, page), (38, region)))
    )


def test_jbig2_streams(tmp_path: Path) -> None:
    group4 = fax(sheet("1"))
    data = jbig2(group4)
    entries = {"BitsPerComponent": 1, "Filter": pikepdf.Name.JBIG2Decode}
    assert not found(pdf(tmp_path / "whole.pdf", data, **entries))
    spoilt = {
        "cut": data[: len(data) // 2],
        "header alone": data[:30],
        "cut in a header": data[:33],
        "fewer rows": jbig2(group4[: len(group4) // 2]),
        "zeros": data[: len(data) // 2].ljust(len(data), b"\0"),
        "a lower page": jbig2(group4, rows=SIZE[1] // 2),
    }
    for name, spoiled in spoilt.items():
        assert found(pdf(tmp_path / f"{name}.pdf", spoiled, **entries)), name
