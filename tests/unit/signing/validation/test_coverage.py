"""What a ByteRange may leave out."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.validation.coverage import gap_problem

CONTENTS = b"\x30\x03abc\x00\x00"
BEFORE, GAP, AFTER = b"%PDF-1.7 /Contents ", b"<" + CONTENTS.hex().encode() + b">", b" rest %%EOF"
FILE = BEFORE + GAP + AFTER
RANGE = [0, len(BEFORE), len(BEFORE) + len(GAP), len(AFTER)]


def test_the_honest_one() -> None:
    assert gap_problem(io.BytesIO(FILE), RANGE, CONTENTS) == ""
    upper = FILE.replace(CONTENTS.hex().encode(), CONTENTS.hex().upper().encode())
    assert gap_problem(io.BytesIO(upper), RANGE, CONTENTS) == ""


@given(st.lists(st.integers(min_value=-5, max_value=len(FILE) + 5), max_size=6))
def test_any_other_range_is_refused(numbers: list[int]) -> None:
    if numbers[:3] == RANGE[:3] and len(numbers) == 4 and 0 <= numbers[3] <= RANGE[3]:
        return  # the tail may be a later update: judged elsewhere
    assert gap_problem(io.BytesIO(FILE), numbers, CONTENTS)


@pytest.mark.parametrize(
    "numbers", [[0, 1.5, 3, 4], [True, 1, 2, 3], ["0", "1", "2", "3"], [None] * 4]
)
def test_what_is_no_number_is_refused(numbers: list[object]) -> None:
    assert gap_problem(io.BytesIO(FILE), numbers, CONTENTS) == "byte-range.malformed"


@given(st.binary(max_size=20))
def test_other_contents_than_those_in_the_gap_are_refused(contents: bytes) -> None:
    if contents != CONTENTS:
        assert gap_problem(io.BytesIO(FILE), RANGE, contents) == "byte-range.gap"
