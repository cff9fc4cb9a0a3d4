"""What every ``Recogniser`` does, asked of both engines and of some broken on purpose."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from dossier.errors import Misconfigured
from dossier.ports import GreyPicture, Recogniser
from dossier.spine import Box, MediaType, RecognisedPage, Word
from dossier.text import folded
from ocr.recognisers.pytesseract_engine import PytesseractRecogniser
from ocr.recognisers.tesserocr_engine import TesserocrRecogniser
from pages.grey import GreySettings, grey

FONT = Path("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf")
GOV = Path(__file__).parents[1] / "fixtures" / "vn-gov"
DPI = 200
LINES = (
    ("Giấy xác nhận tình trạng hôn nhân", (40.0, 60.0)),
    ("Họ và tên: Nguyễn Thị Thử Nghiệm", (40.0, 90.0)),
    ("Số định danh cá nhân: 001190012345", (40.0, 120.0)),
)


@cache
def drawn() -> tuple[GreyPicture, tuple[tuple[str, Box], ...]]:
    """A small page and where each of its words stands, in pt."""
    scale = DPI / 72
    image = Image.new("L", (round(400 * scale), round(200 * scale)), 255)
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, round(14 * scale))
    words = []
    for text, (left, top) in LINES:
        pen.text((left * scale, top * scale), text, font=font, fill=0)
        x = left
        for word in text.split():
            width = pen.textlength(word, font=font) / scale
            words.append((word, Box(x, top, x + width, top + 16)))
            x += pen.textlength(word + " ", font=font) / scale
    return GreyPicture(*image.size, DPI, image.tobytes()), tuple(words)


@cache
def government() -> GreyPicture:
    return grey(GOV / "288-ttg.pdf", MediaType.PDF, 2, settings=GreySettings())


def the_words_are_read_in_order(recogniser: Recogniser) -> None:
    page = recogniser.recognise(drawn()[0], number=1)
    # Order is asked for here, not the last tone mark.
    assert folded(page.text()) == folded("\n".join(text for text, _ in LINES))
    assert [w.line for w in page.words] == sorted(w.line for w in page.words)
    assert {w.line for w in page.words} == {0, 1, 2}


def text_is_nfc_and_words_hold_no_space(recogniser: Recogniser) -> None:
    for picture in (drawn()[0], government()):
        for word in recogniser.recognise(picture, number=1).words:
            assert word.text == unicodedata.normalize("NFC", word.text)
            assert word.text.split() == [word.text]


def boxes_are_points_where_the_words_stand(recogniser: Recogniser) -> None:
    picture, expected = drawn()
    page = recogniser.recognise(picture, number=1)
    assert (page.width, page.height) == pytest.approx((400, 200), abs=0.5)
    for word, (text, box) in zip(page.words, expected, strict=True):
        assert folded(word.text) == folded(text)
        assert word.box.left == pytest.approx(box.left, abs=2)
        assert word.box.right == pytest.approx(box.right, abs=2)
        assert box.top - 1 <= word.box.top < word.box.bottom <= box.bottom + 3


def the_resolution_is_believed(recogniser: Recogniser) -> None:
    picture = drawn()[0]
    page = recogniser.recognise(replace(picture, dpi=2 * DPI), number=1)
    assert page.width == pytest.approx(200, abs=0.5)
    assert max(word.box.right for word in page.words) < page.width


def confidence_is_a_share(recogniser: Recogniser) -> None:
    words = recogniser.recognise(drawn()[0], number=1).words
    assert all(0 <= word.confidence <= 1 for word in words)
    assert sum(word.confidence for word in words) / len(words) > 0.7


def the_number_comes_back_and_nothing_is_turned(recogniser: Recogniser) -> None:
    page = recogniser.recognise(drawn()[0], number=17)
    assert (page.number, page.turn, page.unread) == (17, 0, "")


def an_empty_page_has_no_words(recogniser: Recogniser) -> None:
    recogniser.recognise(drawn()[0], number=1)
    page = recogniser.recognise(GreyPicture(800, 600, 200, b"\xff" * 480_000), number=2)
    assert page.words == ()
    assert (page.number, round(page.width), round(page.height)) == (2, 288, 216)


def a_page_of_the_government_is_read(recogniser: Recogniser) -> None:
    text = recogniser.recognise(government(), number=2).text()
    for phrase in ("Thủ tướng Chính phủ", "chịu trách nhiệm", "Quyết định này"):
        assert phrase in text


def the_engine_says_its_name_and_language(recogniser: Recogniser) -> None:
    name, version, language = recogniser.engine.split()
    assert name
    assert version.split(".")[0].isdigit()
    assert language == "vie"


CONTRACT: tuple[Callable[[Recogniser], None], ...] = (
    the_words_are_read_in_order,
    text_is_nfc_and_words_hold_no_space,
    boxes_are_points_where_the_words_stand,
    the_resolution_is_believed,
    confidence_is_a_share,
    the_number_comes_back_and_nothing_is_turned,
    an_empty_page_has_no_words,
    a_page_of_the_government_is_read,
    the_engine_says_its_name_and_language,
)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a child: the program's own threads only get into each other's way."""
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")


