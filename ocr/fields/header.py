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
_ROWS = 16  # of the head, at most
_NOTATION = re.compile(
    r"(\d{1,6}[a-zA-Z]?)((?:/(?:19|20)\d{2})?)/([A-ZĐ][A-ZĐa-zđ0-9]*(?:[-./&][A-ZĐa-zđ0-9]+)*)"
)
_PLAIN = re.compile(r"(?<!\d)(\d{1,6})[/-]((?:19|20)\d{2})(?!\d)")
_UNSURE = 0.6
_ABSTRACT_ROWS = 6
_STOPS = ("cancu", "kinhgui", "dieu", "theodenghi", "noinhan", "thuchien", "xet")
_SUBJECT = re.compile(r"^(v\s*/\s*v|ve\s*viec)\b")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in the head.

    Attributes:
        values: ``paper.number``, ``paper.date``, ``paper.issuer``, ``paper.abstract``.
        notation: the letters of the number, squashed, such as ``qdttg``; or empty.
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
    number = _number(left)
    values: list[Value] = []
    if number is not None:
        values.append(number[0])
    date = _date(right)
    if date is not None:
        values.append(date)
    issuer = _issuer(left, number[1] if number is not None else None, with_motto=motto is not None)
    if issuer is not None:
        values.append(issuer)
    subject = _subject(left)
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
    edge = motto[1] - 2 if motto is not None else None
    for row in rows[: max(end, 0)]:
        tokens = list(row.tokens)
        split = len(tokens)
        for n, token in enumerate(tokens):
            # The date begins left of the motto at times: a wide gap past the left third parts it.
            if edge is not None and token.box.left >= edge:
                split = n
                break
        if edge is not None and split == len(tokens):
            split = next(
                (n for n, t in enumerate(tokens) if n and t.opens and t.middle > edge), split
            )
        elif edge is None:
            split = next((n for n, t in enumerate(tokens) if n and t.opens), split)
        while (
            0 < split < len(tokens)
            and not tokens[split].opens
            and tokens[split - 1].box.right > (edge or 0) - 40
        ):
            split -= 1
            if tokens[split].opens:
                break
        left.append(tokens[:split])
        right.append(tokens[split:])
    return left, right


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


def _number(left: Sequence[Sequence[Token]]) -> tuple[Value, int, str] | None:
    """The paper's number, its row, and the letters of its notation."""
    for at, tokens in enumerate(left):
        for start, token in enumerate(tokens):
            if token.plain not in {"so", "s0", "sd"} and not token.plain.startswith("so1"):
                continue
            rest = tokens[start + 1 : start + 6]
            said = "".join(t.text for t in rest).replace(" ", "")
            match = _NOTATION.match(said) or _PLAIN.match(said)
            if match is None:
                continue
            confidence = min(t.confidence for t in rest[: _tokens_in(rest, match.end())])
            used = rest[: _tokens_in(rest, match.end())]
            notation = squashed(match.group(3)) if match.re is _NOTATION else ""
            return _value("paper.number", match.group(), used, 1, confidence), at, notation
    return None


def _tokens_in(tokens: Sequence[Token], letters: int) -> int:
    """How many tokens the first letters of their joined text take."""
    for n, token in enumerate(tokens, 1):
        letters -= len(token.text)
        if letters <= 0:
            return n
    return len(tokens)


def _date(right: Sequence[Sequence[Token]]) -> Value | None:
    """The date beside the place."""
    for tokens in right:
        plains = {t.plain for t in tokens}
        if tokens and "thang" in plains and "nam" in plains:
            day = day_in(tokens, year_alone=False)
            if day is not None:
                doubt_free = _value("paper.date", day.iso, tokens, 1, day.confidence)
                return doubt_free
    return None


def _issuer(
    left: Sequence[Sequence[Token]], number_row: int | None, *, with_motto: bool
) -> Value | None:
    """The lines above the number, or the first capitals at the left."""
    if number_row is None and not with_motto:
        return None
    taken: list[Token] = []
    for tokens in left[: number_row if number_row is not None else 4]:
        said = "".join(t.plain for t in tokens)
        if not tokens or "doclap" in said or "hanhphuc" in said or distance(_MOTTO, said, 8) <= 8:  # noqa: PLR2004 - letters wrong in a motto that is no issuer
            continue
        letters = [c for t in tokens for c in t.text if c.isalpha()]
        if not letters or sum(c.isupper() for c in letters) < 0.7 * len(letters):  # noqa: PLR2004 - an office stands in capitals
            if number_row is None:
                break
            continue
        taken.extend(tokens)
    if len(taken) < 2:  # noqa: PLR2004 - one word is a stamp or a stain
        return None
    return _value(
        "paper.issuer", text_of(taken), taken, 1, sum(t.confidence for t in taken) / len(taken)
    )


def _subject(left: Sequence[Sequence[Token]]) -> Value | None:
    """``V/v ...`` under the number of a dispatch."""
    taken: list[Token] = []
    for tokens in left:
        if not tokens:
            if taken:
                break
            continue
        said = folded(" ".join(t.text for t in tokens))
        if taken or _SUBJECT.match(said):
            if said.startswith("kinh gui"):
                break
            taken.extend(tokens)
    if not taken:
        return None
    mean = sum(t.confidence for t in taken) / len(taken)
    return _value("paper.abstract", text_of(taken), taken, 1, mean)


def _abstract(rows: Sequence[Row], kind: Kind) -> Value | None:
    """The lines under a title, down to where the text begins."""
    if kind.title_end is None or kind.form is None or kind.form.structure is not Structure.ND30:
        return None
    taken: list[Token] = []
    for row in rows[kind.title_end : kind.title_end + _ABSTRACT_ROWS]:
        said = "".join(t.plain for t in row.tokens)
        letters = [c for t in row.tokens for c in t.text if c.isalpha()]
        if said.startswith(_STOPS) or (letters and all(c.isupper() for c in letters)):
            break
        taken.extend(row.tokens)
    if not taken:
        return None
    mean = sum(t.confidence for t in taken) / len(taken)
    return _value("paper.abstract", text_of(taken), taken, 1, mean)
