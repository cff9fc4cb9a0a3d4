"""Canonical words for dates, document numbers, amounts and serials, whatever their spelling.

``d20240305`` a date, ``m202403`` its month, ``n15/2024/qdubnd`` a document number with its parts
(``n15/2024``, ``n15//qdubnd``), ``yqdubnd`` its notation, ``a12500000`` an amount, ``sab123456`` a
serial. A ``=`` before them keeps them apart from ordinary words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dossier import text

_DATE = re.compile(
    r"(?<![\d/.\-])(?P<d>\d{1,2})\s?(?P<s>[/.\-])\s?(?P<m>\d{1,2})\s?(?P=s)\s?(?P<y>\d{4})(?![\d/])"
    r"|(?<!\d)(?P<y2>\d{4})-(?P<m2>\d\d)-(?P<d2>\d\d)(?!\d)"
    r"|ng[àa]y\s+(?P<d3>\d{1,2})\s+th[áa]ng\s+(?P<m3>\d{1,2})\s+n[ăa]m\s+(?P<y3>\d{4})",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"(?<![\d/.\-])(?P<m>\d{1,2})\s?/\s?(?P<y>(?:19|20)\d\d)(?![\w/\-])"
    r"|th[áa]ng\s+(?P<m2>\d{1,2})\s+n[ăa]m\s+(?P<y2>\d{4})",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w/.\-])(?P<n>\d{1,5})\s?[/\\]\s?"
    r"(?:(?P<y>(?:19|20)\d\d)(?!\d)\s?[/\\]?\s?)?"
    r"(?P<sign>[^\W\d_][^\W_]*(?:\s?[-/\\]\s?[^\W\d_][^\W_]*)*)?(?!\w)"
)
_AMOUNT = re.compile(
    r"(?<![\w/.,\-])(?P<whole>\d{1,3}(?:[.,]\d{3})+)(?:[.,](?P<part>\d{1,2}))?(?![\w/\-]|[.,]\d)"
    r"|(?<![\w/.,\-])(?P<plain>\d{4,16})(?![\w/\-]|[.,]\d)"
    r"|(?<![\w/.,\-])(?P<small>\d{1,3}),(?P<small_part>\d{1,2})(?![\w/\-])"
)
_SERIAL = re.compile(
    r"(?<![^\W_])(?P<series>[a-z]{1,3})\s?(?P<serial>\d{6,8})(?!\w)", re.IGNORECASE
)
_LETTERS = re.compile(r"[^a-z]")
_DIGIT = re.compile(r"\d")
# How far a figure reaches around a digit: `ngày 05 tháng 03 năm 1984`, `QĐ-UBND-NC`.
_BEFORE, _AFTER = 14, 26


class Figure(NamedTuple):
    """A figure in a text.

    Attributes:
        start: where it begins.
        end: where it ends.
        words: its canonical words, the most specific first.
    """

    start: int
    end: int
    words: tuple[str, ...]


def figures_in(content: str) -> list[Figure]:
    """The figures of a text, in the order of their kinds; a place belongs to one of them."""
    found: list[Figure] = []
    for reader in (_dates, _numbers, _serials, _amounts):
        for figure in reader(content):
            if not any(f.start < figure.end and figure.start < f.end for f in found):
                found.append(figure)
    return found


def figure_words(content: str) -> list[str]:
    """The canonical words of a long text; only the surroundings of digits are read."""
    out: list[str] = []
    start = end = -1
    for digit in _DIGIT.finditer(content):
        at = digit.start()
        if start < 0 or at > end + _BEFORE + _AFTER:
            if start >= 0:
                out += _around(content, start, end)
            start = at
        end = at
    if start >= 0:
        out += _around(content, start, end)
    return out


def _around(content: str, start: int, end: int) -> Iterator[str]:
    begin = content.rfind(" ", 0, max(start - _BEFORE, 0)) + 1
    for figure in figures_in(content[begin : end + _AFTER]):
        yield from figure.words


def _dates(content: str) -> Iterator[Figure]:
    for m in _DATE.finditer(content):
        day, month, year = (
            m["d"] or m["d2"] or m["d3"],
            m["m"] or m["m2"] or m["m3"],
            m["y"] or m["y2"] or m["y3"],
        )
        if 0 < int(month) <= 12 and 0 < int(day) <= 31:  # noqa: PLR2004 - months and days
            stamp = f"{year}{int(month):02d}"
            yield Figure(m.start(), m.end(), (f"=d{stamp}{int(day):02d}", f"=m{stamp}"))


def _numbers(content: str) -> Iterator[Figure]:
    for m in _NUMBER.finditer(content):
        number = m["n"].lstrip("0") or "0"
        year, sign = m["y"], _LETTERS.sub("", text.folded(m["sign"] or ""))
        words: list[str] = []
        if year and sign:
            words = [f"=n{number}/{year}/{sign}", f"=n{number}/{year}", f"=n{number}//{sign}"]
        elif year:
            words = [f"=n{number}/{year}"]
        elif len(sign) > 1:
            words = [f"=n{number}//{sign}"]
        if len(sign) > 1:
            words.append(f"=y{sign}")
        if words:
            yield Figure(m.start(), m.end(), tuple(words))
    for m in _MONTH.finditer(content):
        month, year = m["m"] or m["m2"], m["y"] or m["y2"]
        if 0 < int(month) <= 12:  # noqa: PLR2004 - months
            yield Figure(m.start(), m.end(), (f"=m{year}{int(month):02d}",))


def _amounts(content: str) -> Iterator[Figure]:
    for m in _AMOUNT.finditer(content):
        whole = re.sub(r"\D", "", m["whole"] or m["plain"] or m["small"])
        part = m["part"] or m["small_part"]
        yield Figure(m.start(), m.end(), (f"=a{whole}" + (f",{part}" if part else ""),))


def _serials(content: str) -> Iterator[Figure]:
    for m in _SERIAL.finditer(content):
        yield Figure(m.start(), m.end(), (f"=s{m['series'].lower()}{m['serial']}",))
