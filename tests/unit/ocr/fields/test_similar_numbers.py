"""Numbers that are alike."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ocr.fields.similar_numbers import similar_to_others

_FEW = st.text("01", min_size=5, max_size=5)


@given(st.sets(_FEW, max_size=12), st.integers(1, 3))
def test_those_are_near_that_differ_in_as_many_places_or_fewer(numbers: set[str], by: int) -> None:
    expected: set[str] = set()
    for one, other in combinations(sorted(numbers), 2):
        if sum(a != b for a, b in zip(one, other, strict=True)) <= by:
            expected |= {one, other}
    assert similar_to_others(numbers, by=by) == expected
