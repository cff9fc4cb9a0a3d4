"""Tesseract's TSV becomes a recognised page. Both engines speak it.

Twelve columns: level, page, block, paragraph, line, word, left, top, width, height, confidence,
text; boxes in px. Level 5 is a word. Tesseract's own lines and their order are kept: it tells the
columns of a letterhead or of a marriage extract apart.
"""

from __future__ import annotations

from dossier.ports import GreyPicture
from dossier.spine import Box, RecognisedPage, Word
from dossier.text import nfc

_POINTS = 72.0
_WORD = "5"
_COLUMNS = 12


def page_of(tsv: str, picture: GreyPicture, *, number: int) -> RecognisedPage:
    """The page of a TSV.

    Args:
        tsv: with or without the line of headings.
        picture: what was recognised.
        number: of the page, from 1.
    """
    points = _POINTS / picture.dpi
    words: list[Word] = []
    lines: dict[tuple[str, ...], int] = {}
    for row in tsv.split("\n"):
        cells = row.split("\t")
        if len(cells) != _COLUMNS or cells[0] != _WORD:
            continue
        text = "".join(c for c in nfc(cells[11]) if c.isprintable() and not c.isspace())
        if not text:
            continue
        left, top, width, height = (int(cell) for cell in cells[6:10])
        line = lines.setdefault(tuple(cells[2:5]), len(lines))
        confidence = min(max(float(cells[10]) / 100, 0.0), 1.0)
        box = Box(
            max(left, 0) * points,
            max(top, 0) * points,
            min(left + width, picture.width) * points,
            min(top + height, picture.height) * points,
        )
        words.append(Word(text, box, confidence, line))
    return RecognisedPage(
        number=number,
        width=picture.width * points,
        height=picture.height * points,
        words=tuple(words),
    )
