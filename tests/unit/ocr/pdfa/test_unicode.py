"""ToUnicode maps: read where they mean something, refused where PDF/A-2u forbids them."""

from __future__ import annotations

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Dictionary, Name, Stream

from ocr.pdfa.content import ShownFont, Unkeepable
from ocr.pdfa.unicode import meanings


def codes(text: str, shows: set[int], kind: str = "/Type0") -> dict[int, str]:
    with pikepdf.new() as pdf:
        font = Dictionary(Subtype=Name(kind), ToUnicode=Stream(pdf, text.encode()))
        return meanings(ShownFont(font, shows))


def test_maps_are_read_with_ranges_arrays_and_comments() -> None:
    text = """1 begincodespacerange <0000> <FFFF> endcodespacerange
        2 beginbfchar <0001> <0041> % <0001> <0042>
        <00 02> <D835DC00> endbfchar
        2 beginbfrange <0010> <0012> <1EA0> <0020> <0021> [<0066006C> <1EF9>] endbfrange"""
    assert codes(text, {1, 2, 0x11, 0x20, 0x21}) == {
        1: "A", 2: "\U0001d400", 0x11: "\u1ea1", 0x20: "fl", 0x21: "ỹ"
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong", ["", "<0001> <0000>", "<0001> <FEFF>", "<0001> <FFFE>", "<0001> <>"]
)
def test_what_2u_forbids_is_no_meaning(wrong: str) -> None:
    with pytest.raises(Unkeepable):
        codes(f"1 beginbfchar {wrong} endbfchar", {1})


@settings(max_examples=100)
@given(st.text(alphabet="<>[]0123456789ABCDEF bfcharngedom\n%", max_size=300))
def test_any_map_is_read_or_means_nothing(text: str) -> None:
    try:
        found = codes(text + " endbfchar endbfrange", {1, 2})
    except Unkeepable:
        return
    assert set(found) == {1, 2}
    assert all(found.values())
