"""Names of people, and where they end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.spine import Box
from ocr.fields.forms import squashed
from ocr.fields.names import name_in
from ocr.fields.rows import Token


def tokens(text: str, *, confidence: float = 0.9) -> list[Token]:
    made = []
    for n, word in enumerate(text.split()):
        bare = word.rstrip(",;:|")
        mark = word[len(bare) :][:1] if not word.endswith("|") else ""
        opens = n > 0 and text.split()[n - 1].endswith("|")
        made.append(Token(bare, squashed(bare), mark, opens, Box(0, 0, 9, 9), confidence))
    return made


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nguyễn Thị Mai", "Nguyễn Thị Mai"),
        ("LÊ GIA VIỆT", "LÊ GIA VIỆT"),
        ("Ông Trần Văn An, sinh ngày", "Trần Văn An"),
        ("Châu Ngọc Loan", "Châu Ngọc Loan"),
        ("LÝ QUỐC MẠNH", "LÝ QUỐC MẠNH"),
        ("Đỗ Trọng Nam, sinh năm 1991", "Đỗ Trọng Nam"),
        ("Phan Hà Giới tính Nữ", "Phan Hà"),
        ("Cao Quỳnh Vân| ccccc nhe", "Cao Quỳnh Vân"),
        ("Vũ Sơn CCCD số 1", "Vũ Sơn"),
        ("thôn 4, xã Ia Grai", None),
        ("Lan", None),
        ("048190001234", None),
        ("", None),
    ],
)
def test_a_name_ends_where_it_ends(text: str, name: str | None) -> None:
    read = name_in(tokens(text))
    assert (read.text if read else None) == name


def test_a_name_that_breaks_off_is_marked() -> None:
    read = name_in(tokens("Võ Gia H4i"))
    assert read is not None
    assert read.cut


@given(st.text(max_size=50))
def test_a_name_is_words_of_letters(text: str) -> None:
    read = name_in(tokens(text))
    assert read is None or not any(c.isdigit() for c in read.text)
