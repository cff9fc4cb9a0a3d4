"""Dates in digits, spelt out, and in words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.papers.people import date_in_words
from dossier.spine import Box
from ocr.fields.dates import day_in, day_in_words
from ocr.fields.forms import squashed
from ocr.fields.rows import Token

days = st.dates(date(1900, 1, 1), date(2099, 12, 31))


def tokens(text: str) -> list[Token]:
    made = []
    for word in text.split():
        mark = "," if word.endswith(",") else ""
        bare = word.rstrip(",")
        box = Box(0, 0, 9, 9)
        made.append(
            Token(text=bare, plain=squashed(bare), mark=mark, opens=False, box=box, confidence=0.9)
        )
    return made


@given(
    days,
    st.sampled_from(
        ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d / %m / %Y", "ngày %d tháng %m năm %Y"]
    ),
)
def test_every_way_to_write_a_date_is_read(day: date, how: str) -> None:
    read = day_in(tokens(f"vào {day.strftime(how)} tại"))
    assert read is not None
    assert (read.iso, read.repaired, read.year) == (day.isoformat(), False, day.year)


@given(days)
def test_words_say_the_same_date(day: date) -> None:
    assert day_in_words(date_in_words(day)) == day.isoformat()


@given(st.text(max_size=60))
def test_any_words_are_a_date_or_nothing(text: str) -> None:
    said = day_in_words(text)
    assert said == "" or date.fromisoformat(said).year >= 1850


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_nothing(text: str) -> None:
    read = day_in(tokens(text))
    assert read is None or len(read.iso) == 4 or date.fromisoformat(read.iso).year == read.year


@pytest.mark.parametrize(
    ("text", "iso", "repaired"),
    [
        ("O1/O2/1990", "1990-02-01", True),
        ("ngày I9 tháng 07 năm 2026", "2026-07-19", True),
        ("17 7/12/1989", "1989-12-07", True),
        ("ngày 30 tháng 4", "", False),
        ("31/02/1990", "", False),
        ("32/01/2020", "", False),
        ("ngày tháng 4 năm 2024", "2024", False),
        ("1990", "1990", False),
        ("số 048190001234", "", False),
    ],
)
def test_doubtful_dates(text: str, iso: str, *, repaired: bool) -> None:
    read = day_in(tokens(text))
    assert ("" if read is None else read.iso) == iso
    assert read is None or read.repaired is repaired


def test_a_year_alone_counts_only_where_asked_for() -> None:
    assert day_in(tokens("năm 1990"), year_alone=False) is None


@pytest.mark.parametrize("text", ["", "ngày hai", "tháng hai", "hai nghìn", "một chín chín không"])
def test_words_that_are_no_date(text: str) -> None:
    assert day_in_words(text) == ""
