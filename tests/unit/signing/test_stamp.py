"""How the visible signature looks and where it stands (NĐ 30/2020, phụ lục I)."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from unit.signing.made import FIXTURES, FONT, STAMP, font, signer

from dossier.errors import Misconfigured, RejectedInput
from dossier.ports import PageInk
from signing.page_frame import PageFrame
from signing.page_ink import ink_job, ink_of
from signing.stamp_font import VIETNAMESE, StampFont
from signing.stamp_layout import StampPlace, lay_out

PAGES = ("upright", "turned-90", "turned-180", "turned-270")
A4 = PageFrame(0, 0, 595.276, 841.89)
LONG = "ỦY BAN NHÂN DÂN PHƯỜNG CHÂU VĂN LIÊM, QUẬN Ô MÔN, THÀNH PHỐ CẦN THƠ, NƯỚC CHXHCN VIỆT NAM"


def _signed(name: str, folder: Path) -> Path:
    out = folder / f"{name}.pdf"
    signer().sign(FIXTURES / f"{name}.pdf", out, stamp=STAMP)
    return out


Words = list[tuple[str, float, float, float, float]]


def _words(file: Path) -> tuple[float, float, Words]:
    """Size of the page before it is turned, and its words, pt from the shown one's top left."""
    xml = subprocess.run(
        ["pdftotext", "-bbox", "-cropbox", str(file), "-"],
        check=True,
        capture_output=True,
        timeout=60,
    ).stdout.decode()
    size = re.search(r'<page width="([\d.]+)" height="([\d.]+)"', xml)
    assert size
    words = re.findall(
        r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', xml
    )
    return (
        float(size[1]),
        float(size[2]),
        [(unescape(t), float(a), float(b), float(c), float(d)) for a, b, c, d, t in words],
    )


@pytest.mark.parametrize("name", PAGES)
def test_it_stands_upright_at_the_top_right_however_the_page_is_turned(
    name: str, tmp_path: Path
) -> None:
    across, along, words = _words(_signed(name, tmp_path))
    # Poppler turns the words with the page, but not the page's size.
    width = along if name in {"turned-90", "turned-270"} else across
    shown = {text: box for text, *box in words}
    time = shown["2026-10-08T09:15:00+07:00"]
    form, office = shown["SAO"], shown["ỦY"]
    assert "NGHIỆM" in shown
    # Read from left to right and from top to bottom: it is upright.
    assert time[2] - time[0] > 5 * (time[3] - time[1])
    assert form[1] < office[1] < time[1]
    # The widest line ends where the box does.
    assert (
        width - 40 < max(box[2] for text, *box in words if box[1] < 60 and text == "NGHIỆM") < width
    )
    assert time[0] > width / 2
    assert 0 < form[1] < 30
    assert time[3] < 60


def test_it_is_ten_points_black_times_metrics_and_no_picture(tmp_path: Path) -> None:
    with pikepdf.open(_signed("upright", tmp_path)) as pdf:
        drawn = pdf.pages[0].Annots[0].AP.N
        assert "/XObject" not in drawn.Resources
        content = drawn.read_bytes()
        assert b"/F 10 Tf" in content
        assert re.findall(rb"[\d.]+ g\b", content) == [b"0 g"]
        assert "LiberationSerif" in str(drawn.Resources.Font["/F"].BaseFont)
    # Times New Roman: an upper case O is 722 thousandths wide, a digit 500.
    subset = font().subset("O")
    assert round(subset.advances["O"]) == 722
    assert round(subset.advances["7"]) == 500


def test_long_names_are_broken_and_none_of_them_is_lost() -> None:
    laid_out = lay_out(replace(STAMP, office=LONG), font=font(), place=StampPlace(), frame=A4)
    assert laid_out.lines[0] == "SAO Y"
    assert laid_out.lines[-1] == "2026-10-08T09:15:00+07:00"
    assert " ".join(laid_out.lines[1:-1]) == LONG
    assert all(laid_out.font.width(line) / 100 <= 230 for line in laid_out.lines)


def test_decomposed_letters_and_white_space_are_put_right() -> None:
    decomposed = "U\u0309Y  BAN\nNHÂN\tDÂN"
    laid_out = lay_out(
        replace(STAMP, form="", office=decomposed), font=font(), place=StampPlace(), frame=A4
    )
    assert laid_out.lines[0] == "ỦY BAN NHÂN DÂN"


@pytest.mark.parametrize("size", [(243, 153), (153, 243), (100, 800), (600, 40), (60, 60)])
def test_a_small_page_gets_a_stamp_that_fits(size: tuple[float, float]) -> None:
    laid_out = lay_out(STAMP, font=font(), place=StampPlace(), frame=PageFrame(0, 0, *size))
    left, bottom, right, top = laid_out.rectangle
    assert 0 <= left < right <= size[0]
    assert 0 <= bottom < top <= size[1]
    assert laid_out.size >= 2


def test_a_page_of_no_size_is_refused() -> None:
    with pytest.raises(RejectedInput) as caught:
        lay_out(STAMP, font=font(), place=StampPlace(), frame=PageFrame(0, 0, 10, 10))
    assert caught.value.code == "pdf.page-too-small"


