"""The text that a kept page shows by itself is not laid under it a second time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dossier.spine import Box, Word
from dossier.text import folded
from ocr.pdfa.content import Unkeepable

_AROUND = 1.5  # pt; recognised boxes are a little off
_ENOUGH = 8  # words, to judge by
_SHORTEST = 3  # letters of a word that says something
_AGREEING = 0.5  # of the words


def not_shown(words: Sequence[Word], own: Sequence[tuple[str, Box]]) -> list[Word]:
    """The recognised words that do not stand where the page has text of its own.

    Args:
        words: as recognised on the page.
        own: the page's own words and where they stand, on the same page.

    Raises:
        Unkeepable: ``text.not-what-it-shows``: the page's own text is not what one reads on it
            (old Vietnamese fonts show letters that their codes do not mean).
    """
    boxes = [box for _, box in own]
    here = [any(_within(word.box, box) for box in boxes) for word in words]
    texts = {_plain(text) for text, _ in own}
    joined = "".join(_plain(text) for text, _ in own)
    telling = [
        plain
        for word, at in zip(words, here, strict=True)
        if at and len(plain := _plain(word.text)) >= _SHORTEST
    ]
    agreeing = sum(plain in texts or plain in joined for plain in telling)
    if len(telling) >= _ENOUGH and agreeing < _AGREEING * len(telling):
        raise Unkeepable("text.not-what-it-shows")
    return [word for word, at in zip(words, here, strict=True) if not at]


def _within(word: Box, box: Box) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return (
        box.left - _AROUND <= x <= box.right + _AROUND
        and box.top - _AROUND <= y <= box.bottom + _AROUND
    )


def _plain(text: str) -> str:
    return "".join(_letters(folded(text)))


def _letters(text: str) -> Iterable[str]:
    return (c for c in text if c.isalnum())
