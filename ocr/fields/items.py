"""What opens something in a row: a label, the heading of a role, or a label that names a role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dossier.text import exact
from ocr.fields.forms import MENTIONED, Label, LabelType, Role
from ocr.fields.names import TITLES
from ocr.fields.phrases import Finder, Hit
from ocr.fields.rows import Token

# Words that may stand around the name of a role in a heading: "Phần II. Thông tin về người mẹ".
_AROUND_WORDS = (
    "phan muc thong tin ve cua cho nguoi ben phia khai chi tiet ca nhan than y ho ten ong ba "
    "theo nhu sau gom la voi va doi tuong dong i ii iii iv v vi a b c d e 1 2 3 4 5 6 7 8 9"
)
_AROUND = frozenset(_AROUND_WORDS.split())
_BETWEEN = frozenset({"cua", "cho", "ve", "nguoi", "ong", "ba", "day", "du", "khai", "sinh"})
# "Nam" alone is a sex, or the rest of "Việt Nam"; a heading is in capitals.
_NATION_OR_SEX = frozenset({"nam", "nu"})
_LONG_NAME = 12  # squashed letters: a name so long is no accident at the start of a row
# In any position, if the row ends with it: "Đề nghị ... cho người dưới đây:"
_VERY_LONG_NAME = 16
_STRANGE = 2  # words of a heading in capitals that may be misread
_NAME_WORDS = 2


@dataclass(frozen=True, slots=True)
class Item:
    """Something that opens: a label (whose value follows), a role, or both.

    Attributes:
        start: index of its first token.
        end: index after its last one.
        heading: the role stands alone in its cell, with nothing but its name.
    """

    start: int
    end: int
    label: Label | None = None
    role: Role | None = None
    heading: bool = False


def items_of(tokens: Sequence[Token], finder: Finder) -> list[Item]:
    """The items of a row, from the left."""
    items: list[Item] = []
    for hit in finder.hits(tokens):
        if items and hit.wrong and _in_name(items[-1], hit):
            continue
        if isinstance(hit.what, Label):
            items.append(Item(hit.start, hit.end, label=hit.what))
            continue
        if any(t.opens for t in tokens[hit.start + 1 : hit.end]):
            continue  # two cells: "Cha | Châu ..." is no "cha cháu"
        before = items[-1] if items else None
        if before is not None and before.label and _attached(tokens, before, hit):
            items[-1] = replace(before, end=hit.end, role=before.role or hit.what)
        elif _goes_on(tokens, before, hit):
            items[-1] = replace(items[-1], end=hit.end)
        elif (start := _heading(tokens, hit, before)) is not None:
            items.append(Item(start, hit.end, role=hit.what, heading=True))
        elif _introduces(tokens, hit, before):
            items.append(Item(hit.start, hit.end, role=hit.what))
    return items


def _in_name(before: Item, hit: Hit) -> bool:
    """Whether a label spelt wrong is rather a part of a name: ``Nguyễn Xuân``, ``Nguyên quán``."""
    label = before.label
    return (
        label is not None
        and label.type is LabelType.PERSON_NAME
        and hit.start - before.end <= _NAME_WORDS
    )


def _attached(tokens: Sequence[Token], label: Item, hit: Hit) -> bool:
    """Whether the role follows its label at once: ``Họ và tên (của) mẹ``."""
    between = tokens[label.end : hit.start]
    if label.label is None or label.label.field == "relation":
        return False
    # A mark or a gap after the label would make the role its value; a comma or bracket is none.
    if any(t.mark == ":" for t in tokens[label.end - 1 : hit.start]):
        return False
    if any(t.opens for t in tokens[label.end : hit.end]):
        return False
    return all(t.plain in _BETWEEN for t in between)


def _goes_on(tokens: Sequence[Token], before: Item | None, hit: Hit) -> bool:
    """Whether a name of a role only goes on the one before it: ``vợ là bà``."""
    return (
        before is not None
        and before.role is not None
        and before.label is None
        and before.end == hit.start
        and not tokens[hit.start].opens
    )


def _heading(tokens: Sequence[Token], hit: Hit, before: Item | None) -> int | None:
    """Where the cell starts in which the role stands alone; None where it does not."""
    start = hit.start
    if tokens[start].plain in _NATION_OR_SEX and not tokens[start].text.isupper():
        return None
    while start > 0 and not tokens[start].opens:
        start -= 1
    strange = sum(t.plain not in _AROUND for t in tokens[start : hit.start])
    # A word of a heading may be misread; a heading in capitals stays one.
    capitals = all(t.text.isupper() for t in tokens[start : hit.end])
    if strange > (_STRANGE if capitals and hit.end - start > _STRANGE + 1 else 0):
        return None
    end = hit.end
    while end < len(tokens) and not tokens[end].opens and tokens[end].plain in _AROUND:
        end += 1
    if end < len(tokens) and not tokens[end].opens:
        return None
    # The value of a label at its left: "Quan hệ với người được khai sinh:   Mẹ".
    if before is not None and before.label is not None and before.end >= start:
        return None
    return start


def _introduces(tokens: Sequence[Token], hit: Hit, before: Item | None) -> bool:
    """Whether the role begins what follows: ``Bà: Trần Thị ...``, ``và ông Nguyễn ...``."""
    if not isinstance(hit.what, Role):
        return False
    if hit.what.id == MENTIONED:
        return _names_somebody(tokens, hit.end)
    length = sum(len(t.plain) for t in tokens[hit.start : hit.end])
    ends = hit.end == len(tokens) or tokens[hit.end - 1].mark == ":"
    if length >= _VERY_LONG_NAME and ends and (before is None or before.label is None):
        return True
    first = hit.start
    while first > 0 and not tokens[first].opens and tokens[first - 1].plain in _AROUND:
        if tokens[first - 1].mark:
            break
        first -= 1
    at_start = first == 0 or tokens[first].opens or tokens[first - 1].mark in {";", ",", "."}
    at_start = at_start or tokens[first - 1].text.endswith((".", ";"))
    if not at_start:
        return False
    if before is not None and before.end >= first and before.label is not None:
        return False
    sure = tokens[hit.end - 1].mark == ":" or length >= _LONG_NAME
    return sure or looks_like_name(tokens[hit.end : hit.end + _NAME_WORDS])


def _names_somebody(tokens: Sequence[Token], start: int) -> bool:
    """Whether a name follows, in any position: ``kết hôn với bà Trần ...``, not ``với ai``."""
    if tokens[start - 1].mark == ":":
        return True
    while start < len(tokens) and exact(tokens[start].text) in TITLES:
        start += 1
    return looks_like_name(tokens[start : start + _NAME_WORDS])


def looks_like_name(tokens: Sequence[Token]) -> bool:
    """Whether words begin as the name of a person does: two capitalised words, no digits."""
    return len(tokens) >= _NAME_WORDS and all(
        t.text[:1].isupper() and not any(c.isdigit() for c in t.text) for t in tokens
    )


def opens_value(item: Item) -> bool:
    """Whether a value is expected after this item."""
    return item.label is not None and item.label.type is not LabelType.NOTHING
