"""The job that writes a paper's PDF/A-2u. Runs in a child."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dossier.errors import IntegrityViolation
from dossier.reports import PdfaReport
from dossier.spine import MediaType, RecognisedPage
from dossier.written import pdfa_report_to_json, words_from_json
from ocr.pdfa.declared import VALIDATOR
from ocr.pdfa.pictures import Picture, of_jpeg, of_png
from ocr.pdfa.received import ReceivedPdf
from ocr.pdfa.sheets import Sheet, Target, write
from ocr.pdfa.spool import Spool
from ocr.pdfa.tiff import of_tiff
from pages.pdf import PDF_DAMAGE
from pages.pictures import damaged

_TRIES = 3  # as received; with the culprits drawn anew; with all pages drawn anew


def write_pdfa(
    *,
    scan: str,
    media_type: str,
    words: str,
    out: str,
    work: str,
    title: str,
    created: str,
    max_pixels: int,
) -> dict[str, Any]:
    """Write the two-layer PDF/A-2u of a paper.

    Args:
        scan: the file as received; read only.
        media_type: detected from content.
        words: a ``words.json``; its pages, by their numbers in the scan, are those of the paper.
        out: where to write; the same bytes for the same arguments.
        work: an empty folder for what is too large for memory; emptied by the caller.
        title: of the document; no personal data.
        created: ISO 8601 with zone, for creation and modification date.
        max_pixels: of one picture in the scan.

    Returns:
        A ``PdfaReport`` as ``dossier.written`` writes it. Where it did not pass, ``out`` is not to
        be used.

    Raises:
        RejectedInput: ``scan.damaged``, ``scan.encrypted``, ``scan.too-many-pixels``.
        IntegrityViolation: ``pdfa.words-of-another-paper``.
    """
    pages, _ = words_from_json(Path(words).read_bytes())
    target = Target(Path(out), title, datetime.fromisoformat(created))
    kind = MediaType(media_type)
    try:
        if kind is MediaType.PDF:
            report = _of_pdf(Path(scan), pages, target, Path(work))
        else:
            pictures = _pictures(Path(scan), kind, pages, max_pixels)
            report = _of_pictures(pictures, pages, target, Path(work))
    except PDF_DAMAGE:
        raise damaged() from None
    return pdfa_report_to_json(report)


def _of_pdf(scan: Path, pages: Sequence[RecognisedPage], target: Target, work: Path) -> PdfaReport:
    try:
        received = ReceivedPdf(scan, pages, work)
    except IndexError:
        raise _another_paper() from None
    with received:
        received.sort()
        findings: tuple[str, ...] = ()
        for _ in range(_TRIES):
            try:
                findings = write(received.sheets(), target)
            except PDF_DAMAGE as error:
                findings = (f"sohoa:unwritable-{type(error).__name__}",)
            if not findings or not received.find_culprits():
                break
        return _report(findings, drawn_anew=tuple(sorted(received.anew)))


def _of_pictures(
    pictures: Iterable[Picture], pages: Sequence[RecognisedPage], target: Target, work: Path
) -> PdfaReport:
    with Spool(work, "pictures") as spool:
        for page, picture in zip(pages, pictures, strict=True):
            size = (page.width, page.height) if page.turn % 180 == 0 else (page.height, page.width)
            spool.add(picture, width=size[0], height=size[1])
        sheets = []
        for page, made in zip(pages, spool.pages(), strict=True):
            made.obj["/Rotate"] = page.turn
            sheets.append(Sheet(made, page, page.words))
        return _report(write(sheets, target))


def _pictures(
    scan: Path, kind: MediaType, pages: Sequence[RecognisedPage], max_pixels: int
) -> Iterable[Picture]:
    numbers = [page.number for page in pages]
    doubtful = {page.number for page in pages if page.unread}
    if kind is MediaType.TIFF:
        return of_tiff(scan, numbers, max_pixels=max_pixels, doubtful=doubtful)
    if numbers != [1]:
        raise _another_paper()
    of_kind = of_jpeg if kind is MediaType.JPEG else of_png
    return [of_kind(scan, max_pixels=max_pixels, doubtful=bool(doubtful))]


def _report(findings: tuple[str, ...], drawn_anew: tuple[int, ...] = ()) -> PdfaReport:
    return PdfaReport(flavour="2u", validator=VALIDATOR, findings=findings, drawn_anew=drawn_anew)


def _another_paper() -> IntegrityViolation:
    return IntegrityViolation(
        "pdfa.words-of-another-paper",
        "the recognised words name a page that the scan does not have; nothing was written",
    )
