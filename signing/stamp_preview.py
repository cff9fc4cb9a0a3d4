"""Where the stamp of an office will stand, for a person to see before signing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dossier.ports import Stamp
from pages.children import JobRunner
from signing.page_frame import PageFrame
from signing.page_ink import DEADLINE, ink_job, ink_of
from signing.stamp_font import StampFont
from signing.stamp_layout import LEADING, PADDING, StampPlace, lay_out

_JOB = "signing.stamp_preview:first_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class StampPreview:
    """A stamp on the first page, in pt from the top left of the page as shown.

    Attributes:
        page: width and height of the page.
        box: left, top, width and height of the stamp.
        lines: its text, each with the place of its base line.
        size: of the letters.
    """

    page: tuple[float, float]
    box: tuple[float, float, float, float]
    lines: tuple[tuple[str, float], ...]
    size: float


def preview(
    path: Path, stamp: Stamp, *, font: Path, children: JobRunner, what: str
) -> StampPreview:
    """Lay a stamp out on the first page of a PDF as signing does.

    Args:
        path: of the PDF/A to be signed.
        stamp: without the ink of the page.
        font: of the stamp.
        children: the pool that runs the child.
        what: names the job in errors.

    Raises:
        RejectedInput: ``pdf.page-too-small``, or the page cannot be drawn.
        TransientFault: the child failed.
    """
    found = children.run(_JOB, {}, reads={"path": path}, deadline=DEADLINE, what=what)
    width, height = (float(side) for side in found["size"])
    stamp = Stamp(form=stamp.form, office=stamp.office, at=stamp.at, ink=ink_of(found["ink"]))
    laid_out = lay_out(
        stamp, font=StampFont(font), place=StampPlace(), frame=PageFrame(0, 0, width, height)
    )
    left, bottom, _, _ = laid_out.rectangle
    top = height - bottom - laid_out.height
    leading, padding = LEADING * laid_out.size, PADDING * laid_out.size
    first = top + padding + (leading + laid_out.size * laid_out.font.cap_height / 1000) / 2
    return StampPreview(
        page=(width, height),
        box=(left, top, laid_out.width, laid_out.height),
        lines=tuple((line, first + n * leading) for n, line in enumerate(laid_out.lines)),
        size=laid_out.size,
    )


def first_page(*, path: str) -> dict[str, Any]:
    """The job that a child runs: the size of the first page as shown, pt, and its ink."""
    from pages.pdf import opened_pdf, shown_size  # noqa: PLC0415 - pikepdf, in the child only

    with opened_pdf(Path(path)) as pdf:
        size = shown_size(pdf.pages[0])
    return {"size": list(size), "ink": ink_job(path=path)}
