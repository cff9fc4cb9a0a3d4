"""The words of texts and questions."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archive.finding.words import clean, hide_numbers, is_number_token, numbers_in, words_of
from archive.identity import IdentityKeys

KEYS = IdentityKeys(b"k" * 32)
NUMBER = "001099012345"
TOKEN = KEYS.number_token(NUMBER)
OLD = KEYS.number_token("012345678")


def _words(said: str) -> list[str]:
    return [word.exact for word in words_of(hide_numbers(clean(said), KEYS))]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (NUMBER, [TOKEN]),
        ("001 099 012 345", [TOKEN]),
        ("001.099.012.345.", [TOKEN]),
        ("0010 9901 2345", [TOKEN]),
        ("001099-012345", [TOKEN]),
        ("001\u00a0099\u00a0012\u00a0345", [TOKEN]),
        ("００１０９９０１２３４５", [TOKEN]),
        (f"CCCD:{NUMBER}.", ["cccd", TOKEN]),
        (f"CCCD-{NUMBER}-x", ["cccd", TOKEN, "x"]),
        (f"a{NUMBER}b", ["a", TOKEN, "b"]),
        (f"5 {NUMBER} 7", ["5", TOKEN, "7"]),
        (f"{NUMBER} 2", [TOKEN, "2"]),
        ("số 12 0010 9901 2345 ngày 01", ["số", "12", TOKEN, "ngày", "01"]),
        ("012345678", [OLD]),
        ("012 345 678", [OLD]),
        # Longer runs could hold one, such as the foot of an ID card.
        ("VN0990123450001099012345<<3", ["vn", KEYS.number_token("0990123450001099012345"), "3"]),
        # These are none.
        ("12/09/2026", ["12", "09", "2026"]),
        ("0912 345 678", ["0912", "345", "678"]),
        ("H15.50.05.13-261008-0975", ["h15", "50", "05", "13", "261008", "0975"]),
        ("000.00.01.H26-260930-0012", ["000", "00", "01", "h26", "260930", "0012"]),
        ("1.004222.000.00.00.H15", ["1", "004222", "000", "00", "00", "h15"]),
        ("123/QĐ-UBND", ["123", "qđ", "ubnd"]),
        ("a_b  «c»", ["a", "b", "c"]),
        # A mark that melts into no letter parts no word.
        ("vq\u0301a \u0301 d\u0323", ["vqa", "ḍ"]),
        ("", []),
    ],
)
def test_words_are_cut_and_numbers_of_people_hidden(said: str, expected: list[str]) -> None:
    assert _words(said) == expected


def test_a_question_tells_the_numbers_in_it() -> None:
    assert numbers_in("Lê Thị Bích 001 099 012 345 và 012345678") == (NUMBER, "012345678")
    assert numbers_in("H15.50.05.13-261008-0975 ngày 12/09/2026") == ()


@given(st.text())
def test_every_word_has_a_folded_one(said: str) -> None:
    for word in words_of(clean(said)):
        assert word.exact
        assert word.folded
        assert " " not in word.exact + word.folded


@given(st.text())
def test_nfd_is_nfc(said: str) -> None:
    composed = unicodedata.normalize("NFC", said)
    assert _words(said) == _words(composed)
    assert _words(unicodedata.normalize("NFD", said)) == _words(composed)


@given(st.from_regex(r"[0-9]([ .\-]?[0-9]){11}", fullmatch=True), st.sampled_from([" ", ": "]))
def test_no_citizen_id_stands_in_the_index(number: str, before: str) -> None:
    # Nine digits by themselves and three beside them are an old number and something else.
    assume(re.search(r"(?<![0-9])[0-9]{9,11}(?![0-9])", number) is None)
    digits = re.sub(r"\D", "", number)
    found = _words(f"số{before}{number} cấp ngày")
    assert found == ["số", KEYS.number_token(digits), "cấp", "ngày"]


@given(
    st.lists(
        st.sampled_from(["0", "12", "345", "678901", " ", ".", "-", "/", "a", "é"]), max_size=30
    )
)
def test_no_run_of_nine_digits_is_left(parts: list[str]) -> None:
    found = _words("".join(parts))
    assert not any(re.search(r"[0-9]{9}", w) for w in found if not is_number_token(w))
