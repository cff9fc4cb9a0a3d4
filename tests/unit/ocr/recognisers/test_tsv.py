"""Tesseract's TSV becomes words; its language files are found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.errors import Misconfigured
from dossier.ports import GreyPicture
from ocr.recognisers.language import tessdata
from ocr.recognisers.tsv import page_of

PICTURE = GreyPicture(1000, 2000, 144, b"")


def row(text: str, *, line: int = 1, box: str = "100\t200\t50\t20", confidence: str = "90") -> str:
    return f"5\t1\t1\t1\t{line}\t1\t{box}\t{confidence}\t{text}"


def test_words_are_in_points_and_lines_in_their_order() -> None:
    tsv = "\n".join(["level\tpage_num", "4\t1\t1\t1\t1\t0\t0\t0\t9\t9\t-1\t", row("một", line=7),
                     row("hai", line=7), row("ba", line=3)])  # fmt: skip
    page = page_of(tsv, PICTURE, number=4)
    assert (page.number, page.width, page.height) == (4, 500, 1000)
    assert [(w.text, w.line) for w in page.words] == [("một", 0), ("hai", 0), ("ba", 1)]
    assert page.words[0].box.left == 50
    assert page.words[0].box.bottom == 110
    assert page.words[0].confidence == 0.9


def test_odd_rows_are_put_right_or_left_out() -> None:
    tsv = "\n".join(
        [
            row(" "),
            row(""),
            row("\u200b\x07"),
            row("hoa\u0300"),
            row("a b"),
            row("x", confidence="-1"),
            row("y", box="990\t1990\t50\t50"),
            row("z", box="-5\t-5\t9\t9"),
            "5\t1",
        ]
    )
    page = page_of(tsv, PICTURE, number=1)
    assert [w.text for w in page.words] == ["hoà", "ab", "x", "y", "z"]
    assert page.words[2].confidence == 0
    assert page.words[3].box.right == 500
    assert page.words[4].box.left == 0


@given(st.text())
def test_any_text_in_a_word_is_one_word(text: str) -> None:
    clean = text.replace("\t", "").replace("\n", "")
    for word in page_of(row(clean), PICTURE, number=1).words:
        assert word.text
        assert word.text.split() == [word.text]


def test_the_prefix_comes_first(tmp_path: Path) -> None:
    assert (tessdata("vie", environment={}) / "vie.traineddata").is_file()
    with pytest.raises(Misconfigured, match="TESSDATA_PREFIX"):
        tessdata("klingon", environment={})
    (tmp_path / "tessdata").mkdir()
    (tmp_path / "tessdata" / "klingon.traineddata").touch()
    where = {"TESSDATA_PREFIX": str(tmp_path)}
    assert tessdata("klingon", environment=where) == tmp_path / "tessdata"
    assert tessdata("vie", environment=where) != tmp_path / "tessdata"
    with pytest.raises(Misconfigured):
        tessdata("klingon+vie", environment=where)
