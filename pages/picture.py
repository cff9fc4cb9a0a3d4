"""The job that renders a page, or one box of it, for display. Runs in a child."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dossier.errors import RejectedInput
from pages.pictures import DAMAGE, damaged

_POINTS = 72.0
_MOST_DPI = 200.0
_LEAST_SIDE = 2.0  # pt
_QUALITY = 80


def picture(
    *, path: str, number: int, box: list[float] | None, out: str, most_width: int, most_height: int
) -> dict[str, Any]:
    """Draw a page of a PDF, or what stands in a box of it, as WebP.

    Args:
        path: of the PDF.
        number: place of the page in it, from 1.
        box: left, top, right, bottom in pt from the top left of the page as shown; or None.
        out: where to write.
        most_width: px.
        most_height: px.

    Returns:
        ``{"width": px, "height": px}``.

    Raises:
        RejectedInput: ``page.missing``; ``scan.damaged``, ``scan.encrypted``.
    """
    import pypdfium2  # noqa: PLC0415 - in the child only

    from pages.pdf import PDF_DAMAGE, opened_pdf, shown_size  # noqa: PLC0415 - the same

    with opened_pdf(Path(path)) as pdf:
        try:
            if not 1 <= number <= len(pdf.pages):
                raise RejectedInput("page.missing", f"there is no page {number} in the file")
            size = shown_size(pdf.pages[number - 1])
        except PDF_DAMAGE:
            raise damaged() from None
    left, top, right, bottom = _inside(box, size)
    document: Any = None
    try:
        document = pypdfium2.PdfDocument(path)
        page = document[number - 1]
        # pdfium knows no user units: its page may be smaller than ours.
        unit = size[0] / page.get_width()
        across, down = right - left, bottom - top
        dpi = min(_MOST_DPI, most_width / across * _POINTS, most_height / down * _POINTS)
        drawn = page.render(
            scale=dpi / _POINTS * unit,
            crop=(left / unit, (size[1] - bottom) / unit, (size[0] - right) / unit, top / unit),
        ).to_pil()
        drawn = drawn.convert("RGB")
        drawn.thumbnail((most_width, most_height))
        drawn.save(out, "WEBP", quality=_QUALITY, method=2)
    except (pypdfium2.PdfiumError, *DAMAGE):
        raise damaged() from None
    finally:
        if document is not None:
            document.close()
    return {"width": drawn.width, "height": drawn.height}


def _inside(
    box: list[float] | None, size: tuple[float, float]
) -> tuple[float, float, float, float]:
    """The box within the page, and never without any breadth."""
    if box is None:
        return 0.0, 0.0, size[0], size[1]
    left = min(max(box[0], 0.0), max(size[0] - _LEAST_SIDE, 0.0))
    top = min(max(box[1], 0.0), max(size[1] - _LEAST_SIDE, 0.0))
    right = max(min(box[2], size[0]), min(left + _LEAST_SIDE, size[0]))
    bottom = max(min(box[3], size[1]), min(top + _LEAST_SIDE, size[1]))
    return left, top, right, bottom
