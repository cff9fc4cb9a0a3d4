"""Reading dates: in digits with any separator, as ``ngày .. tháng .. năm ....``, and in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dossier.spine import Box
from dossier.text import folded
from ocr.fields.rows import Token, box_of

_LETTERS = str.maketrans("oOlIi", "00111")
_DIGITS = re.compile(r"(?<!\w)(\d{1,2})\s*[/⁄.\-]+\s*(\d{1,2})\s*[/⁄.\-]+\s*(\d{4})(?!\d)")
_SPELT = re.compile(
    r"(?<![^\W\d_])(?<!\d)(\d{1,2})\W{0,3}thang\W*(\d{1,2})\W{0,3}nam\W*(\d{4})(?!\d)"
)
_YEAR = re.compile(r"(?<![\d/.\-])((?:19|20)\d{2})(?![\d/.\-])")
_FIRST_YEAR, _LAST_YEAR = 1850, 2150


@dataclass(frozen=True, slots=True)
class Day:
    """A date as read.

    Attributes:
        iso: ``YYYY-MM-DD`` or, where only the year stands there, ``YYYY``.
        repaired: a letter was taken for the digit it looks like.
        confidence: the least of its words.
    """

    iso: str
    repaired: bool
    confidence: float
    box: Box

    @property
    def year(self) -> int:
        """The year."""
        return int(self.iso[:4])


def day_in(tokens: Sequence[Token], *, year_alone: bool = True) -> Day | None:
    """The first date in some tokens.

    Args:
        tokens: what follows a label.
        year_alone: whether a year without day and month counts.
    """
    text, starts = _joined(tokens)
    for repaired in (False, True):
        tried = text if not repaired else _repaired(text)
        if repaired and tried == text:
            break
        for pattern in (_SPELT, _DIGITS):
            for match in pattern.finditer(tried):
                iso = _iso(*(int(n) for n in match.groups()))
                if iso:
                    # "17 7/12/1989": a digit left over before it makes the day doubtful.
                    loose = re.search(r"\d\s*$", text[: match.start()]) is not None
                    return _made(iso, tokens, starts, match.span(), repaired=repaired or loose)
    if year_alone and (year := _YEAR.search(text)):
        return _made(year.group(1), tokens, starts, year.span(), repaired=False)
    return None


def _joined(tokens: Sequence[Token]) -> tuple[str, list[int]]:
    """The folded text of tokens and where each starts in it."""
    text, starts = "", []
    for token in tokens:
        starts.append(len(text))
        text += folded(token.text) + token.mark + " "
    return text, starts


def _repaired(text: str) -> str:
    """Letters between digits and separators as the digits they look like."""
    return re.sub(r"\b(?=[oli]*\d)[\doli]{1,4}\b", _digits, text)


def _digits(match: re.Match[str]) -> str:
    return match.group().translate(_LETTERS)


def _iso(day: int, month: int, year: int) -> str:
    try:
        read = date(year, month, day)
    except ValueError:
        return ""
    return read.isoformat() if _FIRST_YEAR <= year <= _LAST_YEAR else ""


def _made(
    iso: str, tokens: Sequence[Token], starts: list[int], span: tuple[int, int], *, repaired: bool
) -> Day:
    ends = [*starts[1:], span[1] + 1]
    used = [
        t
        for t, start, end in zip(tokens, starts, ends, strict=True)
        if start < span[1] and end > span[0]
    ]
    # The words "tháng" and "năm" between the digits say nothing about the digits.
    sure = [t.confidence for t in used if any(c.isdigit() for c in t.text)]
    return Day(iso, repaired, min(sure, default=0.0), box_of(used))


_WORDS = {
    "khong": 0, "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "sau": 6,
    "bay": 7, "tam": 8, "chin": 9,
}  # fmt: skip


def day_in_words(text: str) -> str:
    """The date that words spell, ISO 8601; empty where they cannot be understood.

    ``Ngày hai mươi lăm, tháng năm, năm hai nghìn không trăm hai mươi sáu``.
    """
    words = re.findall(r"[a-z]+", folded(text))
    if words[:1] == ["ngay"]:
        words = words[1:]
    if "thang" not in words:
        return ""
    month_at = words.index("thang")
    thousand = [i for i, w in enumerate(words) if w in {"nghin", "ngan"}]
    if not thousand or thousand[0] < month_at + 3 or words[thousand[0] - 2] != "nam":
        return ""
    year_at = thousand[0] - 2
    read = [
        _number(part)
        for part in (words[:month_at], words[month_at + 1 : year_at], words[year_at + 1 :])
    ]
    if any(n is None for n in read):
        return ""
    return _iso(*(n for n in read if n is not None))


def _number(words: Sequence[str]) -> int | None:
    """The number that words spell, below ten thousand."""
    total = 0
    last: int | None = None
    for word in words:
        if word in _WORDS:
            if last:
                return None  # said digit by digit
            last = _WORDS[word]
        elif word == "muoi":
            total, last = total + (last or 1) * 10, None
        elif word == "tram":
            total, last = total + (last or 0) * 100, None
        elif word in {"nghin", "ngan"}:
            total, last = (total + (last or 0)) * 1000, None
        elif word not in {"linh", "le", "mung", "ngay"}:
            return None
    return total + (last or 0) if words else None
