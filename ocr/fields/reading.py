"""From rows to raw fields: which words follow which label, and of whom.

The rows are read in order with two things in mind: whose section this is (a heading, or a label
that names a role, says so) and which label still waits for its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from dossier.text import exact
from ocr.fields.columns import Line, lines_of
from ocr.fields.forms import MENTIONED, Form, Label, LabelType, Role, Where
from ocr.fields.items import Item, items_of, looks_like_name
from ocr.fields.names import TITLES, name_in
from ocr.fields.numbers import digits_of
from ocr.fields.phrases import Finder
from ocr.fields.rows import Row, Token

PAPER = "paper"
_LINES_ON = {LabelType.IDENTITY: 3, LabelType.TEXT: 2, LabelType.DATE_IN_WORDS: 1}
_NAME = Label(field="name", type=LabelType.PERSON_NAME, printed=())
_STRAY = Label(field="citizen_id", type=LabelType.NOTHING, printed=())
_IDENTITY = Label(field="citizen_id", type=LabelType.IDENTITY, printed=())
_BIRTH = Label(field="birth", type=LabelType.DATE, printed=())
_OF = frozenset({"cua", "cho", "nguoi", "ben"})
_SAME_EDGE = 8.0  # pt: a wrapped cell begins where the one above it does
_WRAPPED = 4  # tokens at most that a wrapped label has on its second line
_LEGIBLE = 0.6  # confidence of a word that tells something by how it begins
_NAME_GOES_ON = 2  # words at most of a name on its second line


@dataclass(slots=True)
class Raw:
    """A label and the tokens that follow it.

    Attributes:
        role: id of the person's role, ``paper``, or empty where nothing tells it.
        person: counts the people of a role that has no name of its own, from 1.
        guessed: the role comes from an order, not from anything printed.
        cut: something follows on the next line that may belong to it and cannot be read.
    """

    label: Label
    role: str
    page: int
    guessed: bool = False
    tokens: list[Token] = field(default_factory=list)
    lines: int = 0
    cut: bool = False


@dataclass(slots=True)
class _State:
    """What is in mind while reading."""

    finder: Finder
    role: str
    guessed: bool = False
    open: Raw | None = None
    table: list[tuple[Label, float, float]] = field(default_factory=list)
    made: list[Raw] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    back_to: str | None = None
    announced: bool = False
    below: Sequence[Token] = ()


def raw_fields(pages: Sequence[Sequence[Row]], form: Form) -> list[Raw]:
    """The raw fields of a paper.

    Args:
        pages: the rows of each page.
        form: what kind of paper it is.
    """
    finder = Finder(form)
    state = _State(finder, form.first)
    for rows in pages:
        waiting: Line | None = None
        for line in _unwrapped(lines_of(rows, finder), finder):
            if waiting is not None:
                _read(state, waiting, below=() if line.starts else line.tokens)
            waiting = line
        if waiting is not None:
            _read(state, waiting, below=())
    return state.made


def _unwrapped(lines: Sequence[Line], finder: Finder) -> Iterator[Line]:
    """Lines whose label is broken over two rows of its cell, with the label put together."""
    waiting: Line | None = None
    for line in lines:
        if waiting is not None:
            joined = None if line.starts else _joined(waiting, line, finder)
            if joined is not None:
                waiting, rest = joined
                if rest.tokens:
                    yield waiting
                    waiting = rest
                continue
            yield waiting
        waiting = line
    if waiting is not None:
        yield waiting


def _joined(one: Line, other: Line, finder: Finder) -> tuple[Line, Line] | None:
    """Two rows, where the first cells of both together are one label; else None."""
    head, tail = _label_cell(one.tokens, finder), _first_cell(other.tokens)
    if len(tail) > _WRAPPED or abs(head[0].box.left - tail[0].box.left) > _SAME_EDGE:
        return None
    if (
        items_of(tail, finder)
        and items_of(tail, finder)[0].label is not None
        and any(i.label is not None and i.end == len(head) for i in items_of(head, finder))
    ):
        return None
    together = (*head, *(replace(t, opens=False) for t in tail))
    items = items_of(together, finder)
    if not any(i.label is not None and i.start < len(head) < i.end for i in items):
        return None
    return (
        replace(one, tokens=together + one.tokens[len(head) :]),
        replace(other, tokens=other.tokens[len(tail) :], starts=False),
    )


def _label_cell(tokens: Sequence[Token], finder: Finder) -> tuple[Token, ...]:
    """The first cell of a row; further where the label that begins it reaches further."""
    items = items_of(tokens, finder)
    end = max(items[0].end if items and items[0].start == 0 else 1, 1)
    while end < len(tokens) and not tokens[end].opens:
        end += 1
    return tuple(tokens[:end])


def _first_cell(tokens: Sequence[Token]) -> tuple[Token, ...]:
    end = 1
    while end < len(tokens) and not tokens[end].opens:
        end += 1
    return tuple(tokens[:end])


def _read(state: _State, line: Line, *, below: Sequence[Token]) -> None:
    """Read a line, knowing the one below it: a value may stand there."""
    if line.starts:
        state.role, state.guessed = line.role, line.guessed
        state.open, state.table, state.back_to = None, [], None
    state.below = () if items_of(below, state.finder) else below
    items = items_of(line.tokens, state.finder)
    if state.table and _table_row(state, line, items):
        return
    state.table = _table_head(line, items)
    if state.back_to is not None and items and items[0].start == 0 and items[0].label is not None:
        state.role, state.back_to = state.back_to, None
    if items and items[0].role is not None and _is_value(state, items[0]):
        items = items[1:]
    _continue(state, line, line.tokens[: items[0].start] if items else line.tokens)
    for number, item in enumerate(items):
        end = items[number + 1].start if number + 1 < len(items) else len(line.tokens)
        _open(state, line, item, list(line.tokens[item.end : end]))


def _is_value(state: _State, item: Item) -> bool:
    """Whether the name of a role is what ``Quan hệ ...`` on the line above asks for."""
    waits = state.open
    return (
        item.label is None
        and waits is not None
        and waits.label.field == "relation"
        and not waits.tokens
    )


def _continue(state: _State, line: Line, tokens: Sequence[Token]) -> None:
    """Words at the start of a line before anything opens: the rest of the value above."""
    if not tokens:
        return
    raw = state.open
    if raw is None:
        label = _STRAY
        if state.announced and looks_like_name(tokens[:2]):
            label, state.named[state.role] = _NAME, ""
        raw = Raw(label, state.role, line.page, state.guessed)
        state.made.append(raw)
        state.open = raw
    state.announced = False
    raw.lines += 1
    if not raw.tokens and Where.BELOW in raw.label.where:
        raw.tokens.extend(tokens)
    elif raw.label.type is LabelType.PERSON_NAME:
        cell = _first_cell(tokens)
        if len(cell) <= _NAME_GOES_ON and all(_like(t, raw.tokens[-1]) for t in cell):
            raw.tokens.extend(replace(t, opens=False) for t in cell)
        else:
            last = raw.tokens[-1]
            state.open = None
            raw.cut = not last.mark and last.text[:1].isupper() and not _goes_on_in_prose(cell[0])
            _continue(state, line, tokens)
    elif raw.lines <= _LINES_ON.get(raw.label.type, 99 if raw.label is _STRAY else 1):
        raw.tokens.extend(tokens)
    else:
        state.open = None
        _continue(state, line, tokens)


def _goes_on_in_prose(token: Token) -> bool:
    """Whether the next line begins with a legible word in lower case: no part of a name."""
    return token.text.isalpha() and token.text.islower() and token.confidence >= _LEGIBLE


def _like(token: Token, before: Token) -> bool:
    """Whether a word may go on a name: capitalised as the word before it."""
    return (
        token.text[:1].isupper()
        and not before.mark
        and token.text.isupper() == before.text.isupper()
        and not any(c.isdigit() for c in token.text)
    )


def _open(state: _State, line: Line, item: Item, tokens: list[Token]) -> None:
    """An item opens: a new role, a new label, or both."""
    if item.role is not None:
        _turn_to(state, item.role)
        if item.label is None:
            state.open = None
            state.named.pop(state.role, None)
            if item.heading and not tokens:
                state.announced = True
                return
    label = item.label
    if label is None:
        label = _NAME if looks_like_name(tokens[:3]) else _STRAY
    role, guessed = _whose(state, label, item, tokens)
    raw = Raw(label, role, line.page, guessed, tokens)
    state.made.append(raw)
    state.open, state.announced = raw, False


def _turn_to(state: _State, role: Role) -> None:
    """From here on it is about somebody else."""
    if role.line_only and state.back_to is None:
        state.back_to = state.role if state.role != role.id else state.finder.form.first
    elif not role.line_only:
        state.back_to = None
    state.role, state.guessed = role.id, False


def _whose(state: _State, label: Label, item: Item, tokens: Sequence[Token]) -> tuple[str, bool]:
    """The role that a label's value belongs to, and whether it is a guess."""
    if label.field.startswith(PAPER + "."):
        # A person's section is over: the next unlabelled person may be another one.
        state.guessed = state.guessed or (item.start == 0 and state.role in state.named)
        return PAPER, False
    if label.role:
        return label.role, False
    if item.role is None and _qualified(label, tokens):
        if label.field != "name":
            return "", True
        state.role, state.guessed = "", True
    if label.field == "name":
        name = name_in(tokens or state.below)
        said = exact(name.text) if name is not None else ""
        if item.role is None and said and state.named.get(state.role, said) != said:
            _next_person(state)
        if said or state.role not in state.named:
            state.named[state.role] = said
    return state.role, state.guessed


