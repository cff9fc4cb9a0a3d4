"""Corrections that a clerk makes in review."""

from __future__ import annotations

import pytest

from api.desk.corrections import corrected
from dossier.errors import (
    WrongUse,
)
from dossier.spine import Description, Source, Value


def _found() -> Description:
    return Description(
        kind="birth-declaration",
        values=(
            Value(
                field="mother.name", text="A", source=Source.OCR, confidence=0.4, doubt="name.low"
            ),
            Value(field="child.name", text="B", source=Source.OCR, confidence=0.9),
        ),
        doubts=("missing:mother.citizen_id",),
    )


def test_a_review_sets_values_and_settles_doubts() -> None:
    after = corrected(
        _found(),
        {"mother.citizen_id": "001 199 012 345", "mother.birth": "15/3/1999", "child.name": ""},
        kinds={"birth-declaration"},
    )
    assert after.certain
    values = {value.field: (value.text, value.source) for value in after.values}
    assert values == {
        "mother.name": ("A", Source.OCR),
        "mother.citizen_id": ("001199012345", Source.TYPED),
        "mother.birth": ("1999-03-15", Source.TYPED),
    }


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("mother", "x"),
        ("Mother.name", "x"),
        ("a.b.c", "x"),
        ("mother.citizen_id", "003199012345"),
        ("mother.cmnd", "12"),
        ("paper.date", "31/02/2026"),
        ("paper.date", "hôm nay"),
        ("paper.abstract", "x" * 2001),
        ("kind", "no-such-kind"),
    ],
)
def test_a_value_that_cannot_be_is_refused(field: str, text: str) -> None:
    with pytest.raises(WrongUse):
        corrected(_found(), {field: text}, kinds={"birth-declaration"})


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("15/03/1984", "1984-03-15"),
        ("15031984", "1984-03-15"),
        ("5-3-1984", "1984-03-05"),
        ("1984-03-15", "1984-03-15"),
        ("1984", "1984"),
    ],
)
def test_dates_as_clerks_type_them(typed: str, iso: str) -> None:
    after = corrected(_found(), {"mother.birth": typed}, kinds=())
    assert {v.text for v in after.values if v.field == "mother.birth"} == {iso}


@pytest.mark.parametrize(("typed", "kept"), [("Nữ", "female"), ("nu", "female"), ("NAM", "male")])
def test_a_sex_as_clerks_type_it(typed: str, kept: str) -> None:
    after = corrected(_found(), {"mother.sex": typed}, kinds=())
    assert {v.text for v in after.values if v.field == "mother.sex"} == {kept}


def test_a_value_that_is_not_on_the_paper_is_stated_to_be_absent() -> None:
    after = corrected(_found(), {"mother.name": "Không có trên giấy"}, kinds=())
    assert after.absent == ("mother.name",)
    assert [value.field for value in after.values] == ["child.name"]
