"""Rotated pages are turned upright, and the turn is recorded."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from dossier.ports import GreyPicture, Recogniser
from dossier.spine import Box, MediaType, RecognisedPage, Word
from ocr.orientation import confidence, read_upright, stands_on_end
from ocr.reading import read_page
from ocr.recognisers.tesserocr_engine import TesserocrRecogniser
from pages.grey import GreySettings, grey, smaller, turned

GOV = Path(__file__).parents[2] / "fixtures" / "vn-gov" / "288-ttg.pdf"


@cache
def engine() -> TesserocrRecogniser:
    return TesserocrRecogniser(language="vie")


class Counting:
    """The real engine, its use counted."""

    def __init__(self) -> None:
        self.times = 0

    @property
    def engine(self) -> str:
        return engine().engine

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        self.times += 1
        return engine().recognise(picture, number=number)


def upright(picture: GreyPicture, recogniser: Recogniser) -> RecognisedPage:
    first = recogniser.recognise(picture, number=2)
    return read_upright(picture, recogniser, first=first, number=2, turned=turned, smaller=smaller)


@pytest.mark.parametrize(
    ("lies", "turn", "times"), [(0, 0, 1), (90, 270, 2), (180, 180, 3), (270, 90, 3)]
)
def test_a_real_page_in_every_turn(lies: int, turn: int, times: int) -> None:
    picture = grey(GOV, MediaType.PDF, 2, settings=GreySettings())
    counting = Counting()
    page = upright(turned(picture, lies), counting)
    assert (page.turn, counting.times) == (turn, times)
    assert page.width == pytest.approx(599, abs=1)
    assert page.height == pytest.approx(843, abs=1)
    assert "Thủ tướng Chính phủ" in page.text()
    assert not stands_on_end(page)


class Scripted:
    """Returns its scripted pages, once each."""

    engine = "scripted 1 vie"

    def __init__(self, *pages: RecognisedPage) -> None:
        self._pages = list(pages)

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        assert (number, picture.dpi) == (2, 100)
        return self._pages.pop(0)


def page(confidence: float, *, on_end: bool = False, words: int = 10) -> RecognisedPage:
    box = Box(0, 0, 10, 30) if on_end else Box(0, 0, 30, 10)
    return RecognisedPage(2, 100, 100, (Word("chữviết", box, confidence, 0),) * words)


PICTURE = GreyPicture(10, 10, 100, bytes(100))


def test_a_few_letters_tell_nothing() -> None:
    few = page(0.1, words=2)
    assert upright(PICTURE, Scripted(few)) is few


def test_what_makes_no_sense_in_any_turn_stays_as_it_came() -> None:
    first = page(0.4)
    assert upright(PICTURE, Scripted(first, page(0.5))) is first
    assert upright(PICTURE, Scripted(first, page(0.9, words=1))) is first


def test_a_turn_that_makes_it_worse_is_taken_back() -> None:
    first = page(0.9, on_end=True)
    assert upright(PICTURE, Scripted(first, page(0.5))) is first
    assert upright(PICTURE, Scripted(first, page(0.95, on_end=True))) is first
    assert upright(PICTURE, Scripted(first, page(0.85))).turn == 270


def test_an_empty_page_has_no_confidence_and_does_not_stand_on_end() -> None:
    empty = RecognisedPage(1, 10, 10, ())
    assert confidence(empty) == 0
    assert not stands_on_end(empty)
    assert upright(PICTURE, Scripted(empty)) is empty


@pytest.mark.parametrize("turn", [0, 180])
def test_what_a_person_says_goes(turn: int) -> None:
    answer = read_page(
        path=str(GOV),
        media_type="application/pdf",
        number=2,
        size=[599, 843],
        engine="tesserocr",
        language="vie",
        dpi=200,
        seconds=60,
        max_source_pixels=10**8,
        turn=turn,
    )
    assert answer["page"]["turn"] == turn
    assert (answer["page"]["width"], answer["page"]["height"]) == (599, 843)
