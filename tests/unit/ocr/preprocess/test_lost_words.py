"""Words that the engine does not find at first are found, or the page is doubted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from dossier.spine import MediaType, RecognisedPage
from ocr.preprocess.recogniser import PreprocessingRecogniser
from ocr.recognisers.tesserocr_engine import TesserocrRecogniser
from pages.colour_dropout import without_colour
from pages.grey import GreySettings, grey

_FONT = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"
_DPI = 200
_LINES = (
    "TỜ KHAI ĐĂNG KÝ KHAI SINH",
    "Họ, chữ đệm, tên người yêu cầu: Lê Văn Hậu",
    "Giấy tờ tùy thân: CCCD số 035085001234",
    "Họ, chữ đệm, tên người mẹ: Trần Thị Bưởi",
    "Năm sinh: 1990   Dân tộc: Kinh   Quốc tịch: Việt Nam",
    "Nơi cư trú: thôn Đông, xã Hòa Bình",
    "Họ, chữ đệm, tên người cha: Lê Văn Hậu",
    "Năm sinh: 1985   Dân tộc: Kinh   Quốc tịch: Việt Nam",
    "Nơi cư trú: thôn Đông, xã Hòa Bình",
    "Tôi cam đoan những nội dung khai trên đây là đúng sự thật",
)


@pytest.fixture(scope="module")
def recogniser() -> Iterator[PreprocessingRecogniser]:
    with TesserocrRecogniser(language="vie") as inner:
        yield PreprocessingRecogniser(inner, digits=lambda _: "")


def sheet(paper: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """A half sheet of A4 at 200 dpi with a few lines of a declaration."""
    image = Image.new("RGB", (1654, 1169), paper)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(_FONT, 38)
    for number, line in enumerate(_LINES):
        draw.text((180, 120 + 90 * number), line, fill=(40, 40, 40), font=font)
    return image


def read(path: Path, recogniser: PreprocessingRecogniser) -> RecognisedPage:
    picture = grey(path, MediaType.PNG, 1, settings=GreySettings())
    return recogniser.recognise(
        picture,
        number=1,
        without_colour=lambda: without_colour(
            path, MediaType.PNG, 1, like=picture, max_source_pixels=100_000_000
        ),
    )


@pytest.mark.parametrize("ground", [170, 200])
def test_an_error_diffused_page_is_read(
    tmp_path: Path, recogniser: PreprocessingRecogniser, ground: int
) -> None:
    path = tmp_path / "a.png"
    sheet((ground,) * 3).convert("1").save(path, dpi=(_DPI, _DPI))
    page = read(path, recogniser)
    assert "Trần Thị Bưởi" in page.text()
    assert page.doubts == ()


def test_a_person_under_a_red_stamp_is_read(
    tmp_path: Path, recogniser: PreprocessingRecogniser
) -> None:
    # Ink of a stamp lets black print through: it multiplies.
    stamp = Image.new("RGB", (1654, 1169), "white")
    draw = ImageDraw.Draw(stamp)
    for radius in range(40, 280, 30):
        circle = (700 - radius, 480 - radius, 700 + radius, 480 + radius)
        draw.ellipse(circle, outline=(200, 30, 45), width=11)
    image = ImageChops.multiply(sheet(), stamp)
    path = tmp_path / "a.png"
    image.save(path, dpi=(_DPI, _DPI))
    text = read(path, recogniser).text()
    assert "Trần Thị Bưởi" in text
    assert text.count("Lê Văn Hậu") == 2
