"""Vietnamese text: one normal form, and a folded one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.text import exact, folded, nfc, tokens


@given(st.text())
def test_both_normal_forms_are_equal(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    assert nfc(composed) == nfc(decomposed)
    assert exact(composed) == exact(decomposed)
    assert folded(composed) == folded(decomposed)


@given(st.text("aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ "))
def test_folding_leaves_ascii_of_the_same_length(text: str) -> None:
    assert folded(text).isascii()
    assert len(folded(text)) == len(text)


@pytest.mark.parametrize(
    ("old", "new"), [("hoà", "hòa"), ("Thuý", "Thúy"), ("khoẻ", "khỏe"), ("loè", "lòe")]
)
def test_both_placings_of_the_tone_are_one_word(old: str, new: str) -> None:
    assert exact(old) == exact(new) == new.lower()


@pytest.mark.parametrize("word", ["quý", "hoàn", "thuỷu", "Quỳ", "toàn"])
def test_other_words_keep_their_tone(word: str) -> None:
    assert exact(word) == word.lower()


def test_eth_is_taken_for_the_vietnamese_letter() -> None:
    assert nfc("Ðức ð") == "Đức đ"


def test_tokens_are_words_and_numbers() -> None:
    assert tokens("Số 123/QĐ-UBND, ngày 01") == ["số", "123", "qđ", "ubnd", "ngày", "01"]
