"""The head of an official paper (NĐ 30/2020, phụ lục I): issuer, number, place and date, abstract.

Issuer and number stand at the left, the motto and the date at the right; what cannot be read (a
number written by hand over dots) stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dossier.spine import Source, Value
from dossier.text import folded, nfc
from ocr.fields.dates import day_in
from ocr.fields.forms import Structure, squashed
from ocr.fields.kinds import Kind
from ocr.fields.phrases import distance
from ocr.fields.rows import Row, Token, box_of, text_of

_MOTTO = squashed("Cộng hòa xã hội chủ nghĩa Việt Nam")
_MOTTO_WRONG = 6  # letters
_SLOGAN = squashed("Độc lập - Tự do - Hạnh phúc")
# How the names of authorities begin, squashed.
_AUTHORITIES = (
    "uybannhandan", "ubnd", "hoidongnhandan", "so", "bo", "chinhphu", "thutuong", "quochoi",
    "tongcuc", "cuc", "chicuc", "phong", "vanphong", "congan", "toaan", "vienkiemsat", "truong",
    "benhvien", "trungtam", "banquanly", "baohiem", "thanhpho", "tinh", "huyen", "quan",
)  # fmt: skip
_ROWS = 16  # of the head, at most
_NOTATION = re.compile(
    r"(\d{1,6}[a-zA-Z]?)((?:/(?:19|20)\d{2})?)/([A-ZĐ][A-ZĐa-zđ0-9]*(?:[-./&][A-ZĐa-zđ0-9]+)*)"
)
_PLAIN = re.compile(r"(?<!\d)(\d{1,6})[/-]((?:19|20)\d{2})(?!\d)")
_LETTERS = re.compile(r"/([A-ZĐ][A-ZĐa-zđ]*(?:-[A-ZĐa-zđ0-9]+)*)$")
_NUMBER_LABELS = frozenset({"so", "s0", "sd"})
_DATE_WORDS = 8  # from "ngày" to the end of its row
_UNREAD = 0.25  # confidence below which a number is rather left empty
_UNSURE = 0.6
_ABSTRACT_ROWS = 6
_NUMBER_ROW = 5  # tokens at most on a row that holds the number alone
_WORST_WORD = 0.2  # an abstract is as sure as its worst word and this
_SHORT, _WIDER = 0.75, 1.15  # of the block of text; of the line above
_STOPS = ("cancu", "kinhgui", "dieu", "theodenghi", "noinhan", "thuchien", "xet")
_SUBJECT = re.compile(r"^(v\s*/\s*v?|ve\s*viec)\b")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in the head.

    Attributes:
        values: ``paper.number``, ``paper.date``, ``paper.issuer``, ``paper.abstract``.
        notation: the letters of the number, such as ``QĐ-TTg``; or empty.
        dispatch: whether it has the marks of a công văn: a subject under the number, or
            ``Kính gửi`` without a title.
        official: whether motto and number or date stand there.
    """

    values: tuple[Value, ...]
    notation: str
    dispatch: bool
    official: bool


def head_of(rows: Sequence[Row], kind: Kind) -> Head:
    """Read the head of the first page."""
    motto = _motto(rows)
    end = kind.title_row if kind.title_row is not None else min(len(rows), _ROWS)
    left, right = _halves(rows, motto, end)
    below = kind.title_end or 0
    left += [list(row.tokens) for row in rows[below : below + 2]] if below else []
    number = _number(left)
    if number is None or number[0] is None:
        # A head of one centred column has its number on a row of its own, right of that edge.
        alone = [row for row in rows[:end] if len(row.tokens) <= _NUMBER_ROW]
        found = _number([list(row.tokens) for row in alone], first_only=True)
        number = number if found is None else (found[0], end, found[2])
    values: list[Value] = []
    if number is not None and number[0] is not None:
        values.append(number[0])
    date = _date(right)
    if date is not None:
        values.append(date)
    issuer = _issuer(
        left[:end],
        number[1] if number is not None else None,
        motto[0] if motto is not None else None,
    )
    if issuer is None and motto is not None:
        issuer = _issuer_of_one_column(rows[:end], motto[0])
    if issuer is not None:
        values.append(issuer)
    subject = _subject(rows, left[:end])
    abstract = subject or _abstract(rows, kind)
    if abstract is not None:
        values.append(abstract)
    asks = any("".join(t.plain for t in row.tokens).startswith("kinhgui") for row in rows[:_ROWS])
    return Head(
        tuple(values),
        number[2] if number is not None else "",
        subject is not None or asks,
        motto is not None and (number is not None or date is not None or issuer is not None),
    )