def _qualified(label: Label, tokens: Sequence[Token]) -> bool:
    """Whether the label goes on in words that are not understood: ``Họ và tên người giám hộ``.

    Then it is about somebody, but nobody can say about whom.
    """
    if not tokens:
        return False
    first = tokens[0]
    if label.type is LabelType.PERSON_NAME:
        return first.text[:1].islower() and exact(first.text) not in TITLES
    return label.type is LabelType.IDENTITY and first.plain in _OF


def _next_person(state: _State) -> None:
    """A second name in one section, with nothing that says whose: the role left over, if one."""
    roles = [role.id for role in state.finder.form.roles if role.id != MENTIONED]
    left = [role for role in roles if role not in state.named]
    if len(left) == 1:
        state.role, state.guessed = left[0], len(roles) > 2  # noqa: PLR2004 - of two, one is left
    else:
        state.role, state.guessed = "", True


def _table_head(line: Line, items: Sequence[Item]) -> list[tuple[Label, float, float]]:
    """The labels of a row that holds nothing else, with left and right edge; else empty."""
    labels = [i for i in items if i.label is not None]
    cells = sum(t.opens for t in line.tokens)
    if len(labels) < 2 or len(labels) < len(items) or cells < 2:  # noqa: PLR2004 - a table has columns
        return []
    # "STT" may stand before the first label, nothing after the others.
    if labels[0].start > 2 or labels[-1].end < len(line.tokens):  # noqa: PLR2004 - as said
        return []
    if any(after.start > before.end for before, after in pairwise(labels)):
        return []
    return [
        (i.label, line.tokens[i.start].box.left, line.tokens[i.end - 1].box.right)
        for i in labels
        if i.label is not None
    ]


