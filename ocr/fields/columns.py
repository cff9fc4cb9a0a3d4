"""Columns of people: wife left, husband right. Rows of such a region are read column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ocr.fields.items import Item, items_of
from ocr.fields.phrases import Finder
from ocr.fields.rows import Row, Token

_STEP = 2.0  # pt between places tried for a gutter
_OVER = 2.0  # pt a word may reach over a gutter
_SPACE = 0.45  # of the height of a word: the widest space between words of one text
_TWO, _HEAD_WORDS = 2, 2  # columns, and the words of a head
_LOOK = 40  # rows looked at below the heads of columns


@dataclass(frozen=True, slots=True)
class Line:
    """Tokens to be read one after the other.

    Attributes:
        role: id of the role of the column this line lies in, or empty.
        starts: whether a column, or what follows one, starts with this line.
        guessed: the column's role comes from the form's order alone.
    """

    tokens: tuple[Token, ...]
    page: int
    role: str = ""
    starts: bool = False
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a column announces its person."""

    role: str
    left: float
    right: float
    heading: bool


def lines_of(rows: Sequence[Row], finder: Finder) -> list[Line]:
    """The rows of a page in the order in which they are to be read."""
    lines: list[Line] = []
    number = 0
    resumed = False
    while number < len(rows):
        row = rows[number]
        items = items_of(row.tokens, finder)
        heads, guessed = _heads(row, items, finder)
        end, edges = _region(rows, number, heads, finder) if heads else (number, [])
        if end - number < 2:  # noqa: PLR2004 - one row is no region of columns
            lines.append(Line(row.tokens, row.page, starts=resumed))
            number, resumed = number + 1, False
            continue
        lines += _read_by_column(rows[number:end], heads, edges, finder, guessed=guessed)
        number, resumed = end, True
    return lines


def _heads(row: Row, items: Sequence[Item], finder: Finder) -> tuple[list[_Head], bool]:
    """The heads of columns in a row, and whether their order in the form alone tells the roles.

    Two or more roles side by side, one and a cell that cannot be read, or the label of a name
    twice.
    """
    heads = [
        _head(row, item, item.role.id)
        for item in items
        if item.role is not None and (item.heading or item.label is not None)
    ]
    roles = [head.role for head in heads]
    if len(heads) > 1 and len(set(roles)) == len(roles):
        return heads, False
    columns = finder.form.columns
    if len(heads) == 1 and (other := _misread_head(row, heads[0], columns)) is not None:
        return sorted([heads[0], other], key=lambda head: head.left), True
    names = [i for i in items if i.label is not None and i.label.field == "name" and not i.role]
    apart = all(row.tokens[i.start].opens for i in names[1:])
    if len(columns) > 1 and len(names) == len(columns) and apart:
        return [_head(row, i, role) for role, i in zip(columns, names, strict=True)], True
    return [], False


def _head(row: Row, item: Item, role: str) -> _Head:
    left, right = row.tokens[item.start].box.left, row.tokens[item.end - 1].box.right
    return _Head(role, left, right, item.heading)


def _misread_head(row: Row, head: _Head, columns: Sequence[str]) -> _Head | None:
    """The head of the other one of two columns where only its partner could be read."""
    starts = [number for number, token in enumerate(row.tokens) if token.opens or not number]
    if not head.heading or head.role not in columns or not len(columns) == len(starts) == _TWO:
        return None
    cells = [row.tokens[at:end] for at, end in pairwise([*starts, len(row.tokens)])]
    if any(len(cell) > _HEAD_WORDS for cell in cells):
        return None
    (role,) = (column for column in columns if column != head.role)
    cell = next(cell for cell in cells if cell[0].box.left != head.left)
    return _Head(role, cell[0].box.left, cell[-1].box.right, heading=True)


def _about_paper(row: Row, finder: Finder) -> bool:
    """Whether a row begins with a label of the paper itself: no column of a person holds one."""
    items = items_of(row.tokens, finder)
    label = items[0].label if items and items[0].start == 0 else None
    return label is not None and label.field.startswith("paper.")


def _region(
    rows: Sequence[Row], start: int, heads: Sequence[_Head], finder: Finder
) -> tuple[int, list[float]]:
    """How far down the columns reach, and the gutters between them."""
    end = start + 1
    while end < min(len(rows), start + _LOOK) and not _about_paper(rows[end], finder):
        end += 1
    edges: list[float] = []
    for one, next_one in pairwise(heads):
        low = (one.left + one.right) / 2 if one.heading else one.right
        high = (next_one.left + next_one.right) / 2 if next_one.heading else next_one.left + _OVER
        reach, edge = _gutter(rows, start, end, low, high)
        edges.append(edge)
        end = min(end, reach)
    return end, edges


def _gutter(
    rows: Sequence[Row], start: int, end: int, low: float, high: float
) -> tuple[int, float]:
    """The place between two heads that stays free of words for most rows below."""
    best_reach, places = start, [(low + high) / 2]
    steps = max(int((high - low) / _STEP), 1)
    for step in range(steps + 1):
        x = low + step * _STEP
        reach = start
        while reach < end and not _crossed(rows[reach], x):
            reach += 1
        if reach > best_reach:
            best_reach, places = reach, [x]
        elif reach == best_reach:
            places.append(x)
    return best_reach, places[len(places) // 2]


def _crossed(row: Row, x: float) -> bool:
    """Whether a word, or the space between two words of one text, lies on a gutter."""
    before: Token | None = None
    for token in row.tokens:
        if token.box.left + _OVER < x < token.box.right - _OVER:
            return True
        if token.box.left >= x - _OVER:
            height = token.box.bottom - token.box.top
            return (
                before is not None
                and not token.opens
                and token.box.left - before.box.right < _SPACE * height
            )
        before = token
    return False


def _read_by_column(
    rows: Sequence[Row],
    heads: Sequence[_Head],
    edges: list[float],
    finder: Finder,
    *,
    guessed: bool,
) -> list[Line]:
    """The rows of a region, one column after the other; a column of labels goes with each."""
    before = _label_edge(rows, heads, edges, finder)
    lines = []
    bounds = [before, *edges, float("inf")]
    for number, head in enumerate(heads):
        starts = True
        for row in rows:
            tokens = tuple(t for t in row.tokens if bounds[number] <= t.middle < bounds[number + 1])
            if before > float("-inf"):
                tokens = tuple(t for t in row.tokens if t.middle < before) + tokens
            if tokens:
                lines.append(Line(tokens, row.page, head.role, starts, guessed))
                starts = False
    return lines


def _label_edge(
    rows: Sequence[Row], heads: Sequence[_Head], edges: list[float], finder: Finder
) -> float:
    """Where a column of labels at the left ends, or minus infinity where there is none."""
    nothing = float("-inf")
    if not all(head.heading for head in heads):
        return nothing
    middle = (heads[0].left + heads[0].right) / 2
    rights: list[float] = []
    for row in rows[1:]:
        for item in items_of(row.tokens, finder):
            if item.label is None:
                continue
            if row.tokens[item.start].box.left >= edges[0]:
                return nothing
            rights.append(row.tokens[item.end - 1].box.right)
    if len(rights) < 2 or sum(right < heads[0].right for right in rights) < len(rights):  # noqa: PLR2004 - one label is no column
        return nothing
    _, edge = _gutter(rows, 1, len(rows), min(rights), max(middle, min(rights) + 1))
    return edge
