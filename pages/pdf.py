"""PDF files: opening under pikepdf, and the size of a page as it is shown. In a child."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pikepdf

from dossier.errors import RejectedInput
from pages.pictures import DAMAGE, damaged

LETTER = (0.0, 0.0, 612.0, 792.0)  # what PDF readers assume for a page without a size
_QUARTERS = 4
_TAIL = 65_536  # bytes
_LARGEST_UNIT = 75_000.0
PDF_DAMAGE = (pikepdf.PdfError, pikepdf.DataDecodingError, *DAMAGE)


@contextmanager
def opened_pdf(path: Path) -> Iterator[pikepdf.Pdf]:
    """Open a PDF for reading.

    Raises:
        RejectedInput: ``scan.encrypted``, ``scan.damaged``.
    """
    try:
        pdf = pikepdf.open(path, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise _encrypted() from None
    except PDF_DAMAGE:
        # The library reports files with an unknown encryption as damaged.
        raise (_encrypted() if _names_encryption(path) else damaged()) from None
    with pdf:
        yield pdf


def _encrypted() -> RejectedInput:
    return RejectedInput(
        "scan.encrypted", "the PDF is locked by a password or a certificate; send it unlocked"
    )


def _names_encryption(path: Path) -> bool:
    """Whether a trailer in the last part of a file speaks of encryption."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _TAIL, 0))
        return b"/Encrypt" in file.read()


def shown_box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    """The part of a page that is shown (crop box within media box), in its own units."""
    media = _rectangle(page.obj, "/MediaBox") or LETTER
    crop = _rectangle(page.obj, "/CropBox") or media
    box = (
        max(media[0], crop[0]),
        max(media[1], crop[1]),
        min(media[2], crop[2]),
        min(media[3], crop[3]),
    )
    return box if box[0] < box[2] and box[1] < box[3] else media


def rotation(page: pikepdf.Page) -> int:
    """Degrees clockwise, a quarter turn each: 0, 90, 180 or 270."""
    angle = _inherited(page.obj, "/Rotate")
    return int(angle) // 90 % _QUARTERS * 90 if isinstance(angle, int | float | Decimal) else 0


def user_unit(page: pikepdf.Page) -> float:
    """How many points one unit of the page has (ISO 32000-1 14.11.2); almost always 1."""
    try:
        unit = float(page.obj.get("/UserUnit", 1))
    except (TypeError, ValueError):
        return 1.0
    return unit if 0 < unit <= _LARGEST_UNIT else 1.0


def shown_size(page: pikepdf.Page) -> tuple[float, float]:
    """Width and height of a page as it is shown, in pt."""
    left, bottom, right, top = shown_box(page)
    unit = user_unit(page)
    size = ((right - left) * unit, (top - bottom) * unit)
    return size if rotation(page) % 180 == 0 else size[::-1]


def _rectangle(page: pikepdf.Object, name: str) -> tuple[float, float, float, float] | None:
    corners = _inherited(page, name)
    if not isinstance(corners, pikepdf.Array) or len(corners) != 4:  # noqa: PLR2004 - two corners
        return None
    try:
        x1, y1, x2, y2 = (float(number) for number in corners)
    except (TypeError, ValueError):
        return None
    box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    return box if box[0] < box[2] and box[1] < box[3] else None


def _inherited(page: pikepdf.Object, name: str) -> object:
    """An attribute of a page or of the nodes above it, of which there may be a circle."""
    node: object = page
    for _ in range(64):
        if not isinstance(node, pikepdf.Dictionary):
            return None
        if name in node:
            return node[name]
        node = node.get("/Parent")
    return None
