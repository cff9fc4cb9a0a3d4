"""The job that makes one PDF of pages of two files, their pictures kept as they are. In a child."""

from __future__ import annotations

from pathlib import Path

import pikepdf
from pikepdf import Pdf

from dossier.spine import MediaType
from ocr.pdfa.pictures import add_page, of_jpeg, of_png
from ocr.pdfa.tiff import of_tiff
from pages.pdf import PDF_DAMAGE, opened_pdf, rotation
from pages.pictures import damaged

_FULL_TURN = 360


def write_composed(
    *,
    first: str,
    second: str,
    out: str,
    kinds: list[str],
    pages: list[list[list[float]]],
    order: list[list[int]],
    max_pixels: int,
) -> None:
    """Write the PDF; arguments as ``ocr.pdfa.compose.compose``."""
    try:
        with (
            _as_pdf(Path(first), MediaType(kinds[0]), pages[0], max_pixels) as one,
            _as_pdf(Path(second), MediaType(kinds[1]), pages[1], max_pixels) as other,
            pikepdf.new() as made,
        ):
            for source, index in order:
                made.pages.append((one, other)[source].pages[index])
            made.save(out, deterministic_id=True)
    except PDF_DAMAGE:
        raise damaged() from None


def _as_pdf(path: Path, kind: MediaType, pages: list[list[float]], max_pixels: int) -> Pdf:
    """A PDF of the wanted pages of a file, in their order and turned."""
    made = pikepdf.new()
    numbers = [int(page[0]) for page in pages]
    if kind is MediaType.PDF:
        with opened_pdf(path) as received:
            if not set(numbers) <= set(range(1, len(received.pages) + 1)):
                raise damaged()
            for number in numbers:
                made.pages.append(received.pages[number - 1])
    elif kind is MediaType.TIFF:
        ascending = sorted(set(numbers))
        pictures = of_tiff(path, ascending, max_pixels=max_pixels, doubtful=())
        by_number = dict(zip(ascending, pictures, strict=True))
        for number, page in zip(numbers, pages, strict=True):
            add_page(made, by_number[number], width=page[1], height=page[2])
    else:
        of_kind = of_jpeg if kind is MediaType.JPEG else of_png
        picture = of_kind(path, max_pixels=max_pixels, doubtful=False)
        for page in pages:
            add_page(made, picture, width=page[1], height=page[2])
    for index, page in enumerate(pages):
        shown = made.pages[index]
        shown.obj["/Rotate"] = (rotation(shown) + int(page[3])) % _FULL_TURN
    return made
