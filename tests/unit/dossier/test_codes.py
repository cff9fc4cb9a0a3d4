"""Citizen IDs, dossier codes, office codes."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.clocks import SystemClock, TimedIds
from dossier.codes import (
    PROVINCE_CODES,
    Sex,
    citizen_id,
    dossier_code,
    is_cmnd,
    mask_number,
    mask_numbers,
    normalise_number,
    office_code,
)
from dossier.errors import WrongUse

_PROVINCES = st.sampled_from(sorted(PROVINCE_CODES))


def test_there_are_63_provinces() -> None:
    assert len(PROVINCE_CODES) == 63


@given(_PROVINCES, st.integers(0, 9), st.integers(0, 99), st.integers(0, 999_999))
def test_a_number_of_right_structure_is_taken_apart(
    province: str, century: int, year: int, serial: int
) -> None:
    taken = citizen_id(f"{province}{century}{year:02d}{serial:06d}")
    assert taken is not None
    assert taken.province == province
    assert taken.sex is (Sex.FEMALE if century % 2 else Sex.MALE)
    assert taken.birth_year == 1900 + 100 * (century // 2) + year


@given(st.text(max_size=14))
def test_anything_else_is_none(text: str) -> None:
    taken = citizen_id(text)
    right = len(text) == 12 and text.isascii() and text.isdigit() and text[:3] in PROVINCE_CODES
    assert (taken is not None) == right


@pytest.mark.parametrize(
    "number", ["003099012345", "001 09901234", "٠٠١٠٩٩٠١٢٣٤٥", "", "00109901234"]
)
def test_wrong_numbers(number: str) -> None:
    assert citizen_id(number) is None


def test_cmnd_is_nine_digits() -> None:
    assert is_cmnd("123456789")
    assert not is_cmnd("12345678x")
    assert not is_cmnd("1234567890")


@given(st.text("0123456789", min_size=4, max_size=12))
def test_masking_shows_three_digits(number: str) -> None:
    assert mask_number(number).endswith(number[-3:])
    assert mask_number(number).count("•") == len(number) - 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CCCD 001199012345.pdf", "CCCD •••••••••345.pdf"),
        ("001 199 012 345", "•••••••••345"),
        ("012345678", "••••••678"),
        ("0011 8400 0123", "•••••••••123"),
        ("0011-8400-0123.", "•••••••••123."),
        ("20261008001184000123.pdf", "•••••••••••••••••123.pdf"),
        ("id012345678x", "id••••••678x"),
        ("0123456789", "0123456789"),
        ("H15.50.05.13-261008-0975", "H15.50.05.13-261008-0975"),
        ("scan-0001.pdf", "scan-0001.pdf"),
        ("004099-315902", "•••••••••902"),
        ("004099 315902", "•••••••••902"),
        ("0 0 4 0 9 9 3 1 5 9 0 2", "•••••••••902"),
        ("1 0 0 4 0 9 9 3 1 5 9 0 2", "1 •••••••••902"),
        ("00 40 99 31 59 02", "•••••••••902"),
        ("004_099_315_902", "•••••••••902"),
        ("004/099/315/902", "•••••••••902"),
        ("004 099 315902", "•••••••••902"),
        ("CMND 271 234567", "CMND ••••••567"),
        ("1 2 3 4 5 6 7 8 9 10 11 12", "1 2 3 4 5 6 7 8 9 10 11 12"),
        ("H15.50.05.13-261008-123456", "H15.50.05.13-261008-123456"),
        ("H01.04.13-261008-1234567", "H01.04.13-261008-1234567"),
        ("ngày 02/05/2026, 12 trang", "ngày 02/05/2026, 12 trang"),
        ("", ""),
    ],
)
def test_numbers_are_masked(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


@given(st.text(), st.from_regex(r"[0-9]{12}", fullmatch=True), st.text())
def test_no_citizens_number_is_left(before: str, number: str, after: str) -> None:
    for between in ("", " "):
        assert number not in mask_numbers(f"{before}{between}{number}{between}{after}")


@given(st.uuids(version=4))
def test_uuids_are_not_masked(uuid: UUID) -> None:
    text = f"scan {uuid} stands for {str(uuid).upper()}"
    assert mask_numbers(text) == text


def test_ids_of_ours_are_not_masked() -> None:
    ids = TimedIds(SystemClock())
    made = [str(ids.new()) for _ in range(20_000)]
    assert [one for one in made if mask_numbers(one) != one] == []


@pytest.mark.parametrize(
    "text",
    ["001199012345", "001.199.012345", "001 199 012 345", "001199-012345", " 0011_9901_2345 ",
     "００１１９９０１２３４５", "0 0 1 1 9 9 0 1 2 3 4 5"],
)  # fmt: skip
def test_a_number_in_any_usual_writing_is_normalised(text: str) -> None:
    assert normalise_number(text) == "001199012345"


@pytest.mark.parametrize("text", ["", "12345", "003099012345", "00119901234x", "0011990123456"])
def test_other_text_is_no_number(text: str) -> None:
    assert normalise_number(text) is None


def test_a_cmnd_is_normalised() -> None:
    assert normalise_number("271 234 567") == "271234567"


@pytest.mark.parametrize(
    "code",
    [
        "000.00.01.H26-260930-0012",
        "H15.50.05.13-261008-0975",
        "h15.50.05.13-261008-1234567",
        "A1",
        "2026.11.27-0001",
        "HS-202600123",
        "H15.50.05.13-261008-123456",
        "H01.04.13-261008-1234567",
        "2026.1234-5678",
    ],
)
def test_dossier_codes_of_all_times(code: str) -> None:
    assert dossier_code(f" {code} ") == code.upper()


@pytest.mark.parametrize(
    "code",
    [
        "",
        "../x",
        "A B",
        "A/B",
        "Đ1",
        "-A",
        "A.",
        "001099012345",
        "123456789",
        "001.099.012.345",
        "0010-9901-2345",
        "001099012345-1",
        "HS-001099012345",
        "001184-000123",
        "H15.004099315",
        "H15-001184_000123",
        "A" * 101,
        "A\n",
    ],
)
def test_what_is_no_dossier_code(code: str) -> None:
    if code.strip().upper() == "A":
        assert dossier_code(code) == "A"
        return
    with pytest.raises(WrongUse):
        dossier_code(code)


@given(st.text(max_size=40))
def test_a_checked_code_is_fit_for_a_path(text: str) -> None:
    try:
        code = dossier_code(text)
    except WrongUse:
        return
    assert code.isascii()
    assert not set(code) & set("/\\ \n\0")
    assert ".." not in code


def test_office_codes() -> None:
    assert office_code(" h15.50.05.13 ") == "H15.50.05.13"
    for bad in ("", "H15-50", "A" * 36, "H..1", "Ư1"):
        with pytest.raises(WrongUse):
            office_code(bad)