def _motto(rows: Sequence[Row]) -> tuple[int, float] | None:
    """The row of the motto and its left edge."""
    for at, row in enumerate(rows[:_ROWS]):
        for start in range(len(row.tokens)):
            said = "".join(t.plain for t in row.tokens[start:])
            if abs(len(said) - len(_MOTTO)) > _MOTTO_WRONG or not said.startswith(
                ("c", "o", "e", "g")
            ):
                continue
            if distance(_MOTTO, said, _MOTTO_WRONG) <= _MOTTO_WRONG:
                return at, row.tokens[start].box.left
    return None


def _halves(
    rows: Sequence[Row], motto: tuple[int, float] | None, end: int
) -> tuple[list[list[Token]], list[list[Token]]]:
    """The rows of the head, each parted into what stands left and right."""
    left: list[list[Token]] = []
    right: list[list[Token]] = []
    for row in rows[: max(end, 0)]:
        tokens = list(row.tokens)
        split = _split(tokens, motto[1] - 2 if motto is not None else None)
        left.append(tokens[:split])
        right.append(tokens[split:])
    return left, right


def _split(tokens: Sequence[Token], edge: float | None) -> int:
    """Where the right half of a row of the head begins."""
    plains = [t.plain for t in tokens]
    if "thang" in plains and "nam" in plains:
        # Place and date may begin left of the motto; the number before them ends with a gap.
        at = plains.index("ngay") if "ngay" in plains else plains.index("thang")
        while at > 0 and not tokens[at].opens:
            at -= 1
        return at
    if edge is None:
        return next((n for n, t in enumerate(tokens) if n and t.opens), len(tokens))
    return next((n for n, t in enumerate(tokens) if t.box.left >= edge), len(tokens))


def _value(field: str, text: str, tokens: Sequence[Token], page: int, confidence: float) -> Value:
    doubt = f"{field}.low-confidence" if confidence < _UNSURE else ""
    return Value(
        field=field,
        text=nfc(text),
        source=Source.OCR,
        confidence=round(confidence, 3),
        page=page,
        box=box_of(list(tokens)),
        doubt=doubt,
    )


def _number(
    left: Sequence[Sequence[Token]], *, first_only: bool = False
) -> tuple[Value | None, int, str] | None:
    """The paper's number where it can be read, its row, and the letters of its notation.

    Args:
        left: the rows of the left half of the head.
        first_only: the label must begin its row.
    """
    for at, tokens in enumerate(left):
        for start, token in enumerate(tokens[:1] if first_only else tokens):
            if token.plain not in _NUMBER_LABELS:
                continue
            rest = tokens[start + 1 : start + 6]
            for end in range(1, len(rest) + 1):
                used = rest[:end]
                match = _read_number("".join(t.text for t in used))
                # Something between the words could not be read: a digit by hand.
                confidence = min(t.confidence for t in used)
                apart = used[-1].word - used[0].word >= len(used) or any(t.torn for t in used)
                if match is not None and not apart and confidence >= _UNREAD:
                    notation = match.group(3) if match.re is _NOTATION else ""
                    value = _value("paper.number", match.group(), used, 1, confidence)
                    return value, at, notation
            letters = _LETTERS.search("".join(t.text for t in rest))
            if letters is not None:
                return None, at, letters.group(1)
    return None


def _read_number(said: str) -> re.Match[str] | None:
    return _NOTATION.fullmatch(said) or _PLAIN.fullmatch(said)


