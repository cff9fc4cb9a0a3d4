"""The pages of a file are looked at before they are read; a separator sheet names itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw

from dossier.spine import MediaType
from pages.page_marks import look


def _sheet(text: str) -> Image.Image:
    """An A4 sheet at 100 dpi with a QR code of 35 mm."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    picture = Image.fromarray(np.asarray(code.to_image(scale=4)))
    made = Image.new("L", (827, 1169), 255)
    made.paste(picture, (300, 200))
    return made


def _looked(path: Path, kind: MediaType, most: int = 60) -> list[tuple[int, str]]:
    seen = look(
        path=str(path), media_type=kind, most_pages=most, seconds=60, max_source_pixels=10**8
    )
    return [(page["number"], page["separator"]) for page in seen]


def test_a_separator_sheet_is_known_by_its_qr_code(tmp_path: Path) -> None:
    text = Image.new("L", (827, 1169), 255)
    ImageDraw.Draw(text).text((100, 100), "Tờ khai", fill=0)
    pages = [text, _sheet("SOHOA:H15.50.05.13-261008-0975"), _sheet("https://example.test/")]
    path = tmp_path / "scan.tif"
    pages[0].save(path, "TIFF", save_all=True, append_images=pages[1:], dpi=(100, 100))
    assert _looked(path, MediaType.TIFF) == [
        (1, ""), (2, "SOHOA:H15.50.05.13-261008-0975"), (3, ""),
    ]  # fmt: skip
    assert len(_looked(path, MediaType.TIFF, most=1)) == 1


def test_a_picture_is_one_page(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    _sheet("SOHOA:").save(path, dpi=(100, 100))
    assert _looked(path, MediaType.PNG) == [(1, "SOHOA:")]


def test_a_file_that_cannot_be_opened_has_no_marks(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"%PDF-1.7 nothing")
    assert _looked(path, MediaType.PDF) == []
