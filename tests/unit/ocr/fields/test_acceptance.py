"""Nothing is accepted without its kind and each required value, there or recorded as absent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from dossier.spine import Description, RecognisedPage, Source, Value
from dossier.written import (
    description_from_json,
    description_to_json,
    page_from_json,
    page_to_json,
)
from ocr.fields import Forms, describe
from ocr.fields.acceptance import needs_a_person, obstacles
from ocr.fields.forms import LEAST, Mark

Describe = Callable[..., Description]
Typed = Callable[..., RecognisedPage]


def value(field: str, text: str = "x") -> Value:
    return Value(field=field, text=text, source=Source.TYPED, confidence=1.0)


def test_each_built_in_form_marks_the_least_that_the_law_asks_for(forms: Forms) -> None:
    for form in forms.by_id.values():
        marked = [*form.required, *form.optional, *form.absent]
        assert set(LEAST) <= set(marked), form.id
        assert any(field.endswith(".citizen_id") for field in marked), form.id
        assert len(marked) == len(set(marked)), form.id


def test_a_mark_is_found_by_its_field(forms: Forms) -> None:
    form = forms.by_id["birth-declaration"]
    assert form.mark("mother.name") is Mark.REQUIRED
    assert form.mark("paper.date") is Mark.OPTIONAL
    assert form.mark("paper.number") is Mark.ABSENT
    assert form.mark("child.sex") is Mark.OPTIONAL


@pytest.mark.parametrize("kind", ["", "no-such-kind"])
def test_without_a_kind_nothing_is_accepted(forms: Forms, kind: str) -> None:
    assert obstacles(Description(kind=kind), forms) == ("kind.unknown",)


def test_each_required_value_must_be_there_or_be_recorded_as_absent(forms: Forms) -> None:
    form = forms.by_id["decision"]
    whole = Description(kind="decision", values=tuple(map(value, form.required)))
    assert obstacles(whole, forms) == ()
    for field in form.required:
        left = tuple(v for v in whole.values if v.field != field)
        assert obstacles(replace(whole, values=left), forms) == (f"missing:{field}",)
        empty = (*left, value(field, ""))
        assert obstacles(replace(whole, values=empty), forms) == (f"missing:{field}",)
        assert obstacles(replace(whole, values=left, absent=(field,)), forms) == ()


def test_a_page_that_lacks_data_needs_a_person() -> None:
    for doubt in ("page.incomplete:1", "page.few-words:2"):
        assert needs_a_person(Description(kind="decision", doubts=(doubt,)))
    assert not needs_a_person(Description(kind="decision", doubts=("kind.by-number",)))


def test_what_keeps_a_paper_from_being_accepted_needs_a_person(typed: Typed, forms: Forms) -> None:
    for lines in (["Kính gửi ông Nguyễn Văn An"], ["QUYẾT ĐỊNH", "Về việc cấp giấy phép"]):
        found = describe((typed(lines),), forms=forms)
        assert obstacles(found, forms)
        assert needs_a_person(found)
    whole = describe((typed(["CHỨNG THỰC BẢN SAO"]),), forms=forms)
    assert not obstacles(whole, forms)
    assert not needs_a_person(whole)


def test_attached_files_are_named_in_doubt_and_need_a_person(typed: Typed, forms: Forms) -> None:
    page = replace(typed(["QUYẾT ĐỊNH"]), attachments=("bang-ke.xlsx (12 KB)", "b.docx"))
    found = describe((page,), forms=forms)
    (attached,) = [v for v in found.values if v.field == "paper.attachments"]
    assert (attached.text, attached.doubt) == (
        "bang-ke.xlsx (12 KB); b.docx",
        "attachments.not-on-pages",
    )
    assert needs_a_person(found)
    assert page_from_json(page_to_json(page)).attachments == page.attachments


def test_what_is_absent_is_written_and_read() -> None:
    found = Description(kind="decision", absent=("paper.number",))
    assert description_from_json(description_to_json(found)) == found
    assert "absent" not in description_to_json(Description(kind="decision"))


DECLARATION = [
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "TỜ KHAI ĐĂNG KÝ KHAI SINH",
    "Họ, chữ đệm, tên người yêu cầu: Trần Văn An",
    "Giấy tờ tùy thân: CCCD số 001095007777",
    "Đề nghị cơ quan đăng ký khai sinh cho người dưới đây:",
    "Họ, chữ đệm, tên: Trần Thị Hoa",
    "Họ, chữ đệm, tên người mẹ: Lê Thị Lan",
    "Năm sinh: 1990",
    "Họ, chữ đệm, tên người cha: Trần Văn An",
    "Năm sinh: 1995",
]


def missing(found: Description) -> Sequence[str]:
    return [doubt for doubt in found.doubts if doubt.startswith("missing:")]


def test_a_declaration_without_mother_or_father_is_in_doubt(described: Describe) -> None:
    assert missing(described(DECLARATION)) == []
    assert missing(described(DECLARATION[:7] + DECLARATION[9:])) == ["missing:mother.name"]
    assert missing(described(DECLARATION[:9])) == ["missing:father.name"]


@pytest.mark.parametrize("said", ["không có", "Không rõ", "không xác định được"])
def test_the_words_that_there_is_no_father_are_enough(described: Describe, said: str) -> None:
    rows = [*DECLARATION[:9], f"Họ, chữ đệm, tên người cha: {said}"]
    found = described(rows)
    assert missing(found) == []
    assert found.absent == ("father.name",)
