"""What a PDF carries beside its pages: attached files, portfolios, forms that a viewer draws.

None of it is on a page, so none of it would be read, shown or signed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf

from dossier.errors import RejectedInput
from pages.pdf import PDF_DAMAGE, opened_pdf

_MOST = 20  # attached files that are named
_LONGEST_NAME = 80


def refuse_unseen_content(pdf: pikepdf.Pdf) -> None:
    """Refuse a PDF whose pages are not its content.

    Raises:
        RejectedInput: ``scan.portfolio``: its pages are the cover of other files (ISO 32000-1,
            12.3.5); ``scan.dynamic-form``: its pages say to wait until a viewer draws an XFA form
            (12.7.8).
    """
    if isinstance(pdf.Root.get("/Collection"), pikepdf.Dictionary):
        raise RejectedInput(
            "scan.portfolio",
            "the PDF is a portfolio: its page is a cover, the papers are files in it; take them "
            "out and send each by itself",
        )
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary) or "/XFA" not in form:
        return
    fields = form.get("/Fields")
    drawn_by_viewer = pdf.Root.get("/NeedsRendering", False) is True
    if drawn_by_viewer or not isinstance(fields, pikepdf.Array) or not len(fields):
        raise RejectedInput(
            "scan.dynamic-form",
            "the PDF is a form that only Adobe Acrobat shows (XFA); open it there, print it to a "
            "PDF or on paper, and send that",
        )


def attachments(path: Path) -> tuple[str, ...]:
    """The names of the files attached to a PDF, with their sizes where stated.

    Args:
        path: of the PDF.

    Raises:
        RejectedInput: ``scan.encrypted``, ``scan.damaged``.
    """
    with opened_pdf(path) as pdf:
        try:
            found = dict.fromkeys(map(_described, _file_specifications(pdf)))
        except PDF_DAMAGE:
            return ("?",)  # an attachment that cannot be read
    return tuple(found)[:_MOST]


def _file_specifications(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """The file specifications of the document and of its annotations (ISO 32000-1, 7.11)."""
    seen: set[tuple[int, int]] = set()
    for name in pdf.attachments:
        specification = pdf.attachments[name].obj
        seen.add(specification.objgen)
        yield specification
    associated = pdf.Root.get("/AF")
    more: list[Any] = list(associated) if isinstance(associated, pikepdf.Array) else []
    for page in pdf.pages:
        notes = page.obj.get("/Annots")
        more.extend(
            note.get("/FS")
            for note in (notes if isinstance(notes, pikepdf.Array) else ())
            if isinstance(note, pikepdf.Dictionary) and note.get("/Subtype") == "/FileAttachment"
        )
    for other in more:
        if not isinstance(other, pikepdf.Dictionary) or "/EF" not in other:
            continue
        if other.objgen == (0, 0) or other.objgen not in seen:
            yield other


def _described(specification: Any) -> str:  # noqa: ANN401 - pikepdf's objects
    """``bang-ke.xlsx (12 KB)``."""
    stated_name = specification.get("/UF", specification.get("/F", "?"))
    name = "".join(c for c in unicodedata.normalize("NFC", str(stated_name)) if c.isprintable())
    embedded = specification.get("/EF", {})
    stream = embedded.get("/UF", embedded.get("/F")) if len(embedded) else None
    if not isinstance(stream, pikepdf.Stream):
        return name[:_LONGEST_NAME] or "?"
    parameters = stream.get("/Params")
    stated: Any = parameters.get("/Size") if isinstance(parameters, pikepdf.Dictionary) else None
    size = stated if isinstance(stated, int) else len(stream.read_raw_bytes())
    return f"{name[:_LONGEST_NAME] or '?'} ({-(-size // 1000)} KB)"
