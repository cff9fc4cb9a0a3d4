"""The owner of a number: by headings, labels, columns, tables and prose, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from dossier.spine import Description
from ocr.fields import Forms, describe

Describe = Callable[..., Description]

CHILD, MOTHER, FATHER, OTHER = "048324001234", "048190001234", "048088004321", "001095007777"
MOTTO = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
DECLARATION = [*MOTTO, "TỜ KHAI ĐĂNG KÝ KHAI SINH", "Kính gửi: Ủy ban nhân dân xã Ia Grai"]
EXTRACT = [*MOTTO, "TRÍCH LỤC KẾT HÔN", "(BẢN SAO)"]


def ids(description: Description) -> dict[str, str]:
    return {v.role: v.text for v in description.values if v.attribute == "citizen_id"}


def doubts(description: Description) -> dict[str, str]:
    return {v.field: v.doubt for v in description.values if v.doubt}


GROUPS = " ".join(FATHER[i : i + 3] for i in range(0, 12, 3))
HEADINGS = [
    *DECLARATION,
    "I. NGƯỜI YÊU CẦU",
    "Họ, chữ đệm, tên: Trần Văn An",
    "Ngày sinh: 02/03/1995",
    f"Số định danh cá nhân: {OTHER}",
    "Quan hệ với người được khai sinh: Mẹ",
    "II. NGƯỜI ĐƯỢC KHAI SINH",
    "Họ, chữ đệm, tên: Trần Thị Hoa",
    "Ngày sinh: 01/02/2024|Giới tính: Nữ",
    "III. NGƯỜI MẸ",
    "Họ, chữ đệm, tên: Lê Thị Lan",
    "Ngày sinh: 05/06/1990",
    f"Số CCCD: {MOTHER}",
    "IV. NGƯỜI CHA",
    "Họ, chữ đệm, tên: Trần Văn Bình",
    f"Giấy tờ tùy thân: Căn cước công dân số {GROUPS},",
    "do Cục Cảnh sát cấp ngày 01/02/2022",
]
SUFFIXES = [
    *DECLARATION,
    "Họ, chữ đệm, tên người yêu cầu: Trần Văn An",
    f"Giấy tờ tùy thân: CCCD số {OTHER}; nơi cấp: Bộ Công an",
    "Đề nghị cơ quan đăng ký khai sinh cho người dưới đây:",
    "Họ, chữ đệm, tên: Trần Thị Hoa",
    "Họ và tên mẹ: Lê Thị Lan",
    f"Số định danh cá nhân của mẹ: {MOTHER}",
    "Họ và tên cha: Trần Văn Bình",
    f"Số ĐDCN: {FATHER}",
]
BELOW = [
    *DECLARATION,
    "NGƯỜI YÊU CẦU",
    "Họ và tên",
    "Trần Văn An",
    "Số căn cước",
    OTHER,
    "Quan hệ với người được khai sinh",
    "Mẹ",
    "NGƯỜI ĐƯỢC KHAI SINH",
    "Họ và tên",
    "Trần Thị Hoa",
    "NGƯỜI MẸ",
    "Họ và tên",
    "Lê Thị Lan",
    "Số căn cước",
    MOTHER,
    "NGƯỜI CHA",
    "Họ và tên",
    "Trần Văn Bình",
    "Số căn cước",
    FATHER,
]
TWO_COLUMNS = [
    *DECLARATION,
    "NGƯỜI YÊU CẦU",
    "Họ và tên: Trần Văn An",
    f"Số CCCD: {OTHER}",
    "NGƯỜI ĐƯỢC KHAI SINH",
    "Họ và tên: Trần Thị Hoa",
    "NGƯỜI MẸ|NGƯỜI CHA",
    "Họ và tên: Lê Thị Lan|Họ và tên: Trần Văn Bình",
    "Ngày sinh: 05/06/1990|Ngày sinh: 07/08/1988",
    f"Giấy tờ tùy thân: CCCD số|Số CCCD: {FATHER}",
    f"{MOTHER} do Bộ Công an cấp|Nơi cư trú: xã Ia Grai",
]
ROWS = [
    *DECLARATION,
    "Họ và tên người được khai sinh: Trần Thị Hoa",
    "Quan hệ|Họ và tên|Ngày sinh|Số CCCD",
    f"Người yêu cầu|Trần Văn An|02/03/1995|{OTHER}",
    f"Mẹ|Lê Thị Lan|05/06/1990|{MOTHER}",
    f"Cha|Trần Văn Bình|07/08/1988|{FATHER}",
]


@pytest.mark.parametrize("rows", [HEADINGS, SUFFIXES, BELOW, TWO_COLUMNS, ROWS])
@pytest.mark.parametrize("slope", [0.0, 0.02, -0.02])
def test_each_number_goes_to_its_role(
    described: Describe, rows: Sequence[str], slope: float
) -> None:
    found = described(rows, slope=slope)
    assert found.kind == "birth-declaration"
    assert ids(found) == {"requester": OTHER, "mother": MOTHER, "father": FATHER}
    assert doubts(found) == {}
    assert found.doubts == ()
    names = {v.role: v.text for v in found.values if v.attribute == "name"}
    assert names == {
        "requester": "Trần Văn An",
        "child": "Trần Thị Hoa",
        "mother": "Lê Thị Lan",
        "father": "Trần Văn Bình",
    }


NAMES = "Họ và tên: Lê Thị Lan|Họ và tên: Trần Văn Bình"
NUMBERS = f"Số CCCD: {MOTHER}|Số CCCD: {FATHER}"
COUPLES = {
    "columns with heads": ["BÊN NỮ|BÊN NAM", NAMES, NUMBERS],
    "columns without heads": [NAMES, NUMBERS],
    "a column whose head is misread": ["Vự|Chồng", NAMES, NUMBERS],
    "columns with roles in the labels": [
        "Họ, chữ đệm, tên vợ: Lê Thị Lan|Họ, chữ đệm, tên chồng: Trần Văn Bình",
        NUMBERS,
    ],
    "columns the other way round": [
        "Bên nam|Bên nữ",
        "Họ và tên: Trần Văn Bình|Họ và tên: Lê Thị Lan",
        f"Số CCCD: {FATHER}|Số CCCD: {MOTHER}",
    ],
    "one below the other": [
        "1. Người vợ",
        "Họ và tên: Lê Thị Lan",
        f"CCCD/CMND số: {MOTHER}",
        "2. Người chồng",
        "Họ và tên: Trần Văn Bình",
        f"CCCD/CMND số: {FATHER}",
    ],
    "prose": [
        f"Bà: Lê Thị Lan, sinh ngày 05/06/1990, CCCD số {MOTHER}, cư trú tại xã Ia Grai",
        f"Ông: Trần Văn Bình, sinh ngày 07/08/1988, CCCD số {FATHER}, cư trú tại xã Ia Grai",
    ],
}


@pytest.mark.parametrize("rows", COUPLES.values(), ids=COUPLES.keys())
def test_wife_and_husband_are_distinguished(described: Describe, rows: list[str]) -> None:
    found = described([*EXTRACT, *rows, "Nơi đăng ký kết hôn: Ủy ban nhân dân xã Ia Grai"])
    assert found.kind == "marriage-extract"
    assert ids(found) == {"wife": MOTHER, "husband": FATHER}
    assert doubts(found) == {}


def test_a_name_beside_a_number_of_somebody_else_is_in_doubt(described: Describe) -> None:
    rows = ["1. Người vợ", "Họ và tên: Lê Thị Lan", "Ngày sinh: 05/06/1955", f"CCCD số: {MOTHER}"]
    found = described([*EXTRACT, *rows])
    why = {value.field: value.doubt for value in found.values}
    assert why["wife.citizen_id"] == "citizen_id.birth-mismatch"
    assert why["wife.name"] == "name.number-differs"


def test_a_table_of_labels_wife_and_husband(described: Describe) -> None:
    rows = [
        "|Vợ|Chồng",
        "Họ và tên|Lê Lan|Trần Bình",
        "Ngày sinh|05/06/1990|07/08/1988",
        f"Số CCCD|{MOTHER}|{FATHER}",
        "Nơi đăng ký kết hôn: Ủy ban nhân dân xã Ia Grai",
    ]
    found = described([*EXTRACT, *rows], cells=(60.0, 200.0, 400.0))
    assert ids(found) == {"wife": MOTHER, "husband": FATHER}
    assert [v.text for v in found.values if v.attribute == "birth"] == ["1990-06-05", "1988-08-07"]


def test_the_requester_is_not_the_certified_person(described: Describe) -> None:
    found = described(
        [
            *MOTTO,
            "GIẤY XÁC NHẬN",
            "TÌNH TRẠNG HÔN NHÂN",
            "Xét đề nghị của ông/bà: Trần Văn An, về việc cấp giấy",
            "XÁC NHẬN:",
            "Họ, chữ đệm, tên: Lê Thị Lan",
            f"Số định danh cá nhân: {MOTHER}",
        ]
    )
    assert found.kind == "marital-status"
    assert ids(found) == {"owner": MOTHER}
    names = {v.role: v.text for v in found.values if v.attribute == "name"}
    assert names == {"requester": "Trần Văn An", "owner": "Lê Thị Lan"}


def test_a_section_goes_on_over_a_page(forms: Forms, typed: Callable[..., object]) -> None:
    cut = HEADINGS.index("III. NGƯỜI MẸ") + 1
    pages = (typed(HEADINGS[:cut], number=1), typed(HEADINGS[cut:], number=2))
    found = describe(pages, forms=forms)  # type: ignore[arg-type] # the fixture's pages
    assert ids(found)["mother"] == MOTHER
    assert next(v.page for v in found.values if v.field == "mother.citizen_id") == 2


def test_labels_are_found_with_letters_wrong(described: Describe) -> None:
    rows = [r.replace("NGƯỜI MẸ", "NGU0I MẸ").replace("định danh", "đinh dạnh") for r in HEADINGS]
    assert ids(described(rows)) == {"requester": OTHER, "mother": MOTHER, "father": FATHER}


@pytest.mark.parametrize(
    ("before", "after", "field", "doubt"),
    [
        (MOTHER, MOTHER.replace("0", "O", 1), "mother.citizen_id", "citizen_id.repaired"),
        (MOTHER, "048191001234", "mother.citizen_id", "citizen_id.birth-mismatch"),
        (MOTHER, "048090001234", "mother.citizen_id", "citizen_id.sex-mismatch"),
        ("Số CCCD: 0481", "Ghi 0481", "mother.citizen_id", ""),
        ("Số CCCD: 04819", "Ghi 04818", "mother.citizen_id", "citizen_id.birth-mismatch"),
        (FATHER[9:] + ",", FATHER[9:] + ", 12", "father.citizen_id", "citizen_id.loose-digits"),
        (OTHER, MOTHER, "requester.citizen_id", "citizen_id.birth-mismatch"),
        (OTHER, "048088004322", "father.citizen_id", "citizen_id.near-another"),
        ("Lê Thị Lan", "Lễ Thị Lan", "mother.name", "name.tones"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_doubted(
    described: Describe, before: str, after: str, field: str, doubt: str
) -> None:
    rows = [row.replace(before, after) for row in HEADINGS]
    assert rows != HEADINGS
    assert doubts(described(rows)).get(field, "") == doubt


def test_a_number_read_once_is_never_certain(described: Describe) -> None:
    found = described(HEADINGS, confidence=0.97)
    assert set(doubts(found).values()) == {"citizen_id.read-once"}
    assert len(doubts(found)) == 3


def test_two_numbers_for_one_person_are_a_conflict(described: Describe) -> None:
    at = HEADINGS.index(f"Số CCCD: {MOTHER}")
    rows = [*HEADINGS[:at], "Số CCCD: 048190555666", *HEADINGS[at:]]
    found = described(rows)
    assert doubts(found)["mother.citizen_id"] == "citizen_id.conflict"
    assert not found.certain


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("IV. NGƯỜI CHA", "IV. ………"),
        ("Họ, chữ đệm, tên: Trần Văn Bình", "Họ, chữ đệm, tên người giám hộ: Trần Văn Bình"),
    ],
)
def test_whose_a_number_is_must_be_understood(described: Describe, before: str, after: str) -> None:
    rows = [row.replace(before, after) for row in HEADINGS]
    assert rows != HEADINGS
    for value in described(rows).values:
        if value.text == FATHER:
            assert value.doubt == "role.guessed"


def test_what_is_not_there_is_not_guessed(described: Describe) -> None:
    found = described([row for row in HEADINGS if OTHER not in row])
    assert "requester" not in ids(found)
    assert found.doubts == ("missing:requester.citizen_id",)


def test_a_number_that_cannot_be_read_is_left_empty(described: Describe) -> None:
    found = described([row.replace(MOTHER, MOTHER[:-1]) for row in HEADINGS])
    assert "mother" not in ids(found)
    assert found.doubts == ("unread:mother.citizen_id",)


def test_nobodys_number_is_only_mentioned(described: Describe) -> None:
    found = described([*MOTTO, "ĐƠN XIN VIỆC", f"Người làm chứng, CCCD số {OTHER}"])
    assert found.kind == ""
    assert ids(found) == {"mentioned": OTHER}
    assert doubts(found) == {"mentioned.citizen_id": "role.unknown"}
    assert found.doubts == ("kind.unknown",)


def test_numbers_of_other_things_are_none_of_persons(described: Describe) -> None:
    found = described([*HEADINGS, f"Số tài khoản: {CHILD}", f"Mã hồ sơ: {CHILD}"])
    assert CHILD not in ids(found).values()


def test_an_unread_page_is_reported(forms: Forms, typed: Callable[..., object]) -> None:
    from dossier.spine import RecognisedPage  # noqa: PLC0415 - beside its one use

    unread = RecognisedPage(2, 595, 842, (), unread="page.crashed")
    found = describe((typed(HEADINGS), unread), forms=forms)  # type: ignore[arg-type] # the fixture's page
    assert "page.unread:2" in found.doubts
    assert ids(found)["mother"] == MOTHER


def test_no_pages_and_empty_pages_are_unknown(forms: Forms, typed: Callable[..., object]) -> None:
    assert describe((), forms=forms).doubts == ("kind.unknown",)
    assert describe((typed([]),), forms=forms).doubts == ("kind.unknown",)  # type: ignore[arg-type] # the fixture's page


def test_a_number_under_the_wrong_person_finds_the_role_left_for_it(
    described: Callable[[Sequence[str]], Description],
) -> None:
    # The heading of the one who declares is lost: her number stands under the father.
    found = described([
        "GIẤY KHAI SINH",
        "Họ và tên người được khai sinh: Trần Văn An",
        "Ngày sinh: 03/04/2025",
        "Số định danh cá nhân: 048225001111",
        "Họ và tên mẹ: Lê Thị Bình",
        "Năm sinh: 1990",
        "Số CCCD: 048190001234",
        "Họ và tên cha: Trần Văn Cường",
        "Năm sinh: 1988",
        "Số CCCD: 048088004321",
        "Căn cước công dân số 048170007777",
    ])  # fmt: skip
    values = {value.field: value for value in found.values}
    assert values["requester.citizen_id"].text == "048170007777"
    assert values["requester.citizen_id"].doubt
    assert values["father.citizen_id"].text == "048088004321"
    assert values["mother.citizen_id"].text == "048190001234"


def test_whom_the_owner_will_marry_is_only_mentioned(
    described: Callable[[Sequence[str]], Description],
) -> None:
    found = described([
        "GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN",
        "Xét đề nghị của ông/bà: Lê Thị Bình",
        "XÁC NHẬN:",
        "Họ và tên: Lê Thị Bình",
        "Ngày sinh: 03/04/1990",
        "Số CCCD: 048190001234",
        "Tình trạng hôn nhân: Chưa đăng ký kết hôn với ai",
        "Giấy này để làm thủ tục đăng ký kết hôn với ông Trần Văn Cường, sinh năm 1988,",
        "CCCD số 048088004321",
    ])  # fmt: skip
    values = {value.field: value for value in found.values}
    assert values["owner.citizen_id"].text == "048190001234"
    assert values["mentioned.citizen_id"].text == "048088004321"
    assert values["mentioned.citizen_id"].doubt == "role.unknown"


def test_a_number_after_the_lines_of_the_paper_is_not_surely_of_the_last_person(
    described: Callable[[Sequence[str]], Description],
) -> None:
    found = described([
        "GIẤY KHAI SINH",
        "Họ và tên người được khai sinh: Trần Văn An",
        "Ngày sinh: 03/04/2025",
        "Họ và tên cha: Trần Văn Cường",
        "Năm sinh: 1988",
        "Ngày, tháng, năm đăng ký: 04/05/2025",
        "Số CCCD: 048088004321",
    ])  # fmt: skip
    (value,) = [v for v in found.values if v.text == "048088004321"]
    assert value.doubt == "role.guessed"


def test_a_number_that_was_not_read_is_taken_from_the_same_persons_other_role(
    described: Callable[[Sequence[str]], Description],
) -> None:
    rows = [
        "GIẤY KHAI SINH",
        "Họ và tên người được khai sinh: Trần Văn An",
        "Ngày sinh: 03/04/2025",
        "Họ và tên mẹ: Lê Thị Thu Bình",
        "Năm sinh: 1990",
        "Số CCCD:",
        "Họ và tên người đi khai sinh: Lê Thị Thu Bình",
        "Số CCCD: 048190001234",
    ]
    values = {value.field: value for value in described(rows).values}
    assert values["mother.citizen_id"].text == "048190001234"
    assert values["mother.citizen_id"].doubt == "role.guessed"
    assert not values["requester.citizen_id"].doubt
    rows[6] = "Họ và tên người đi khai sinh: Lê Thị Thu Hà"
    assert "mother.citizen_id" not in {value.field for value in described(rows).values}
