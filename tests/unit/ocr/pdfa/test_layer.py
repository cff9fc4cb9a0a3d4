"""The text layer: each word at its box, whichever way the page lies, and the text comes back."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judges.scans import TEXT, bytes_of, one_page, page, picture, saved, written

from dossier.spine import Box, RecognisedPage, Word
from ocr.pdfa.layer import Codes, Place, layer, readable

JPEG = saved(picture(), "JPEG")


def turned_pdf(rotate: int, *, left: float = 0, bottom: float = 0) -> bytes:
    with pikepdf.new() as pdf:
        new = one_page(pdf)
        box = [left, bottom, left + 300, bottom + 420]
        new.obj["/MediaBox"] = pikepdf.Array([box[0] - 50, box[1] - 60, box[2] + 70, box[3] + 80])
        new.obj["/CropBox"] = pikepdf.Array(box)
        new.obj["/Rotate"] = rotate
        return bytes_of(pdf)


def in_box(pdf: pypdfium2.PdfDocument, box: Box) -> str:
    """The text in a box of the page as shown. PDFium's own boxes are those of user space."""
    shown = pdf[0]
    left, bottom, right, top = shown.get_bbox()
    turn = shown.get_rotation()
    corners = {
        0: (left + box.left, top - box.bottom, left + box.right, top - box.top),
        90: (left + box.top, bottom + box.left, left + box.bottom, bottom + box.right),
        180: (right - box.right, bottom + box.top, right - box.left, bottom + box.bottom),
        270: (right - box.bottom, top - box.right, right - box.top, top - box.left),
    }[turn]
    text: str = shown.get_textpage().get_text_bounded(*corners)
    return text.strip()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90])
def test_each_word_lies_at_its_box(tmp_path: Path, rotate: int, turn: int) -> None:
    size = (300.0, 420.0) if rotate % 180 == 0 else (420.0, 300.0)
    recognised = page(size=size, turn=turn)
    out, report = written(
        tmp_path, turned_pdf(rotate, left=33, bottom=-21), "application/pdf", [recognised]
    )
    assert report["findings"] == report["drawn_anew"] == []
    with pypdfium2.PdfDocument(out) as pdf:
        assert pdf[0].get_size() == (recognised.width, recognised.height)
        assert [in_box(pdf, word.box) for word in recognised.words] == list(TEXT)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_on_a_picture_lie_at_their_boxes(tmp_path: Path, turn: int) -> None:
    recognised = page(turn=turn)
    out, _ = written(tmp_path, JPEG, "image/jpeg", [recognised])
    with pypdfium2.PdfDocument(out) as pdf:
        assert pdf[0].get_size() == (recognised.width, recognised.height)
        assert [in_box(pdf, word.box) for word in recognised.words] == list(TEXT)


def test_poppler_reads_the_words_in_order_and_at_their_boxes(tmp_path: Path) -> None:
    recognised = page()
    out, _ = written(tmp_path, JPEG, "image/jpeg", [recognised])
    text = subprocess.run(["pdftotext", out, "-"], check=True, capture_output=True).stdout.decode()
    assert text.split() == list(TEXT)
    boxes = subprocess.run(
        ["pdftotext", "-bbox", out, "-"], check=True, capture_output=True
    ).stdout.decode()
    pattern = r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>'
    found = {m[4]: [float(n) for n in m[:4]] for m in re.findall(pattern, boxes)}
    for word in recognised.words:
        box = word.box
        assert found[word.text] == pytest.approx([box.left, box.top, box.right, box.bottom], abs=1)


def test_a_skewed_line_stays_one_line(tmp_path: Path) -> None:
    heights = [9.0, 14.0, 9.0, 12.0, 14.0, 9.0, 12.0, 14.0]  # an, Ông, ...
    words = tuple(
        Word(text, Box(20 + 34 * i, 100 + 0.5 * i - h, 48 + 34 * i, 100 + 0.5 * i), 0.9, 0)
        for i, (text, h) in enumerate(zip(TEXT, heights, strict=True))
    )
    recognised = RecognisedPage(number=1, width=300, height=420, words=words)
    out, _ = written(tmp_path, JPEG, "image/jpeg", [recognised])
    text = subprocess.run(["pdftotext", out, "-"], check=True, capture_output=True).stdout.decode()
    assert text.strip("\n\f ") == " ".join(TEXT)


def test_a_word_out_of_its_line_lies_in_its_own_box(tmp_path: Path) -> None:
    words = (*page().words[:2], Word("dọc", Box(250, 30, 262, 200), 0.9, 0))
    recognised = RecognisedPage(number=1, width=300, height=420, words=words)
    out, _ = written(tmp_path, JPEG, "image/jpeg", [recognised])
    with pypdfium2.PdfDocument(out) as pdf:
        assert in_box(pdf, words[2].box) == "dọc"
        assert in_box(pdf, words[0].box) == TEXT[0]


def test_a_page_without_words_has_no_layer_and_no_font(tmp_path: Path) -> None:
    out, report = written(tmp_path, JPEG, "image/jpeg", [page(texts=())])
    assert report["findings"] == []
    with pikepdf.open(out) as pdf:
        assert "/Font" not in pdf.pages[0].obj["/Resources"]


def test_one_font_serves_all_pages(tmp_path: Path) -> None:
    frames = [picture("L"), picture("L")]
    tiff = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    out, _ = written(tmp_path, tiff, "image/tiff", [page(1), page(2, texts=("khác", "hẳn"))])
    with pikepdf.open(out) as pdf:
        fonts = [p.obj["/Resources"]["/Font"] for p in pdf.pages]
        assert [list(font.keys()) for font in fonts] == [["/SohoaText"], ["/SohoaText"]]
        assert fonts[0]["/SohoaText"].objgen == fonts[1]["/SohoaText"].objgen
        map_ = fonts[0]["/SohoaText"]["/ToUnicode"].read_bytes()
    assert b"bfrange" not in map_
    # One entry a character, and the line of the code space.
    characters = set("".join((*TEXT, "khác", "hẳn"))) | {" "}
    assert len(re.findall(rb"^<[0-9A-F]{4}> <[0-9A-F]{4}>$", map_, re.MULTILINE)) - 1 == len(
        characters
    )


@settings(max_examples=40)
@given(st.text(max_size=30))
def test_what_is_shown_is_what_may_be_in_a_map(text: str) -> None:
    shown = readable(text)
    assert not set(shown) & set("\0\ufeff\ufffe\uffff")
    assert not any(c.isspace() for c in shown)
    shown.encode("utf-16-be")  # no lone surrogate


@settings(max_examples=40)
@given(
    st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=5),
    st.floats(0, 300),
    st.floats(0, 300),
)
def test_any_words_make_a_layer_of_balanced_operators(
    texts: list[str], left: float, width: float
) -> None:
    words = tuple(
        Word(text, Box(left, 10.0 * i, left + width, 10.0 * i), 0.5, 0)
        for i, text in enumerate(texts)
    )
    recognised = RecognisedPage(number=1, width=300, height=420, words=words)
    content = layer(recognised, words, Place(0, 0, 300, 420, 0), Codes())
    with pikepdf.new() as pdf:
        operators = [
            str(i.operator) for i in pikepdf.parse_content_stream(pikepdf.Stream(pdf, content))
        ]
    shown = [text for text in texts if readable(text)]
    assert operators.count("Tj") == len(shown)
    if shown:
        assert (operators[0], operators[-1]) == ("q", "Q")
        assert operators.count("BT") == operators.count("ET") == 1
