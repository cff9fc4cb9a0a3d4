"""Pages drawn anew: what cannot be kept in PDF/A becomes a picture of what it looks like."""

from __future__ import annotations

import io
from pathlib import Path
from types import TracebackType
from typing import Self

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from dossier.errors import RejectedInput
from dossier.spine import Box
from ocr.pdfa.layer import Place
from ocr.pdfa.pictures import Picture, jpeg

_DPI = 300  # TT 05/2025/TT-BNV asks 200 of papers and 300 of drawings
_QUALITY = 90
_POINTS = 72
_INVISIBLE = 3
_LEAST_PIXELS = 1


class Drawing:
    """A PDF that pages are drawn from, forms and annotations included.

    Args:
        path: of the PDF.
        most_pixels: a page with more at 300 dpi is drawn at a lower resolution.

    Raises:
        RejectedInput: ``scan.damaged``.
    """

    def __init__(self, path: Path, *, most_pixels: int) -> None:
        self._most_pixels = most_pixels
        try:
            self._pdf = pypdfium2.PdfDocument(path)
            self._pdf.init_forms()
        except (pypdfium2.PdfiumError, OSError, ValueError) as error:
            raise _damaged() from error

    def __len__(self) -> int:
        return len(self._pdf)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pdf.close()

    def page(self, number: int) -> Picture:
        """A page as shown, as a JPEG.

        Raises:
            RejectedInput: ``scan.damaged``.
        """
        try:
            page = self._pdf[number - 1]
            width, height = page.get_size()
            if not (width > 0 and height > 0):
                raise _damaged()
            scale = min(_DPI / _POINTS, (self._most_pixels / (width * height)) ** 0.5)
            # Four bytes a pixel, as Pillow keeps RGB: the same memory serves both.
            bitmap = page.render(
                scale=max(scale, _LEAST_PIXELS / min(width, height)),
                rev_byteorder=True,
                force_bitmap_format=raw.FPDFBitmap_BGRx,
            )
        except (pypdfium2.PdfiumError, IndexError, ValueError, OverflowError) as error:
            raise _damaged() from error
        image = Image.frombuffer(
            "RGBX", (bitmap.width, bitmap.height), bitmap.buffer, "raw", "RGBX", bitmap.stride, 1
        )
        written = io.BytesIO()
        image.save(written, "JPEG", quality=_QUALITY, subsampling=0)
        bitmap.close()
        page.close()
        found = jpeg(written.getvalue())
        if found is None:
            raise _damaged()
        return found


def own_words(path: Path, place: Place, *, width: float, height: float) -> list[tuple[str, Box]]:
    """The words that a one-page PDF shows by itself, with boxes on the upright page.

    Args:
        path: of a PDF of one page, its unseen text taken out already.
        place: of that page.
        width: of the upright page in pt, as the recognised words know it.
        height: the same.
    """
    found: list[tuple[str, Box]] = []
    with pypdfium2.PdfDocument(path) as pdf:
        text = pdf[0].get_textpage()
        letters: list[str] = []
        box: Box | None = None
        for index in range(text.count_chars()):
            letter = text.get_text_range(index, 1)
            if letter.isspace() or not letter:
                if box is not None:
                    found.append(("".join(letters), box))
                letters, box = [], None
                continue
            corner = _upright(text.get_charbox(index, loose=True), place, width, height)
            letters.append(letter)
            box = corner if box is None else box.union(corner)
        if box is not None:
            found.append(("".join(letters), box))
    return found


def _upright(
    box: tuple[float, float, float, float], place: Place, width: float, height: float
) -> Box:
    """A box of user space on the upright page."""
    left, bottom, right, top = box
    a, b, c, d, e, f = place.matrix(width, height)
    across = a * d - b * c
    corners = [
        ((d * (x - e) - c * (y - f)) / across, (a * (y - f) - b * (x - e)) / across)
        for x, y in ((left, bottom), (right, top))
    ]
    (x0, x1), (y0, y1) = (sorted(axis) for axis in zip(*corners, strict=True))
    return Box(x0, height - y1, x1, height - y0)


def _damaged() -> RejectedInput:
    return RejectedInput(
        "scan.damaged", "the PDF is damaged and cannot be drawn; scan the paper again"
    )
