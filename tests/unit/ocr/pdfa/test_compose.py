"""One PDF of pages of two files; the scanner's own streams stay as they are."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import pikepdf
import pytest
from PIL import Image

from dossier.errors import RejectedInput
from ocr.pdfa.compose_job import write_composed
from pages.pdf import rotation, shown_size

A4 = [595.0, 842.0]


def _jpeg(path: Path) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 424), 40).save(out, "JPEG", dpi=(36, 36))
    path.write_bytes(out.getvalue())
    return out.getvalue()


def _tiff(path: Path, pages: int) -> None:
    shades = [Image.new("L", (300, 424), 60 * n) for n in range(1, pages + 1)]
    shades[0].save(path, "TIFF", save_all=True, append_images=shades[1:], dpi=(36, 36))


def _pdf(path: Path, pages: int) -> None:
    with pikepdf.new() as made:
        for number in range(pages):
            made.add_blank_page(page_size=(200 + number, 400))
        made.save(path)


def _write(folder: Path, kinds: list[str], pages: list[list[list[float]]],
           order: list[list[int]]) -> Path:  # fmt: skip
    out = folder / "out.pdf"
    write_composed(
        first=str(folder / "first"), second=str(folder / "second"), out=str(out),
        kinds=kinds, pages=pages, order=order, max_pixels=10**7,
    )  # fmt: skip
    return out


def test_a_jpeg_replaces_a_page_of_a_pdf_byte_for_byte(tmp_path: Path) -> None:
    _pdf(tmp_path / "first", 3)
    data = _jpeg(tmp_path / "second")
    pages: list[list[list[float]]] = [
        [[1, 200, 400, 0], [2, 201, 400, 90], [3, 202, 400, 0]],
        [[1, *A4, 0]],
    ]
    out = _write(tmp_path, ["application/pdf", "image/jpeg"], pages, [[0, 0], [0, 1], [1, 0]])
    with pikepdf.open(out) as made:
        assert [shown_size(page) for page in made.pages] == [
            (200, 400), (400, 201), pytest.approx(tuple(A4)),
        ]  # fmt: skip
        assert rotation(made.pages[1]) == 90
        assert made.pages[2].get_images()["/Scan"].read_raw_bytes() == data


def test_pages_of_two_tiffs_come_in_the_order_asked_for(tmp_path: Path) -> None:
    _tiff(tmp_path / "first", 3)
    _tiff(tmp_path / "second", 1)
    pages = [[[3, *A4, 0], [1, *A4, 0]], [[1, *A4, 0]]]
    out = _write(tmp_path, ["image/tiff"] * 2, pages, [[1, 0], [0, 0], [0, 1]])
    with pikepdf.open(out) as made:
        scans = [cast("pikepdf.Stream", page.get_images()["/Scan"]) for page in made.pages]
        shades = [
            pikepdf.PdfImage(scan).as_pil_image().convert("L").getpixel((5, 5)) for scan in scans
        ]
    assert shades == [60, 180, 60]


def test_a_page_that_is_not_there_is_refused(tmp_path: Path) -> None:
    _pdf(tmp_path / "first", 1)
    _jpeg(tmp_path / "second")
    pages = [[[2, *A4, 0]], [[1, *A4, 0]]]
    with pytest.raises(RejectedInput):
        _write(tmp_path, ["application/pdf", "image/jpeg"], pages, [[0, 0]])
