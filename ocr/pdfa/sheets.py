"""Sheets: finished pages that get their text layer and are written as one document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Page, Pdf

from dossier.spine import RecognisedPage, Word
from ocr.pdfa import declared
from ocr.pdfa.layer import FONT, Codes, Place, font, layer
from ocr.pdfa.streams import compressed
from pages.pdf import rotation, shown_box


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be written: where, under which title, and with which date."""

    path: Path
    title: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page for the PDF/A, and the words to be laid under it.

    Attributes:
        page: of another document that stays open; without annotations, its /Rotate set.
        recognised: the page as recognised.
        words: those of its words that the page does not show by itself.
    """

    page: Page
    recognised: RecognisedPage
    words: Sequence[Word]


def write(sheets: Iterable[Sheet], target: Target) -> tuple[str, ...]:
    """Write a document of these sheets and judge it.

    Returns:
        The rules it breaks; empty where it conforms to PDF/A-2u.
    """
    with pikepdf.new() as pdf:
        codes = Codes()
        # One font for all pages; what it holds is known only after the last of them.
        shared = pdf.make_indirect(Dictionary())
        laid = False
        for sheet in sheets:
            pdf.pages.append(sheet.page)
            laid = _lay(pdf, pdf.pages[-1], sheet, codes, shared) or laid
        if laid:
            for key, value in font(pdf, codes).items():
                shared[key] = value
        declared.declare(pdf, title=target.title, created=target.created)
        declared.save(pdf, target.path)
    return declared.findings(target.path)


def _lay(pdf: Pdf, page: Page, sheet: Sheet, codes: Codes, shared: pikepdf.Object) -> bool:
    place = Place(*shown_box(page), rotation(page))
    content = layer(sheet.recognised, sheet.words, place, codes)
    if not content:
        return False
    # Copies: what is shared between pages must not be changed.
    resources = _copy(page.obj.get("/Resources"))
    fonts = _copy(resources.get("/Font"))
    fonts[FONT] = shared
    resources["/Font"] = fonts
    page.obj["/Resources"] = resources
    old = page.obj.get("/Contents", Array())
    # Below the picture; and first, since what comes first finds the page's own coordinates.
    page.obj["/Contents"] = Array(
        [compressed(pdf, content), *(old if isinstance(old, Array) else [old])]
    )
    return True


def _copy(entries: object) -> Dictionary:
    copy = Dictionary()
    for key, value in entries.items() if isinstance(entries, Dictionary) else ():
        copy[key] = value
    return copy