def _date(right: Sequence[Sequence[Token]]) -> Value | None:
    """The date beside the place: ``Hà Nội, ngày 12 tháng 4 năm 2024`` and nothing after it."""
    for tokens in right[:_ROWS]:
        plains = [t.plain for t in tokens]
        if "ngay" not in plains or "thang" not in plains:
            continue
        at = plains.index("ngay")
        if (
            at == 0
            or not (tokens[at - 1].mark or tokens[at].opens)
            or len(tokens) - at > _DATE_WORDS
        ):
            continue
        day = day_in(tokens[at:], year_alone=False)
        if day is not None and not day.repaired:
            return _value("paper.date", day.iso, tokens, 1, day.confidence)
    return None


def _issuer(
    left: Sequence[Sequence[Token]], number_row: int | None, motto_row: int | None
) -> Value | None:
    """The lines in capitals above the number, from the height of the motto on."""
    if motto_row is None:
        return None
    taken: list[Token] = []
    start = motto_row
    if start > 0 and _in_capitals(left[start - 1 : start]):
        start -= 1  # a first line that stands a little higher than the motto
    for tokens in left[start : number_row if number_row is not None else start + 4]:
        if not tokens:
            continue
        if not _in_capitals([tokens]):
            break
        taken.extend(tokens)
    if len(taken) < 2:  # noqa: PLR2004 - one word is a stamp or a stain
        return None
    mean = sum(t.confidence for t in taken) / len(taken)
    return _value("paper.issuer", text_of(taken), taken, 1, mean)


def _issuer_of_one_column(rows: Sequence[Row], motto_row: int) -> Value | None:
    """The lines in capitals above the motto, or below the slogan, that name an authority."""
    for block in (rows[:motto_row], rows[motto_row + 1 :]):
        taken: list[Token] = []
        for row in block:
            said = "".join(t.plain for t in row.tokens)
            if distance(_SLOGAN, said, _MOTTO_WRONG) <= _MOTTO_WRONG:
                continue
            if not _in_capitals([row.tokens]):
                if taken:
                    break
                continue
            if taken or said.startswith(_AUTHORITIES):
                taken.extend(row.tokens)
        if len(taken) > 1:
            mean = sum(t.confidence for t in taken) / len(taken)
            return _value("paper.issuer", text_of(taken), taken, 1, mean)
    return None


def _in_capitals(rows: Sequence[Sequence[Token]]) -> bool:
    tokens = [t for row in rows for t in row]
    return bool(tokens) and all(t.text.isupper() for t in tokens)


def _subject(rows: Sequence[Row], left: Sequence[Sequence[Token]]) -> Value | None:
    """``V/v ...`` under the number of a dispatch."""
    taken: list[Token] = []
    for row, tokens in zip(rows, left, strict=False):
        if "kinhgui" in "".join(t.plain for t in row.tokens):
            break
        if not taken and not _SUBJECT.match(folded(" ".join(t.text for t in tokens))):
            continue
        if taken and (not tokens or _in_capitals([tokens])):
            break
        taken.extend(tokens)
    return _abstract_value(taken) if taken else None


def _abstract(rows: Sequence[Row], kind: Kind) -> Value | None:
    """The lines under a title, down to where the text begins."""
    if kind.title_end is None or kind.form is None or kind.form.structure is not Structure.ND30:
        return None
    taken: list[Token] = []
    block = max(_width(row) for row in rows)
    before = 0.0
    for row in rows[kind.title_end : kind.title_end + _ABSTRACT_ROWS]:
        said = "".join(t.plain for t in row.tokens)
        # The last line of a centred abstract is short; a wide one after it is the text.
        text_begins = taken and before < _SHORT * block and _width(row) > _WIDER * before
        if said.startswith(_STOPS) or _in_capitals([row.tokens]) or text_begins:
            break
        if not said.startswith("so"):
            taken.extend(row.tokens)
        before = _width(row)
    return _abstract_value(taken) if taken else None


def _abstract_value(tokens: Sequence[Token]) -> Value:
    """An abstract; its confidence falls with its worst words, since each may change its sense."""
    mean = sum(t.confidence for t in tokens) / len(tokens)
    worst = min(t.confidence for t in tokens)
    return _value(
        "paper.abstract", text_of(list(tokens)), tokens, 1, min(mean, worst + _WORST_WORD)
    )


def _width(row: Row) -> float:
    return row.tokens[-1].box.right - row.tokens[0].box.left
