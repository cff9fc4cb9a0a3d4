"""Citizen IDs out of words: joined, distinguished, never silently corrected."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.codes import PROVINCE_CODES, citizen_id
from dossier.spine import Box
from ocr.fields.forms import squashed
from ocr.fields.numbers import digits_of, numbers_in
from ocr.fields.rows import Token

VALID = "048190001234"


def tokens(texts: Sequence[str]) -> list[Token]:
    made, x = [], 50.0
    for text in texts:
        right = x + 5 * len(text)
        box = Box(x, 50, right, 59)
        made.append(
            Token(text=text, plain=squashed(text), mark="", opens=False, box=box, confidence=0.99)
        )
        x = right + 4
    return made


citizen_ids = st.builds(
    "{}{}{:02d}{:06d}".format,
    st.sampled_from(sorted(PROVINCE_CODES)),
    st.integers(0, 3),
    st.integers(0, 99),
    st.integers(0, 999_999),
)


@given(citizen_ids, st.sampled_from(["", " ", "."]), st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_a_number_printed_in_groups_is_joined(number: str, between: str, size: int) -> None:
    groups = [number[i : i + size] for i in range(0, 12, size)]
    words = between.join(groups).split()
    found = numbers_in(tokens(words))
    assert [n.digits for n in found] == [number]
    assert not found[0].repaired
    assert not found[0].loose


@given(citizen_ids, st.data())
def test_a_letter_for_a_digit_is_repaired_and_reported(number: str, data: st.DataObject) -> None:
    looks = {"0": "O", "1": "l", "5": "S", "8": "B"}
    places = [i for i, digit in enumerate(number) if digit in looks]
    if not places:
        return
    at = data.draw(st.sampled_from(places))
    found = numbers_in(tokens([number[:at] + looks[number[at]] + number[at + 1 :]]))
    assert [(n.digits, n.repaired) for n in found] == [(number, True)]


@given(st.lists(st.text(string.ascii_letters + string.digits + "./-|:", max_size=14), max_size=6))
def test_whatever_stands_there_a_number_has_its_structure(texts: list[str]) -> None:
    for number in numbers_in(tokens(texts)):
        assert number.digits == "" or len(number.digits) in {9, 12}
        assert number.is_citizen_id == (citizen_id(number.digits) is not None)


@pytest.mark.parametrize(
    "texts", [["04819000123"], ["0481900012345"], ["999190001234"], ["048190001234048190001234"]]
)
def test_a_wrong_length_or_province_is_no_citizen_id(texts: list[str]) -> None:
    assert not any(n.is_citizen_id for n in numbers_in(tokens(texts)))


def test_digits_left_over_are_reported() -> None:
    found = numbers_in(tokens(["12", "048", "190", "001", "234"]))
    assert [(n.digits, n.loose) for n in found] == [(VALID, True)]


def test_a_year_beside_a_whole_number_does_no_harm() -> None:
    found = numbers_in(tokens([VALID, "2021"]))
    assert [(n.digits, n.loose) for n in found] == [(VALID, False)]


def test_glued_to_a_label_it_is_found() -> None:
    assert digits_of("số048190001234") == (VALID, False)


@pytest.mark.parametrize("text", ["12/05/1990", "Nguyễn", "", "BOSS", "O"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert digits_of(text)[0] in {"", "0"}
    assert not numbers_in(tokens([text]))


def test_an_old_number_has_nine_digits() -> None:
    assert [n.digits for n in numbers_in(tokens(["205123456"]))] == ["205123456"]


@pytest.mark.parametrize(
    "words",
    [["Cước.công.dân.số.048", "190.001", "234"], ["số.0481900O1234"], ["CCCD.số.048190001234"]],
)
def test_words_tied_to_a_number_by_dots_are_left_out(words: list[str]) -> None:
    (number,) = numbers_in(tokens(words))
    assert number.digits == "048190001234"


def test_a_colon_parts_two_words_but_not_one_word_on_a_dotted_line() -> None:
    first, second, third = tokens(["066.198.460", "1", "78"])
    one_word = [first, replace(second, mark=":", word=5), replace(third, word=5)]
    assert [n.digits for n in numbers_in(one_word)] == ["066198460178"]
    two_words = [first, replace(second, mark=":", word=5), replace(third, word=6)]
    assert "066198460178" not in [n.digits for n in numbers_in(two_words)]


@pytest.mark.parametrize(
    "words",
    [
        ["06.09.2022", "16:35"],
        ["06.09.2022", "1635"],
        ["06/09/2022", "16:35:12"],
        ["lúc", "16h35", "06-09-2022"],
        ["1.2.2026", "0812", "3456"],
    ],
)
def test_a_date_with_a_time_of_day_is_no_number(words: list[str]) -> None:
    assert not [n for n in numbers_in(tokens(words)) if n.is_citizen_id]
