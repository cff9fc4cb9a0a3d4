"""Citizen IDs, dossier codes, office codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.codes import (
    PROVINCE_CODES,
    Sex,
    citizen_id,
    dossier_code,
    is_cmnd,
    masked,
    numbers_masked,
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
    assert masked(number).endswith(number[-3:])
    assert masked(number).count("•") == len(number) - 3


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
        ("", ""),
    ],
)
def test_numbers_are_masked(text: str, shown: str) -> None:
    assert numbers_masked(text) == shown


@given(st.text(), st.from_regex(r"[0-9]{12}", fullmatch=True), st.text())
def test_no_citizens_number_is_left(before: str, number: str, after: str) -> None:
    for between in ("", " "):
        assert number not in numbers_masked(f"{before}{between}{number}{between}{after}")


@pytest.mark.parametrize(
    "code",
    [
        "000.00.01.H26-260930-0012",
        "H15.50.05.13-261008-0975",
        "h15.50.05.13-261008-1234567",
        "A1",
        "2026.11.27-0001",
        "HS-202600123",
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
