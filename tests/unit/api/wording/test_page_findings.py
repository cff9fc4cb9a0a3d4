"""Each fault of a page is one sentence that says where it is and what to do."""

from __future__ import annotations

import pytest

from api.wording.page_findings import page_remarks
from dossier.reports import PageFinding, PageMarks


def test_a_blurred_corner_of_the_second_page() -> None:
    marks = (
        PageMarks(3, ()),
        PageMarks(4, ((PageFinding.BLURRED, "bottom-right"), (PageFinding.DARK, ""))),
    )
    assert page_remarks(marks) == [
        "Ảnh mờ ở góc dưới bên phải. Quét lại trang 2.",
        "Ảnh tối. Quét lại trang 2.",
    ]


@pytest.mark.parametrize("what", list(PageFinding))
def test_every_finding_names_its_page(what: PageFinding) -> None:
    (said,) = page_remarks((PageMarks(1, ((what, "top"),)),))
    assert "trang 1" in said.lower()


def test_a_page_that_nobody_looked_at_is_not_called_good_or_bad() -> None:
    assert page_remarks(None) == []


def test_a_separator_sheet_is_no_bad_page() -> None:
    assert page_remarks((PageMarks(1, ((PageFinding.CUT, "top"),), "SOHOA:"),)) == []