def _ink(*boxes: tuple[float, float, float, float]) -> PageInk:
    """An A4 page with ink in boxes, pt from the top left."""
    cell, across, along = 3.0, 200, 281
    rows = [0] * along
    for left, top, right, bottom in boxes:
        for row in range(int(top / cell), int(bottom / cell) + 1):
            for column in range(int(left / cell), int(right / cell) + 1):
                rows[row] |= 1 << (across - 1 - column)
    return PageInk(cell=cell, bits=across, rows=tuple(rows))


@pytest.mark.parametrize("at_left", [False, True])
@pytest.mark.parametrize(
    "boxes",
    [
        [],
        [(300, 20, 560, 60)],  # the national title, high up
        [(40, 14, 560, 200)],  # the title and what stands beside it
        [(0, 0, 590, 120)],
        [(0, 0, 590, 780)],  # only the foot is free
    ],
)
def test_a_stamp_covers_no_ink(
    boxes: list[tuple[float, float, float, float]], *, at_left: bool
) -> None:
    ink = _ink(*boxes)
    laid_out = lay_out(
        replace(STAMP, ink=ink), font=font(), place=StampPlace(at_left=at_left), frame=A4
    )
    left, bottom, right, top = laid_out.rectangle
    assert ink.amount(left, A4.top - top, right, A4.top - bottom) == 0
    assert laid_out.size >= 7
    assert 0 <= left < right <= A4.right
    assert 0 <= bottom < top <= A4.top
    if not boxes:
        assert laid_out.size == 10
        assert (left < 100) == at_left


def test_a_page_full_of_ink_still_gets_a_stamp_in_its_corner() -> None:
    laid_out = lay_out(
        replace(STAMP, ink=_ink((0, 0, 590, 840))), font=font(), place=StampPlace(), frame=A4
    )
    left, bottom, _, _ = laid_out.rectangle
    assert left > 250
    assert bottom > 600


def test_the_ink_of_a_page_is_found_and_a_stamp_is_part_of_it(tmp_path: Path) -> None:
    before = FIXTURES / "upright.pdf"
    after = _signed("upright", tmp_path)
    first, second = (ink_of(ink_job(path=str(path))) for path in (before, after))
    with pikepdf.open(after) as pdf:
        left, bottom, right, top = (float(n) for n in pdf.pages[0].Annots[0].Rect)
    height = 841.89
    assert first.amount(left, height - top, right, height - bottom) == 0
    assert second.amount(left, height - top, right, height - bottom) > 0
    assert sum(row.bit_count() for row in first.rows) > 10
    # A second stamp beside the first.
    again = lay_out(replace(STAMP, ink=second), font=font(), place=StampPlace(), frame=A4)
    assert second.amount(*_shown(again.rectangle)) == 0


def _shown(
    rectangle: tuple[float, float, float, float],
) -> tuple[float, float, float, float]:
    left, bottom, right, top = rectangle
    return left, A4.top - top, right, A4.top - bottom


def test_reason_and_place_are_named_and_version_and_extensions_stay(tmp_path: Path) -> None:
    with pikepdf.open(_signed("upright", tmp_path)) as pdf:
        value = pdf.pages[0].Annots[0].V
        assert str(value.Reason) == STAMP.form
        assert str(value.Location) == STAMP.office
        assert "/Version" not in pdf.Root
        assert "/Extensions" not in pdf.Root


def test_a_letter_that_the_font_lacks_is_the_operator_s() -> None:
    with pytest.raises(Misconfigured) as caught:
        lay_out(replace(STAMP, office="漢字"), font=font(), place=StampPlace(), frame=A4)
    assert caught.value.code == "stamp.letter-missing"


@given(
    st.sampled_from((0, 90, 180, 270)),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    st.floats(300, 2000),
    st.floats(300, 2000),
    st.sampled_from((1.0, 2.0, 0.5)),
)
def test_the_box_lies_within_the_page_at_its_shown_top_right(
    turn: int, origin: tuple[float, float], width: float, height: float, unit: float
) -> None:
    frame = PageFrame(*origin, origin[0] + width, origin[1] + height, turn=turn, unit=unit)
    shown_width, shown_height = frame.upright_size()
    left, bottom, right, top = frame.rectangle(
        shown_width - 110, shown_height - 50, shown_width - 10, shown_height - 20
    )
    assert frame.left <= left < right <= frame.right
    assert frame.bottom <= bottom < top <= frame.top
    long, short = max(right - left, top - bottom), min(right - left, top - bottom)
    assert (long * unit, short * unit) == pytest.approx((100, 30))
    assert (right - left > top - bottom) == (turn in {0, 180})


def test_all_vietnamese_letters_are_asked_of_the_font(tmp_path: Path) -> None:
    assert len(VIETNAMESE) == 2 * (12 * 6 + 1)
    StampFont(FONT)
    with TTFont(FONT) as lacking:
        for table in lacking["cmap"].tables:
            table.cmap.pop(ord("Ữ"), None)
        lacking.save(tmp_path / "lacking.ttf")
    for file, code in (
        (tmp_path / "lacking.ttf", "stamp.font-unfit"),
        (Path(__file__), "stamp.font-unfit"),
        (tmp_path / "none.ttf", "stamp.font-missing"),
    ):
        with pytest.raises(Misconfigured) as caught:
            StampFont(file)
        assert caught.value.code == code


def test_a_subset_is_small_and_kept() -> None:
    one = font().subset("SAO Y ỦY BAN 1")
    assert one is font().subset("SAO Y ỦY BAN 2")
    assert len(one.program) < 12_000
