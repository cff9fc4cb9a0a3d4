"""The measures of reading: words in any order, letters at their best place and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.accuracy import judged
from bench.pages import distance, lowest_distance

PAGE = "ỦY BAN NHÂN DÂN\nCỘNG HÒA XÃ HỘI\nĐã nhận đủ hồ sơ của ông Bình"


def test_a_page_read_as_it_is_has_no_fault() -> None:
    score = judged(PAGE, PAGE)
    assert (score.missed, score.too_many, score.tones) == (0, 0, 0)
    assert (score.any_order, score.in_order) == (0, 0)


def test_lines_in_another_order_count_in_reading_order_alone() -> None:
    first, second, third = PAGE.splitlines()
    score = judged(PAGE, f"{second}\n{first}\n{third}")
    assert (score.missed, score.any_order) == (0, 0)
    assert score.in_order >= len(first)


def test_a_stamp_that_the_transcription_lacks_is_too_many_and_not_out_of_order() -> None:
    score = judged(PAGE, "CÔNG VĂN ĐẾN Số 8812\n" + PAGE)
    assert (score.missed, score.too_many, score.in_order) == (0, 5, 0)


def test_a_wrong_mark_is_a_word_missed_for_its_tone() -> None:
    score = judged(PAGE, PAGE.replace("nhận đủ", "nhân dủ").replace("Bình", "Bang"))
    assert (score.missed, score.tones) == (3, 2)


@given(st.text("ab c", max_size=12), st.text("ab c", max_size=16))
def test_the_most_similar_part_is_that_of_all_parts(part: str, whole: str) -> None:
    ends = range(len(whole) + 1)
    parts = [whole[start:end] for start in ends for end in ends[start:]]
    assert lowest_distance(part, whole) == min(distance(part, other) for other in parts)