def _table_row(state: _State, line: Line, items: Sequence[Item]) -> bool:
    """Read a row below a row of labels, each cell by its column; False where it is no such row."""
    if any(i.label is not None for i in items):
        return False
    role_items = [i for i in items if i.role is not None]
    by_relation = _role_below(state, line)
    if role_items and role_items[0].role is not None:
        state.role, state.guessed = role_items[0].role.id, False
    elif by_relation is not None:
        state.role, state.guessed = by_relation.id, False
    elif state.role in state.named and any(label.field == "name" for label, _, _ in state.table):
        state.role, state.guessed = "", True
    state.named.setdefault(state.role, "")
    taken = {n for i in role_items for n in range(i.start, i.end)}
    cells: dict[int, Raw] = {}
    left = line.tokens[0].box.left
    for number, token in enumerate(line.tokens):
        if token.opens or number - 1 in taken:
            left = token.box.left
        if number in taken:
            continue
        at, label = _column_of(state, token, left)
        if at not in cells:
            cells[at] = Raw(label, state.role, line.page, state.guessed)
            state.made.append(cells[at])
        cells[at].tokens.append(replace(token, opens=False))
    state.open = None
    return True


def _column_of(state: _State, token: Token, left: float) -> tuple[int, Label]:
    """The column a token of a table lies in: by its type first, then by where its cell begins."""
    digits = digits_of(token.text)[0]
    if len(digits) > 8:  # noqa: PLR2004 - longer than a date
        for at, (label, _, _) in enumerate(state.table):
            if label.type is LabelType.IDENTITY:
                return at, label
    if any(c.isdigit() for c in token.text) and any(c in token.text for c in "/.-"):
        for at, (label, _, _) in enumerate(state.table):
            if label.type is LabelType.DATE:
                return at, label
    nearest = min(range(len(state.table)), key=lambda n: abs(state.table[n][1] - left))
    return nearest, state.table[nearest][0]


def _role_below(state: _State, line: Line) -> Role | None:
    """The role named in the cell below ``Quan hệ``."""
    for at, (label, _, _) in enumerate(state.table):
        if label.field != "relation":
            continue
        cell = [t for t in line.tokens if _column_of(state, t, t.box.left)[0] == at]
        said = " ".join(t.text for t in cell).lower()
        for role in state.finder.form.roles:
            if any(said == printed.text for printed in role.named):
                return role
    return None
