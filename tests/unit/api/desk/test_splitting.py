"""Where papers begin in a file of several."""

from __future__ import annotations

from api.desk.splitting import PageUse, proposals
from dossier.reports import PageMarks
from dossier.spine import Box, RecognisedPage, Word

HEAD = "ỦY BAN NHÂN DÂN XÃ THỐNG NHẤT CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"


def _page(
    number: int, text: str, *, unread: str = "", doubts: tuple[str, ...] = ()
) -> RecognisedPage:
    words = tuple(
        Word(text=word, box=Box(0, 0, 1, 1), confidence=0.9, line=1) for word in text.split()
    )
    return RecognisedPage(
        number=number, width=595, height=842, words=words, unread=unread, doubts=doubts
    )


def _uses(*pages: RecognisedPage) -> list[PageUse]:
    return [one.use for one in proposals(pages)]


def test_blank_backs_are_dropped_and_each_head_begins_a_paper() -> None:
    pages = (_page(1, HEAD), _page(2, ""), _page(3, HEAD), _page(4, "."), _page(5, "Nơi nhận"))
    assert _uses(*pages) == [
        PageUse.BEGINS, PageUse.DROPPED, PageUse.BEGINS, PageUse.DROPPED, PageUse.CONTINUES,
    ]  # fmt: skip


def test_the_motto_in_the_middle_of_a_page_begins_nothing() -> None:
    body = "Điều khoản thi hành " * 30
    assert _uses(_page(1, HEAD), _page(2, f"{body} {HEAD}")) == [PageUse.BEGINS, PageUse.CONTINUES]


def test_a_page_that_could_not_be_read_is_not_taken_for_blank() -> None:
    pages = (
        _page(1, HEAD),
        _page(2, "", unread="page.failed"),
        _page(3, "", doubts=("page.few-words",)),
    )
    assert _uses(*pages) == [PageUse.BEGINS, PageUse.CONTINUES, PageUse.CONTINUES]


def test_a_file_without_heads_is_one_paper() -> None:
    assert _uses(_page(1, "a b c d"), _page(2, "e f g h")) == [PageUse.BEGINS, PageUse.CONTINUES]


def test_a_separator_sheet_begins_a_paper_of_the_dossier_it_names() -> None:
    pages = (_page(1, "a b c d"), _page(2, "x"), _page(3, "e f g h"), _page(4, "i k l m"))
    marks = [PageMarks(1, ()), PageMarks(2, (), "SOHOA:H15.50.05.13-261008-0975")]
    made = proposals(pages, marks)
    assert [one.use for one in made] == [
        PageUse.BEGINS, PageUse.DROPPED, PageUse.BEGINS, PageUse.CONTINUES,
    ]  # fmt: skip
    assert [one.dossier for one in made] == ["", "", "H15.50.05.13-261008-0975", ""]


def test_a_separator_sheet_without_a_dossier_names_none() -> None:
    marks = [PageMarks(1, (), "SOHOA:")]
    made = proposals((_page(1, ""), _page(2, "e f g h")), marks)
    assert [(one.use, one.dossier) for one in made] == [
        (PageUse.DROPPED, ""), (PageUse.BEGINS, ""),
    ]  # fmt: skip
