"""The contract of every ``Catalogue``, on SQLite and PostgreSQL."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from contract.catalogue_search import DOSSIER, OFFICES, SEARCH, papers, search, text
from unit.archive.made import FATHER, MOTHER, description, entry, paper_id, value

from dossier.errors import WrongUse
from dossier.finding import Found, FoundPage
from dossier.ports import Catalogue
from dossier.written import description_from_json, description_to_json

OTHERS = ("H15.50.05.14",)


def _person(catalogue: Catalogue, number: str, limit: int = 20) -> list[Found]:
    return catalogue.by_citizen_id(number, offices=OFFICES, limit=limit)


def what_was_added_comes_back(catalogue: Catalogue) -> None:
    added = entry(1)
    catalogue.add(added)
    written = description_from_json(description_to_json(added.description))
    assert catalogue.get(paper_id(1), offices=OFFICES) == replace(
        added, text="", description=written
    )
    assert catalogue.get(paper_id(2), offices=OFFICES) is None
    assert catalogue.count() == 1


def another_office_sees_nothing(catalogue: Catalogue) -> None:
    catalogue.add(entry(1))
    nothing = FoundPage(rows=(), total=0)
    for offices in (OTHERS, ()):
        assert catalogue.get(paper_id(1), offices=offices) is None
        assert catalogue.by_citizen_id(MOTHER, offices=offices, limit=9) == []
        assert catalogue.by_dossier(DOSSIER, offices=offices, limit=9) == []
        for words in ("Trần Thị Hoà", "tran thi hoa", "làm người", "lam nguoi"):
            assert search(catalogue, words, offices=offices) == nothing


def a_person_is_found_in_each_role(catalogue: Catalogue) -> None:
    catalogue.add_all(entry(n) for n in (1, 2))
    found = _person(catalogue, FATHER)
    assert [(f.paper, f.role) for f in found] == [
        (paper_id(2), "father"), (paper_id(2), "requester"),
        (paper_id(1), "father"), (paper_id(1), "requester"),
    ]  # fmt: skip
    assert {f.person for f in found} == {"Nguyễn Văn Đức"}
    assert {f.number for f in found} == {"•••••••••321"}
    assert {(f.dossier, f.kind) for f in found} == {(DOSSIER, "birth-declaration")}
    assert [f.archived_at for f in found][::2] == [entry(2).archived_at, entry(1).archived_at]


def an_old_number_finds_its_person(catalogue: Catalogue) -> None:
    catalogue.add(entry(1))
    (found,) = _person(catalogue, "012345678")
    assert (found.person, found.number, found.role) == ("Nguyễn Văn Đức", "••••••678", "father")


def a_number_is_found_as_people_type_it(catalogue: Catalogue) -> None:
    catalogue.add(entry(1))
    assert papers(_person(catalogue, " 001 188 012 345 ")) == [paper_id(1)]
    assert papers(_person(catalogue, "001188.012345")) == [paper_id(1)]
    assert _person(catalogue, "001188012346") == []
    for number in ("", "00118801234", "0011880123456", "00118801234x", "%", "' OR 1=1 --"):
        with pytest.raises(WrongUse) as caught:
            _person(catalogue, number)
        assert caught.value.code == "find.bad-number"


def the_newest_stand_first_up_to_the_limit(catalogue: Catalogue) -> None:
    catalogue.add_all(entry(n) for n in range(1, 8))
    for limit in (0, 1, 3):
        newest = [paper_id(n) for n in range(7, 7 - limit, -1)]
        assert papers(_person(catalogue, MOTHER, limit)) == newest
        for words in ("Trần Thị Hoà", "tran thi hoa", "khai Trần", "khai tran"):
            assert text(catalogue, words, limit) == newest


def a_dossier_is_listed_by_ordinal(catalogue: Catalogue) -> None:
    for n, ordinal in ((1, 3), (2, 1), (3, 2)):
        catalogue.add(entry(n, ordinal=ordinal))
    catalogue.add(entry(4, dossier="H15.50.05.13-261008-0976"))
    found = catalogue.by_dossier(DOSSIER.lower(), offices=OFFICES, limit=9)
    assert papers(found) == [paper_id(n) for n in (2, 3, 1)]
    assert papers(catalogue.by_dossier(DOSSIER, offices=OFFICES, limit=2)) == [
        paper_id(2), paper_id(3),
    ]  # fmt: skip


def a_code_that_cannot_be_finds_nothing(catalogue: Catalogue) -> None:
    catalogue.add(entry(1))
    for code in ("", "\0", f"{DOSSIER}\0", "\ud800", "%", "x" * 500):
        assert catalogue.by_dossier(code, offices=OFFICES, limit=9) == []


def tones_rank_before_folded_and_phrases_before_words(catalogue: Catalogue) -> None:
    nothing = description(values=())
    named = description(values=(value("owner.name", "Le Thì Bich"),))
    catalogue.add(entry(1, described=nothing, text="bà Lê Thị Bích, sinh năm 1970"))
    catalogue.add(entry(2, described=named, text="một tờ giấy"))
    catalogue.add(entry(3, described=nothing, text="Thị xã Bích Lê"))
    catalogue.add(entry(4, described=nothing, text="bich, le, thi"))
    catalogue.add(entry(5, described=nothing, text="Lê Thị Hoa"))
    assert text(catalogue, "Lê Thị Bích") == [paper_id(n) for n in (2, 1, 3, 4)]
    assert text(catalogue, "le thi bich")[0] == paper_id(2)
    assert set(text(catalogue, "le thi bich")) == {paper_id(n) for n in (1, 2, 3, 4)}
    assert text(catalogue, "LÊ THỊ BÍCH", 1) == [paper_id(2)]


def all_spellings_of_a_word_are_one(catalogue: Catalogue) -> None:
    catalogue.add(entry(1, described=description(values=()), text="Hoà Đặng thuỷ QUÝ"))
    for words in ("hoà", "hòa", "HÒA", "Hoa", "đặng", "ðặng", "dang", "Thuỷ", "thủy", "quý"):
        assert text(catalogue, words) == [paper_id(1)], words
        assert text(catalogue, unicodedata.normalize("NFD", words)) == [paper_id(1)], words
    # The wrong tone is found too, after the right one: see the ranks above.
    assert text(catalogue, "hoá") == [paper_id(1)]
    assert text(catalogue, "khung") == []


def a_person_without_a_number_is_found_by_name(catalogue: Catalogue) -> None:
    catalogue.add(entry(1, text="một tờ giấy"))
    for words in ("Nguyễn Hoàng Đăng", "nguyen hoang dang"):
        (found,) = search(catalogue, words).rows
        assert (found.paper, found.person, found.number, found.role) == (
            paper_id(1), "Nguyễn Hoàng Đăng", "", "child",
        )  # fmt: skip


def the_row_shows_whom_the_words_name(catalogue: Catalogue) -> None:
    catalogue.add(entry(1))
    for words, person, number, role in (
        ("tran thi hoa", "Trần Thị Hoà", "•••••••••345", "mother"),
        ("Nguyễn Văn Đức", "Nguyễn Văn Đức", "•••••••••321", "father"),
        ("phường Bến Nghé", "Nguyễn Hoàng Đăng", "", "child"),
    ):
        (found,) = search(catalogue, words).rows
        assert (found.person, found.number, found.role) == (person, number, role)


def a_record_without_people_is_a_row_too(catalogue: Catalogue) -> None:
    catalogue.add(entry(1, described=description(kind="", values=()), text="giấy trắng"))
    (found,) = search(catalogue, "giấy trắng").rows
    assert (found.person, found.number, found.role, found.kind) == ("", "", "", "")
    assert papers(catalogue.by_dossier(DOSSIER, offices=OFFICES, limit=9)) == [paper_id(1)]


def only_the_whole_number_finds_by_text(catalogue: Catalogue) -> None:
    said = "số 001 188 012 345, CMND 012.345.678, thẻ IDVNM1880123450001188012345<<1"
    catalogue.add(entry(1, described=description(values=()), text=said))
    for words in (MOTHER, "001 188 012 345", "012345678"):
        assert text(catalogue, words) == [paper_id(1)], words
    for words in ("001188", "001", "188 012", "012", "345", "00118801234", "678", "1880123450"):
        assert text(catalogue, words) == [], words


def nothing_typed_is_an_error(catalogue: Catalogue) -> None:
    catalogue.add(entry(1, text="khai sinh"))
    for words in (
        'khai OR "tử', "khai NOT sinh", "xe:khai", "{xe xf}:khai", "khai*", "^khai",
        "NEAR(khai sinh)", "khai -sinh", "khai + sinh", '"', "''", "\\", "%", "(", ")", "*", ":",
        "\0", "khai\0sinh", "¶", "khai ¶ sinh", "\ud800", "'; DROP TABLE record; --", "OR", "- -",
        "-", "khai OR", "OR khai", '""', "=d20240101", "@motto", "[a TO b]", "/x/", "1/0/0",
    ):  # fmt: skip
        text(catalogue, words)


def without_words_nothing_is_found(catalogue: Catalogue) -> None:
    catalogue.add(entry(1))
    for words in ("", " ", "...", "\u0301"):
        assert text(catalogue, words) == []


def very_long_questions_are_answered(catalogue: Catalogue) -> None:
    catalogue.add(entry(1, text="x" * 100_000 + " " + "một hai ba " * 20_000))
    assert text(catalogue, "một hai ba " * 5_000) == [paper_id(1)]
    assert text(catalogue, "x" * 100_000) == [paper_id(1)]
    assert text(catalogue, " ".join(str(n) for n in range(20_000))) == []


def adding_again_replaces(catalogue: Catalogue) -> None:
    catalogue.add_all(entry(n) for n in (1, 2, 3))
    other = description(
        kind="marriage-extract",
        values=(value("wife.name", "Phạm Thu Hằng"), value("wife.citizen_id", "001190000001")),
    )
    for _ in range(2):
        catalogue.add(entry(2, described=other, text="Phạm Thu Hằng kết hôn", ordinal=7))
    assert catalogue.count() == 3
    assert papers(_person(catalogue, MOTHER)) == [paper_id(3), paper_id(1)]
    assert papers(_person(catalogue, "001190000001")) == [paper_id(2)]
    for words in ("Trần Thị Hoà", "tran thi hoa", "khai Trần", "khai tran"):
        assert text(catalogue, words) == [paper_id(3), paper_id(1)]
    assert text(catalogue, "pham thu hang") == [paper_id(2)]
    again = catalogue.get(paper_id(2), offices=OFFICES)
    assert again is not None
    assert (again.description.kind, again.ordinal) == ("marriage-extract", 7)
    catalogue.add_all([entry(3), entry(2), entry(2), entry(4)])
    assert text(catalogue, "Trần Thị Hoà") == [paper_id(n) for n in (4, 3, 2, 1)]


def a_cleared_catalogue_is_empty_and_usable(catalogue: Catalogue) -> None:
    catalogue.add_all(entry(n) for n in range(1, 4))
    catalogue.clear()
    assert catalogue.count() == 0
    assert catalogue.get(paper_id(1), offices=OFFICES) is None
    assert _person(catalogue, MOTHER) == []
    assert text(catalogue, "Trần Thị Hoà") == []
    catalogue.clear()
    catalogue.add(entry(2, text="lại có"))
    assert text(catalogue, "lại có") == [paper_id(2)]
    assert text(catalogue, "người làm chứng") == []


Check = Callable[[Catalogue], None]
CONTRACT: tuple[Check, ...] = (
    *SEARCH,
    what_was_added_comes_back,
    another_office_sees_nothing,
    a_person_is_found_in_each_role,
    an_old_number_finds_its_person,
    a_number_is_found_as_people_type_it,
    the_newest_stand_first_up_to_the_limit,
    a_dossier_is_listed_by_ordinal,
    a_code_that_cannot_be_finds_nothing,
    tones_rank_before_folded_and_phrases_before_words,
    all_spellings_of_a_word_are_one,
    a_person_without_a_number_is_found_by_name,
    the_row_shows_whom_the_words_name,
    a_record_without_people_is_a_row_too,
    only_the_whole_number_finds_by_text,
    nothing_typed_is_an_error,
    without_words_nothing_is_found,
    very_long_questions_are_answered,
    adding_again_replaces,
    a_cleared_catalogue_is_empty_and_usable,
)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("adapter", ["sqlite", "postgres"])
def test_every_catalogue_keeps_the_contract(
    request: pytest.FixtureRequest, adapter: str, check: Check
) -> None:
    check(request.getfixturevalue(f"{adapter}_catalogue"))
