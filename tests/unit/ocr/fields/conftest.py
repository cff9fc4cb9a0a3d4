"""Pages typed by tests: rows of text, cells parted by bars, as a recogniser would give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from dossier.spine import Box, Description, RecognisedPage, Word
from ocr.fields import Forms, describe, load_forms

Typed = Callable[..., RecognisedPage]


def typed_page(
    rows: Sequence[str],
    *,
    number: int = 1,
    cells: Sequence[float] = (60.0, 310.0, 430.0, 520.0),
    slope: float = 0.0,
    confidence: float = 0.99,
) -> RecognisedPage:
    """A page of A4; a bar moves on to the next of ``cells`` (pt), a row is a line of the engine."""
    words = []
    for line, row in enumerate(rows):
        for at, cell in enumerate(row.split("|")):
            x = cells[at]
            for text in cell.split():
                right = x + 5.0 * len(text)
                y = 60.0 + 18.0 * line + slope * (x + right) / 2
                words.append(Word(text, Box(x, y - 9, right, y), confidence, line))
                x = right + 4.0
    return RecognisedPage(number, 595.0, 842.0, tuple(words))


@pytest.fixture
def typed() -> Typed:
    return typed_page


@pytest.fixture(scope="session")
def forms() -> Forms:
    return load_forms()


@pytest.fixture
def described(forms: Forms) -> Callable[[Sequence[str]], Description]:
    """Describes a page of such rows."""

    def describe_rows(rows: Sequence[str], **how: float) -> Description:
        return describe((typed_page(rows, **how),), forms=forms)  # type: ignore[arg-type] # cells are given as a sequence by one test only

    return describe_rows
