"""From a recognised paper to its PDF/A, by way of a child."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from dossier.errors import IntegrityViolation, RejectedInput
from dossier.reports import PdfaReport
from dossier.spine import RecognisedPaper
from dossier.written import pdfa_report_from_json, words_to_json
from pages.children import PRELOAD, JobRunner

_JOB = "ocr.pdfa.job:write_pdfa"


def make_pdfa(
    recognised: RecognisedPaper,
    scan_file: Path,
    out: Path,
    *,
    children: JobRunner,
    created: datetime,
    deadline: float,
    max_pixels: int,
) -> PdfaReport:
    """Write the two-layer PDF/A-2u of a paper and say what was found.

    Args:
        recognised: the paper; all its pages, read or not.
        scan_file: the bytes as received.
        out: where to write; must not exist. Equal arguments give equal bytes.
        children: where the work is done.
        created: aware; the document's creation and modification date.
        deadline: seconds for the whole paper.
        max_pixels: of one picture in the scan.

    Returns:
        A report that passed.

    Raises:
        RejectedInput: ``pdfa.not-conformant``, or what the job found wrong with the scan.
        IntegrityViolation: ``pdfa.words-of-another-paper``.
        TransientFault: the child did not come to its end.
    """
    paper = recognised.paper
    what = f"paper {paper.id}"
    if [page.number for page in recognised.pages] != [page.number for page in paper.pages]:
        raise IntegrityViolation(
            "pdfa.words-of-another-paper",
            f"{what}: the recognised pages are not those of the paper; nothing was written",
        )
    with tempfile.TemporaryDirectory(prefix="pdfa-", dir=out.parent) as folder:
        made = Path(folder) / "made.pdf"
        answer = children.run(
            _JOB,
            {
                "media_type": paper.scan.media_type.value,
                # As TT 01/2023/TT-VPCP names the file: the dossier's code and the paper's number.
                "title": f"{paper.dossier}.{paper.ordinal}",
                "created": created.isoformat(),
                "max_pixels": max_pixels,
            },
            reads={
                "scan": scan_file,
                "words": words_to_json(recognised.pages, engine=recognised.engine),
            },
            writes={"out": made},
            scratch="work",
            prepare=PRELOAD,
            deadline=deadline,
            what=what,
        )
        report = _report(answer, what)
        if not report.passed:
            raise RejectedInput(
                "pdfa.not-conformant",
                f"{what}: no PDF/A could be made of it ({', '.join(report.findings[:5])}); scan "
                "the paper again and save it as TIFF or JPEG",
            )
        if not made.exists():
            raise _bad_report(what)
        made.rename(out)
    return report


def _report(answer: object, what: str) -> PdfaReport:
    try:
        return pdfa_report_from_json(answer)  # type: ignore[arg-type]  # whatever is no object is refused here
    except (KeyError, TypeError, ValueError):
        raise _bad_report(what) from None


def _bad_report(what: str) -> IntegrityViolation:
    return IntegrityViolation(
        "pdfa.bad-report", f"{what}: the report on the PDF/A cannot be read, or has no PDF/A"
    )
