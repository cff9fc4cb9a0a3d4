"""Rows of a page: what stands at one height, from left to right, whatever blocks the engine saw.

The recogniser's own lines follow its idea of blocks: a table's labels may come as one block and its
values as another. Here the words are put into rows again by where they stand, with the page's
remaining skew taken out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from statistics import median

from dossier.spine import Box, RecognisedPage, Word
from ocr.fields.forms import squashed

# Marks that part what stands before them from what follows, glued to it or not.
_SPLIT = re.compile(r"([:;,()|]|[.…_·•]{2,})")
_MARKS, _STRANGE = "-–—.'\"“”‘’", "*«»<>~`^=+[]{}!?"
_WIDE_GAP = 2.2  # times the text height: more than a space between words
_LONG_LINE = 100.0  # pt; shorter lines tell nothing about skew
_NEW_CELL = 0.6  # times the text height: the gap after which another line of the engine's is a cell
_HANGING = frozenset("gjpqyQJ,;()[]{}|/_\N{COMBINING DOT BELOW}")  # what reaches below the baseline
_HANGS = 0.2  # of the height of a word
_SAME_ROW = 0.5  # of the text height


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a part of one between marks.

    Attributes:
        text: as recognised, without marks at its ends.
        plain: squashed, for comparing; empty tokens are not kept.
        mark: the mark that follows: ``:``, ``;``, ``,`` or empty; leaders count as empty.
        opens: whether a wide gap or a rule stands before it, so that a new cell may begin here.
        box: pt.
        confidence: of the word.
        word: index of the word among those of its page.
        torn: a sign that is neither letter, digit nor mark stood at its end and was left out.
    """

    text: str
    plain: str
    mark: str
    opens: bool
    box: Box
    confidence: float
    word: int = -1
    torn: bool = False

    @property
    def middle(self) -> float:
        """Horizontal middle, pt."""
        return (self.box.left + self.box.right) / 2


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens at one height.

    Attributes:
        y: height of the baseline, pt, skew taken out.
        page: number of the page.
    """

    tokens: tuple[Token, ...]
    y: float
    page: int


def skew(page: RecognisedPage) -> float:
    """The slope of the page's lines: pt down for each pt to the right."""
    slopes = []
    for line in page.lines():
        words = [w for w in line if _stands_on_baseline(w.text)]
        if len(words) < 2:  # noqa: PLR2004 - a slope needs two words
            continue
        first, last = words[0].box, words[-1].box
        width = (last.left + last.right - first.left - first.right) / 2
        if width >= _LONG_LINE:
            slopes.append((last.bottom - first.bottom) / width)
    return median(slopes) if slopes else 0.0


def _stands_on_baseline(text: str) -> bool:
    """Whether a word's box ends at its baseline: nothing in it hangs below."""
    letters = unicodedata.normalize("NFD", text)
    return any(c.isalnum() for c in letters) and not any(c in _HANGING for c in letters)


def rows(page: RecognisedPage) -> tuple[Row, ...]:
    """The rows of a page from the top down."""
    words = [w for w in page.words if w.text]
    if not words:
        return ()
    slope = skew(page)
    places = {id(word): n for n, word in enumerate(page.words)}
    heights = [w.box.bottom - w.box.top for w in words if squashed(w.text)]
    height = median(heights) if heights else 10.0
    pieces = [
        (_level(piece, slope), piece) for line in page.lines() for piece in _pieces(line, height)
    ]
    pieces.sort(key=lambda p: p[0])
    gathered: list[tuple[list[float], list[Word]]] = []
    for level, piece in pieces:
        if gathered and level - _mean(gathered[-1][0]) < _SAME_ROW * height:
            gathered[-1][0].append(level)
            gathered[-1][1].extend(piece)
        else:
            gathered.append(([level], list(piece)))
    made = []
    for levels, row in gathered:
        tokens = _tokens(sorted(row, key=lambda w: w.box.left), height, places)
        if tokens:
            made.append(Row(tokens, _mean(levels), page.number))
    return tuple(made)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _level(piece: list[Word], slope: float) -> float:
    """The baseline of a piece of a line, skew taken out."""
    return median(
        w.box.bottom
        - (0.0 if _stands_on_baseline(w.text) else _HANGS * (w.box.bottom - w.box.top))
        - slope * (w.box.left + w.box.right) / 2
        for w in piece
    )


def _pieces(line: tuple[Word, ...], height: float) -> list[list[Word]]:
    """A line of the engine, parted at wide gaps: a skewed line may join two cells wrongly."""
    pieces: list[list[Word]] = []
    for word in line:
        if pieces and word.box.left - pieces[-1][-1].box.right <= _WIDE_GAP * height:
            pieces[-1].append(word)
        else:
            pieces.append([word])
    return pieces


def _tokens(words: list[Word], height: float, places: dict[int, int]) -> tuple[Token, ...]:
    """The words of a row as tokens, parted at marks."""
    tokens: list[Token] = []
    edge: float | None = None
    opens = True
    line = words[0].line
    for word in words:
        new_line, line = word.line != line, word.line
        parts = _SPLIT.split(word.text)
        width = (word.box.right - word.box.left) / max(len(word.text), 1)
        at = 0
        for part in parts:
            left = word.box.left + at * width
            at += len(part)
            right = word.box.left + at * width
            plain = squashed(part)
            if not plain:
                if part == "|":
                    opens = True
                elif part[:1] in {":", ";", ","} and tokens and not tokens[-1].mark:
                    tokens[-1] = replace(tokens[-1], mark=part[0])
                continue
            gap = 0.0 if edge is None else left - edge
            if gap > (_NEW_CELL if new_line and at == len(part) else _WIDE_GAP) * height:
                opens = True
            text = part.strip(_MARKS + _STRANGE)
            torn = part.strip(_MARKS) != text
            box = Box(left, word.box.top, right, word.box.bottom)
            tokens.append(
                Token(text or part, plain, "", opens, box, word.confidence, places[id(word)], torn)
            )
            edge, opens = right, False
    return tuple(tokens)


def box_of(tokens: tuple[Token, ...] | list[Token]) -> Box:
    """The box around some tokens."""
    box = tokens[0].box
    for token in tokens[1:]:
        box = box.union(token.box)
    return box


def text_of(tokens: tuple[Token, ...] | list[Token]) -> str:
    """Tokens as text, with the marks between them."""
    return " ".join(t.text + t.mark for t in tokens).rstrip(" ,;:")
