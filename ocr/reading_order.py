"""The lines of an official paper in the order in which people read them.

The engine's own order holds where a page is one column. It fails where two blocks stand side by
side: it joins what stands at one height to one line, and puts a stamp between the lines of another
block. Papers of NĐ 30/2020 (annex I) have two such places, and their order is known:

- the head: issuer, then national title; then number and abstract, then place and date;
- the foot: ``Nơi nhận`` with its list, then who signs.

A line of the engine's is taken apart there between the blocks; each block is read from top to
bottom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from dossier.spine import RecognisedPage, Word
from dossier.text import folded

_GAP = 1.0  # times the text height: more than a space between words
_DEEPEST_HEAD = 0.45  # of the page's height
_HIGHEST_FOOT = 0.35
_NATION = (("cong", "hoa", "xa"), ("doc", "lap"))  # how the lines of the national title begin
_RECEIVERS, _ADDRESSED = "noi nhan", "kinh gui"
_WIDE = 0.55  # of the page's width: a line of the body
_RIGHT = 0.42  # of the width: the right block of a foot begins there or further right
_LEAST_RIGHT, _MOST_RIGHT = 0.3, 0.6  # of the width: where a right block of a head may begin
_CENTRED = 0.06  # of the width: how far the middle of a title may be from that of the page
_LEAST_TITLE = 6  # letters
_MARGIN = 0.25  # of the width: a centred title leaves as much


@dataclass(frozen=True, slots=True)
class _Part:
    """A line of the engine's, or one side of it."""

    words: tuple[Word, ...]

    @property
    def left(self) -> float:
        return min(word.box.left for word in self.words)

    @property
    def right(self) -> float:
        return max(word.box.right for word in self.words)

    @property
    def middle(self) -> float:
        """Vertical middle, pt."""
        return median((word.box.top + word.box.bottom) / 2 for word in self.words)

    @property
    def height(self) -> float:
        return median(word.box.bottom - word.box.top for word in self.words)

    @property
    def text(self) -> str:
        return folded(" ".join(word.text for word in self.words))


@dataclass(frozen=True, slots=True)
class _Nation:
    """Where the national title stands beside the issuer, pt."""

    left: float
    top: float
    bottom: float


def in_reading_order(page: RecognisedPage) -> RecognisedPage:
    """The page with its words in reading order and its lines numbered anew."""
    lines = [_Part(line) for line in page.lines()]
    nation = _nation(lines, page)
    head_ends = 0.0 if nation is None else _end_of_head(lines, nation, page)
    foot_begins = _begin_of_foot(lines, page)
    head = [line for line in lines if line.middle < head_ends]
    foot = [line for line in lines if line.middle >= max(foot_begins, head_ends)]
    body = [line for line in lines if head_ends <= line.middle < max(foot_begins, head_ends)]
    ordered = [
        *(head if nation is None else _head(head, nation)),
        *body,
        *_by_blocks(foot, _RIGHT * page.width),
    ]
    words = (
        replace(word, line=number) for number, part in enumerate(ordered) for word in part.words
    )
    return replace(page, words=tuple(words))


def _nation(lines: Sequence[_Part], page: RecognisedPage) -> _Nation | None:
    """The national title; None where it is not the right one of two blocks."""
    found: list[tuple[_Part, float]] = []
    for line in lines:
        if line.middle > page.height * _DEEPEST_HEAD:
            continue
        plain = [folded(word.text) for word in line.words]
        found += [
            (line, word.box.left)
            for beginning in _NATION
            for index, word in enumerate(line.words)
            if tuple(plain[index : index + len(beginning)]) == beginning
        ]
    if not found:
        return None
    left = min(edge for _, edge in found)
    if not _LEAST_RIGHT * page.width < left < _MOST_RIGHT * page.width:
        return None
    top = min(line.middle - line.height for line, _ in found)
    bottom = max(line.middle + line.height / 2 for line, _ in found)
    if not any(line.left < left - line.height and top < line.middle < bottom for line in lines):
        return None
    return _Nation(left - 2, top, bottom)


def _end_of_head(lines: Sequence[_Part], nation: _Nation, page: RecognisedPage) -> float:
    """Where the body begins, pt: at a wide line, a title in the middle, or ``Kính gửi``."""
    for line in sorted(lines, key=_middle):
        if line.middle <= nation.bottom:
            continue
        for part in _sides(line, nation.left):
            wide = part.right - part.left > _WIDE * page.width
            if wide or _ADDRESSED in part.text or _is_centred(part, page):
                return line.middle - line.height / 2
    return page.height * _DEEPEST_HEAD


def _is_centred(part: _Part, page: RecognisedPage) -> bool:
    """Whether a part is a title in the middle of the page."""
    off = abs((part.left + part.right) / 2 - page.width / 2)
    return (
        off < _CENTRED * page.width
        and part.left > _MARGIN * page.width
        and sum(c.isalpha() for c in part.text) >= _LEAST_TITLE
    )


def _begin_of_foot(lines: Sequence[_Part], page: RecognisedPage) -> float:
    """Where ``Nơi nhận`` stands, pt; the end of the page where it does not."""
    return next(
        (
            line.middle - line.height / 2
            for line in lines
            if line.text.startswith(_RECEIVERS) and line.middle > page.height * _HIGHEST_FOOT
        ),
        page.height,
    )


def _head(lines: Sequence[_Part], nation: _Nation) -> list[_Part]:
    """What is above, then both blocks beside the national title, then both below it."""
    above = [line for line in lines if line.middle < nation.top]
    upper = [line for line in lines if nation.top <= line.middle <= nation.bottom]
    lower = [line for line in lines if line.middle > nation.bottom]
    return [*above, *_by_blocks(upper, nation.left), *_by_blocks(lower, nation.left)]


def _by_blocks(lines: Sequence[_Part], edge: float) -> list[_Part]:
    """The left block from top to bottom, then the right one, which begins at an edge."""
    parts = [part for line in lines for part in _sides(line, edge)]
    left = [part for part in parts if part.left < edge]
    right = [part for part in parts if part.left >= edge]
    return [*sorted(left, key=_middle), *sorted(right, key=_middle)]


def _middle(part: _Part) -> float:
    return part.middle


def _sides(line: _Part, edge: float) -> list[_Part]:
    """A line, taken apart at the wide gap before the right block, if it has one."""
    words = sorted(line.words, key=lambda word: word.box.left)
    for index in range(1, len(words)):
        before, after = words[index - 1].box, words[index].box
        gap = after.left - before.right
        if before.left < edge <= after.left and gap > _GAP * line.height:
            return [_Part(tuple(words[:index])), _Part(tuple(words[index:]))]
    return [line]
