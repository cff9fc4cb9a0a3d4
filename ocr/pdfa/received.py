"""A received PDF: which of its pages are kept, and which are drawn anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pikepdf
from pikepdf import Page

from dossier.spine import RecognisedPage, Word
from ocr.pdfa.content import Key, ShownFont, Unkeepable
from ocr.pdfa.drawn import Drawing, own_words
from ocr.pdfa.kept import clean, flatten, place_of
from ocr.pdfa.owntext import not_shown
from ocr.pdfa.sheets import Sheet, Target, write
from ocr.pdfa.spool import Spool
from ocr.pdfa.unicode import explain
from pages.pdf import PDF_DAMAGE, opened_pdf

_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # of a file that is only judged
_DRAWN_PIXELS = 25_000_000  # of a page drawn anew; A3 at 300 dpi has 17 million, 4 bytes each


class ReceivedPdf:
    """The pages of a received PDF on their way into a PDF/A.

    Args:
        path: of the PDF.
        pages: as recognised; their numbers choose the PDF's pages.
        work: a folder for files that the caller removes.

    Raises:
        RejectedInput: ``scan.encrypted``, ``scan.damaged``.
        IndexError: a number is beyond the PDF's pages.
    """

    def __init__(self, path: Path, pages: Sequence[RecognisedPage], work: Path) -> None:
        self.anew: set[int] = set()
        self._path = path
        self._recognised = {page.number: page for page in pages}
        self._words: dict[int, Sequence[Word]] = {page.number: page.words for page in pages}
        self._work = work
        self._drawn: dict[int, Page] = {}
        self._open = ExitStack()
        self._pdf = self._open.enter_context(opened_pdf(path))
        self._pages = {number: self._pdf.pages[number - 1] for number in self._recognised}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def sort(self) -> None:
        """Clean the pages that can be kept, and note the others in ``anew``."""
        fonts: dict[int, dict[Key, ShownFont]] = {}
        try:
            unsure = flatten(self._pdf)
        except PDF_DAMAGE:
            self.anew.update(self._recognised)
            return
        for number, page in self._pages.items():
            if number in unsure:
                self.anew.add(number)
                continue
            place = place_of(page, self._recognised[number].turn)
            try:
                fonts[number] = clean(self._pdf, page, place)
            except Unkeepable:
                self.anew.add(number)
        self._explain(fonts)
        for number, shown in fonts.items():
            if shown and number not in self.anew:
                self._compare(number)

    def sheets(self) -> Iterator[Sheet]:
        """The pages in order, kept or drawn."""
        self._draw()
        for number, recognised in self._recognised.items():
            anew = number in self.anew
            page = self._drawn[number] if anew else self._pages[number]
            words = recognised.words if anew else self._words[number]
            yield Sheet(page, recognised, words)

    def find_culprits(self) -> bool:
        """After a document that does not conform: draw anew the pages that do not by themselves.

        All of them, where each conforms alone. Returns whether there is anything to draw anew.
        """
        left = [number for number in self._recognised if number not in self.anew]
        alone = self._work / "alone.pdf"
        culprits = set()
        for number in left:
            sheet = Sheet(self._pages[number], self._recognised[number], ())
            try:
                broken = write([sheet], Target(alone, "", _ANY_TIME))
            except PDF_DAMAGE:
                broken = ("sohoa:unwritable",)
            if broken:
                culprits.add(number)
        self.anew |= culprits or set(left)
        return bool(left)

    def _explain(self, fonts: dict[int, dict[Key, ShownFont]]) -> None:
        """Give each font a ToUnicode map; pages whose fonts have no meaning are drawn anew."""
        shown: dict[Key, ShownFont] = {}
        for of_page in fonts.values():
            for key, one in of_page.items():
                shown.setdefault(key, ShownFont(one.font)).codes.update(one.codes)
        for key, one in shown.items():
            try:
                explain(self._pdf, one)
            except Unkeepable:
                self.anew |= {number for number in fonts if key in fonts[number]}

    def _compare(self, number: int) -> None:
        """Find the words that a page with text of its own does not show by itself."""
        page, recognised = self._pages[number], self._recognised[number]
        alone = self._work / "own.pdf"
        try:
            with pikepdf.new() as one:
                one.pages.append(page)
                one.save(alone)
            own = own_words(
                alone, place_of(page, 0), width=recognised.width, height=recognised.height
            )
            self._words[number] = not_shown(recognised.words, own)
        except (Unkeepable, *PDF_DAMAGE):
            self.anew.add(number)

    def _draw(self) -> None:
        wanted = sorted(self.anew - self._drawn.keys())
        if not wanted:
            return
        spool = self._open.enter_context(Spool(self._work, f"drawn-{len(self._drawn)}"))
        with Drawing(self._path, most_pixels=_DRAWN_PIXELS) as drawing:
            for number in wanted:
                recognised = self._recognised[number]
                size = recognised.width, recognised.height
                width, height = size if recognised.turn % 180 == 0 else size[::-1]
                spool.add(drawing.page(number), width=width, height=height)
        for number, page in zip(wanted, spool.pages(), strict=True):
            page.obj["/Rotate"] = self._recognised[number].turn
            self._drawn[number] = page