@cache
def tesserocr() -> Recogniser:
    return TesserocrRecogniser(language="vie")


@cache
def pytesseract() -> Recogniser:
    return PytesseractRecogniser(language="vie")


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [tesserocr, pytesseract], ids=lambda make: make.__name__)
def test_the_engines_keep_the_contract(
    make: Callable[[], Recogniser], check: Callable[[Recogniser], None]
) -> None:
    check(make())


class Broken:
    """The fast engine with one fault planted."""

    def __init__(self, fault: Callable[[RecognisedPage], RecognisedPage], engine: str = "") -> None:
        self._fault = fault
        self._engine = engine

    @property
    def engine(self) -> str:
        return self._engine or tesserocr().engine

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        return self._fault(tesserocr().recognise(picture, number=number))


def of_words(change: Callable[[Word], Word]) -> Callable[[RecognisedPage], RecognisedPage]:
    return lambda page: replace(page, words=tuple(change(word) for word in page.words))


def in_pixels(word: Word) -> Word:
    sides = (word.box.left, word.box.top, word.box.right, word.box.bottom)
    return replace(word, box=Box(*(side * DPI / 72 for side in sides)))


class Forgetful(Broken):
    """Keeps the words of the page before, as an engine does that is not cleared."""

    def __init__(self) -> None:
        super().__init__(lambda page: page)
        self._before: tuple[Word, ...] = ()

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        page = super().recognise(picture, number=number)
        page = replace(page, words=page.words or self._before)
        self._before = page.words
        return page


FAULTS: dict[str, tuple[Recogniser, Callable[[Recogniser], None]]] = {
    "upside down": (
        Broken(lambda page: replace(page, words=page.words[::-1])),
        the_words_are_read_in_order,
    ),
    "one line": (
        Broken(of_words(lambda word: replace(word, line=0))),
        the_words_are_read_in_order,
    ),
    "decomposed": (
        Broken(of_words(lambda w: replace(w, text=unicodedata.normalize("NFD", w.text)))),
        text_is_nfc_and_words_hold_no_space,
    ),
    "empty words": (
        Broken(lambda p: replace(p, words=(*p.words, Word(" ", Box(0, 0, 1, 1), 0, 0)))),
        text_is_nfc_and_words_hold_no_space,
    ),
    "pixels": (Broken(of_words(in_pixels)), boxes_are_points_where_the_words_stand),
    "percent": (
        Broken(of_words(lambda word: replace(word, confidence=word.confidence * 100))),
        confidence_is_a_share,
    ),
    "always page one": (
        Broken(lambda page: replace(page, number=1)),
        the_number_comes_back_and_nothing_is_turned,
    ),
    "always 200 dpi": (
        Broken(lambda page: replace(page, width=400)),
        the_resolution_is_believed,
    ),
    "the page before": (Forgetful(), an_empty_page_has_no_words),
    "nothing found": (
        Broken(lambda page: replace(page, words=())),
        a_page_of_the_government_is_read,
    ),
    "no language": (
        Broken(lambda page: page, "tesserocr 5"),
        the_engine_says_its_name_and_language,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_contract_catches_a_broken_engine(fault: str) -> None:
    broken, check = FAULTS[fault]
    with pytest.raises((AssertionError, ValueError)):
        check(broken)


@pytest.mark.parametrize("make", [TesserocrRecogniser, PytesseractRecogniser])
def test_a_language_that_is_not_there_is_the_operators(make: Callable[..., Recogniser]) -> None:
    for language in ("xyz", "../../etc/passwd", "vie --psm 0", ""):
        with pytest.raises(Misconfigured) as caught:
            make(language=language)
        assert caught.value.code == "ocr.language-missing"


def test_a_program_that_is_not_there_is_the_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    import pytesseract as library  # noqa: PLC0415 - to be patched

    monkeypatch.setattr(library.pytesseract, "tesseract_cmd", "no-such-program")
    with pytest.raises(Misconfigured) as caught:
        PytesseractRecogniser(language="vie").recognise(drawn()[0], number=1)
    assert caught.value.code == "ocr.program-missing"
