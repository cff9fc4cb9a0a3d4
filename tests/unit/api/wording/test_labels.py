"""Vietnamese names of states, fields and values."""

from __future__ import annotations

import pytest

from api.wording import labels
from dossier.states import PaperState


def test_every_state_has_words() -> None:
    assert all(labels.standing(state) for state in PaperState)


def test_a_withdrawn_paper_is_not_called_refused() -> None:
    assert labels.standing(PaperState.REJECTED, "withdrawn") == "Đã rút"
    assert labels.standing(PaperState.REJECTED, "scan.damaged") == "Không tiếp nhận"


def test_a_date_of_a_civil_status_paper_is_one_of_handing_out() -> None:
    assert labels.field("paper.date", titled=True) == "ngày cấp"
    assert labels.field("paper.date") == "ngày ban hành"
    assert labels.field("owner-2.name") == "họ, chữ đệm, tên của người đứng tên 2"


@pytest.mark.parametrize(
    ("field", "text", "shown"),
    [
        ("mother.birth", "1982-10-09", "09/10/1982"),
        ("mother.birth", "1982", "1982"),
        ("mother.sex", "female", "Nữ"),
        ("paper.number", "94/UBND", "94/UBND"),
    ],
)
def test_values_as_people_write_them(field: str, text: str, shown: str) -> None:
    assert labels.value(field, text) == shown
