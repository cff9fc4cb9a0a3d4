"""Numbers read twice, dotted lines, skew and stamps: what each look changes, and what not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from dossier.ports import GreyPicture
from dossier.spine import Box, RecognisedPage, Word
from ocr.preprocess.colour_dropout import needs_colour_dropout, read_without_colour
from ocr.preprocess.deskew import deskewed, rotated
from ocr.preprocess.dotted_lines import reread_dotted_lines
from ocr.preprocess.recogniser import PreprocessingRecogniser
from ocr.preprocess.second_reading import CONFIRMED, DIFFER, reread_numbers
from ocr.preprocess.unread_ink import Ink

NUMBER, OTHER = "048190001234", "048190001235"
WIDTH, HEIGHT = 1240, 1754  # A4 at 150 dpi


def white() -> GreyPicture:
    return GreyPicture(WIDTH, HEIGHT, 150.0, b"\xff" * (WIDTH * HEIGHT))


def page(*lines: Sequence[tuple[str, float]]) -> RecognisedPage:
    words = []
    for number, line in enumerate(lines):
        x = 60.0
        for text, confidence in line:
            right = x + 5.0 * len(text)
            y = 100.0 + 20 * number
            words.append(Word(text, Box(x, y - 9, right, y), confidence, number))
            x = right + 4
    return RecognisedPage(1, 595.0, 842.0, tuple(words))


class Scripted:
    """A recogniser that gives prepared answers."""

    engine = "scripted 1 vie"

    def __init__(self, *answers: RecognisedPage) -> None:
        self.answers = list(answers)
        self.seen: list[GreyPicture] = []

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        self.seen.append(picture)
        return replace(self.answers.pop(0), number=number)


def reads(*digits: str) -> Callable[[GreyPicture], str]:
    left = list(digits)
    return lambda _: left.pop(0)


def test_two_readings_that_agree_confirm_a_number() -> None:
    before = page([("Số", 0.9), (NUMBER, 0.9)])
    after = reread_numbers(before, white(), read_digits=reads(NUMBER))
    assert [w.confidence for w in after.words] == [0.9, CONFIRMED]


def test_groups_are_confirmed_together() -> None:
    before = page([(NUMBER[:6], 0.9), (NUMBER[6:] + ";", 0.9)])
    after = reread_numbers(before, white(), read_digits=reads(NUMBER))
    assert [(w.text, w.confidence) for w in after.words] == [
        (NUMBER[:6], CONFIRMED),
        (NUMBER[6:] + ";", CONFIRMED),
    ]


def test_the_majority_keeps_its_number_but_in_doubt() -> None:
    before = page([(NUMBER, 0.95)])
    after = reread_numbers(before, white(), read_digits=reads(OTHER, NUMBER))
    assert [(w.text, w.confidence) for w in after.words] == [(NUMBER, DIFFER)]


@pytest.mark.parametrize("first", ["0481900012344", "04819000123", "999190001234"])
def test_a_better_reading_takes_its_place_in_doubt(first: str) -> None:
    before = page([("số:", 0.9), (f"{first};", 0.95)])
    after = reread_numbers(before, white(), read_digits=reads(NUMBER, NUMBER))
    assert [(w.text, w.confidence) for w in after.words] == [
        ("số:", 0.9),
        (f"{NUMBER};", DIFFER),
    ]


def test_groups_read_better_become_one_word() -> None:
    before = page([("048", 0.9), ("19O", 0.9), ("001", 0.9), ("23", 0.9)])
    after = reread_numbers(before, white(), read_digits=reads(NUMBER, NUMBER))
    assert [w.text for w in after.words] == [NUMBER]
    assert after.words[0].box == before.words[0].box.union(before.words[-1].box)


def test_dates_and_short_numbers_are_left_alone() -> None:
    before = page([("19-02-1983", 0.9), ("01/02/2024", 0.9), ("2024", 0.9)])
    assert reread_numbers(before, white(), read_digits=reads()) == before


def test_a_dotted_line_is_read_again_where_that_is_better() -> None:
    before = page([("Họ", 0.9), ("tên:", 0.9)], [("S0n", 0.1), ("9?66", 0.1), ("......" * 5, 0.1)])
    read = (Word("Lê", Box(20, 15, 40, 25), 0.9, 0), Word("Lan", Box(50, 15, 70, 25), 0.9, 0))
    strip = RecognisedPage(1, 300.0, 40.0, read)
    after = reread_dotted_lines(before, white(), recogniser=Scripted(strip))
    assert [w.text for w in after.words] == ["Họ", "tên:", "Lê", "Lan"]
    assert [w.line for w in after.words] == [0, 0, 1, 1]
    assert all(abs(w.box.bottom - before.words[2].box.bottom) < 9 for w in after.words[2:])
    worse = replace(strip, words=tuple(replace(w, confidence=0.01) for w in strip.words))
    assert reread_dotted_lines(before, white(), recogniser=Scripted(worse)) == before


def test_lines_remove_dot_leaders_cost_nothing() -> None:
    before = page([("rất", 0.1), ("mờ", 0.1), ("nhưng", 0.1), ("không", 0.1), ("chấm", 0.1)])
    assert reread_dotted_lines(before, white(), recogniser=Scripted()) == before


def lined(degrees: float) -> GreyPicture:
    """A page of rows of ink, turned clockwise by some degrees."""
    pixels = np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)
    for top in range(200, 1500, 40):
        pixels[top : top + 12, 200:1040] = 0
    level = GreyPicture(WIDTH, HEIGHT, 150.0, pixels.tobytes())
    return rotated(level, -degrees)


@pytest.mark.parametrize("degrees", [-3.0, -1.2, 0.6, 2.0])
def test_a_skewed_page_is_made_straight_and_boxes_find_back(degrees: float) -> None:
    picture = lined(degrees)
    straight = deskewed(picture)
    assert straight.degrees == pytest.approx(degrees, abs=0.11)
    # The first bar of the straight picture must lie where ink is on the page as received.
    box = Box(200 * 0.48, 200 * 0.48, 240 * 0.48, 212 * 0.48)
    found = RecognisedPage(1, WIDTH * 0.48, HEIGHT * 0.48, (Word("x", box, 0.9, 0),))
    back = straight.restored(found).words[0].box
    x, y = (back.left + back.right) / 2 / 0.48, (back.top + back.bottom) / 2 / 0.48
    pixels = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(HEIGHT, WIDTH)
    assert pixels[round(y), round(x)] < 128


def test_a_level_page_and_an_empty_one_are_left_alone() -> None:
    level = lined(0.0)
    assert deskewed(level).picture is level
    assert deskewed(white()).degrees == 0.0


BAD = page([("Số", 0.9), ("CCCD:", 0.9)], [("a1", 0.1), ("b2", 0.1), ("c3", 0.1), ("d4", 0.1)])


READ, UNREAD = Ink(100, 5), Ink(100, 30)


def test_pages_of_people_with_bad_words_or_unread_ink_are_read_without_colour() -> None:
    good = page([("Số", 0.9), ("CCCD:", 0.9), (NUMBER, 0.9)])
    assert needs_colour_dropout(BAD, READ)
    assert needs_colour_dropout(good, UNREAD)
    assert not needs_colour_dropout(good, READ)
    assert not needs_colour_dropout(replace(BAD, words=BAD.words[2:]), UNREAD)


def test_the_reading_with_more_letters_is_taken_and_good_words_of_the_other_stay() -> None:
    grey = GreyPicture(WIDTH, HEIGHT, 150.0, b"\x60" * (WIDTH * HEIGHT))
    found = page([("", 0.9)], [(NUMBER, 0.95)])
    read = read_without_colour(BAD, grey, white(), recogniser=Scripted(found))
    assert [w.text for w in read.words if w.text] == [NUMBER, "Số", "CCCD:"]
    assert read_without_colour(BAD, white(), white(), recogniser=Scripted()) is BAD


def test_a_surer_reading_that_lost_lines_is_not_taken() -> None:
    grey = GreyPicture(WIDTH, HEIGHT, 150.0, b"\x60" * (WIDTH * HEIGHT))
    all_lines = page([("Người", 0.7), ("mẹ:", 0.7), ("Trần", 0.7)], [("Người", 0.7), ("cha:", 0.7)])
    one_line = page([("", 0.9)], [("Người", 0.97), ("cha:", 0.97)])
    assert (
        read_without_colour(one_line, grey, white(), recogniser=Scripted(all_lines)).words[:5]
        == all_lines.words
    )
    kept = read_without_colour(all_lines, grey, white(), recogniser=Scripted(one_line))
    assert [w.text for w in kept.words] == [w.text for w in all_lines.words]


def test_a_page_is_prepared_and_its_parts_are_read_again() -> None:
    grey = GreyPicture(WIDTH, HEIGHT, 150.0, b"\x60" * (WIDTH * HEIGHT))
    inner = Scripted(BAD, page([("CCCD:", 0.9), (NUMBER, 0.95)]))
    recogniser = PreprocessingRecogniser(inner, digits=reads(NUMBER))
    read = recogniser.recognise(grey, number=3, without_colour=white)
    assert read.number == 3
    assert recogniser.engine == "scripted 1 vie"
    assert next(w.confidence for w in read.words if w.text == NUMBER) == CONFIRMED
    assert len(inner.seen) == 2
    assert read.doubts == ()


def inked() -> GreyPicture:
    """A page full of short strokes."""
    pixels = np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)
    for top in range(200, 1500, 40):
        for left in range(200, 1040, 14):
            pixels[top : top + 14, left : left + 3] = 0
    return GreyPicture(WIDTH, HEIGHT, 150.0, pixels.tobytes())


def test_a_page_with_ink_and_no_words_is_read_again_and_doubted() -> None:
    inner = Scripted(page(), page([("dust", 0.9)]), page())
    read = PreprocessingRecogniser(inner, digits=reads()).recognise(inked(), number=1)
    assert [w.text for w in read.words] == ["dust"]
    assert read.doubts == ("page.few-words",)
    assert len({picture.pixels for picture in inner.seen}) == 3


def test_a_page_without_ink_is_not_doubted() -> None:
    inner = Scripted(page())
    read = PreprocessingRecogniser(inner, digits=reads()).recognise(white(), number=1)
    assert read.doubts == ()


def test_a_number_that_lost_a_digit_is_looked_for_with_more_room() -> None:
    cuts: list[int] = []

    def read(picture: GreyPicture) -> str:
        cuts.append(picture.width)
        return NUMBER if len(cuts) > 1 else NUMBER[1:]

    after = reread_numbers(page([(NUMBER[1:], 0.9)]), white(), read_digits=read)
    assert cuts[1] > cuts[0]
    assert [(w.text, w.confidence) for w in after.words] == [(NUMBER, DIFFER)]
