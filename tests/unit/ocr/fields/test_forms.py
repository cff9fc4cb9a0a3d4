"""Form definitions: what ships can be read, and what is wrong is named by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from dossier.codes import Sex
from dossier.errors import Misconfigured
from ocr.fields.forms import BUILT_IN, LabelType, Structure, Where, load_forms, squashed

FORM = """
id = "pension"
name = "Đơn hưởng trợ cấp"
titles = ["Đơn hưởng trợ cấp"]
groups = ["person"]
first = "owner"
required = ["owner.citizen_id"]

[[roles]]
id = "owner"
named = ["người hưởng"]
sex = "female"

[[labels]]
field = "paper.fund"
type = "text"
printed = ["Tên quỹ"]
where = ["below"]
"""


def test_the_kinds_that_are_asked_for_ship() -> None:
    kinds = load_forms().by_id
    assert {
        "birth-declaration", "birth-certificate", "marriage-extract", "marital-status",
        "death-declaration", "certified-copy", "dispatch", "decision", "notice", "circular",
    } <= set(kinds)  # fmt: skip
    assert kinds["marriage-extract"].columns == ("wife", "husband")
    assert kinds["decision"].structure is Structure.ND30
    assert kinds["dispatch"].titles == ()


def test_an_office_adds_a_form_in_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pension.toml").write_text(FORM, encoding="utf-8")
    forms = load_forms((BUILT_IN, tmp_path))
    form = forms.by_id["pension"]
    assert form.roles[0].sex is Sex.FEMALE
    own = next(label for label in form.labels if label.field == "paper.fund")
    assert own.type is LabelType.TEXT
    assert own.where == {Where.BELOW}
    assert "birth-declaration" in forms.by_id


def test_a_later_folder_replaces_a_form_of_the_same_id(tmp_path: Path) -> None:
    text = FORM.replace('"pension"', '"birth-declaration"')
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    assert load_forms((BUILT_IN, tmp_path)).by_id["birth-declaration"].name == "Đơn hưởng trợ cấp"


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ('first = "owner"', 'frist = "owner"', "frist"),
        ('first = "owner"', 'first = "aunt"', "first"),
        ('type = "text"', 'type = "poem"', "labels.type"),
        ('where = ["below"]', 'where = ["above"]', "labels.where"),
        ('sex = "female"', 'sex = "fem"', "roles.sex"),
        ('id = "owner"', 'id = "owner-1"', "roles.id"),
        ('printed = ["Tên quỹ"]', "printed = []", "labels.printed"),
        ('printed = ["Tên quỹ"]', 'printed = ["..."]', "printed"),
        ('groups = ["person"]', 'groups = ["persons"]', "groups"),
        ('required = ["owner.citizen_id"]', 'required = ["aunt.name"]', "required"),
        ('id = "pension"', 'id = "pen sion"', "id"),
        ('name = "Đơn hưởng trợ cấp"', "name = 7", "name"),
        ('titles = ["Đơn hưởng trợ cấp"]', 'titles = "Đơn"', "titles"),
        ('titles = ["Đơn hưởng trợ cấp"]', 'stands_over = "yes"', "stands_over"),
        ('titles = ["Đơn hưởng trợ cấp"]', 'structure = "round"', "structure"),
        ("[[roles]]", "[roles]", "roles"),
        ('id = "pension"', 'id = "', "(file)"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, before: str, after: str, key: str) -> None:
    assert before in FORM
    (tmp_path / "pension.toml").write_text(FORM.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Misconfigured) as caught:
        load_forms((BUILT_IN, tmp_path))
    assert caught.value.code == "forms.bad"
    assert "pension.toml" in caught.value.message
    assert f"key {key}:" in caught.value.message


def test_one_id_twice_in_a_folder_is_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(FORM, encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"b\.toml, key id"):
        load_forms((BUILT_IN, tmp_path))


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        load_forms((tmp_path / "none",))


def test_phrases_are_compared_without_diacritics_case_and_spaces() -> None:
    assert squashed("Họ, chữ đệm, tên:") == "hochudemten"
