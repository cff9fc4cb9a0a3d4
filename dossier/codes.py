"""The codes of the field: citizen ID, CMND, dossier code, office code.

Sources: NĐ 137/2015 Đ.13 and TT 59/2021/TT-BCA Đ.4 (citizen ID), NĐ 61/2018 and what the national
portal issues since 2025 (dossier code), QĐ 20/2020/QĐ-TTg (office code).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from dossier.errors import WrongUse

# The 63 provinces in force before the merger of 2025; a number is kept for life.
PROVINCE_CODES = frozenset(
    f"{n:03d}"
    for n in (
        1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36,
        37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74,
        75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
    )
)  # fmt: skip


class Sex(StrEnum):
    """As the citizen ID tells it."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A citizen ID (số định danh cá nhân) taken apart.

    Attributes:
        number: 12 digits.
        province: the three first, one of the 63.
        sex: from the fourth.
        birth_year: from the fourth, fifth and sixth.
    """

    number: str
    province: str
    sex: Sex
    birth_year: int


def citizen_id(number: str) -> CitizenId | None:
    """Take a number apart; None where its structure does not hold.

    There is no check digit: what can be checked is that there are 12 ASCII digits, that the first
    three are a province of before 2025, and that the fourth tells a century from 1900 to 2399.
    """
    if not re.fullmatch(r"[0-9]{12}", number) or number[:3] not in PROVINCE_CODES:
        return None
    century, sex = divmod(int(number[3]), 2)
    return CitizenId(
        number,
        number[:3],
        Sex.FEMALE if sex else Sex.MALE,
        1900 + 100 * century + int(number[4:6]),
    )


def is_cmnd(number: str) -> bool:
    """Whether this looks like an old identity number (CMND): 9 digits."""
    return re.fullmatch(r"[0-9]{9}", number) is not None


def masked(number: str) -> str:
    """A number of a person as lists show it: only the last three digits."""
    return "•" * max(len(number) - 3, 0) + number[-3:]


# What could be somebody's number: twelve digits, within more too; nine alone; in groups of three or
# four.
_NUMBER = re.compile(
    r"\d{12,}"
    r"|(?<!\d)(?:\d{9}|\d{3}([ .\-])\d{3}\1\d{3}(?:\1\d{3})?|\d{4}([ .\-])\d{4}\2\d{4})(?!\d)"
)


def numbers_masked(text: str) -> str:
    """The text with whatever could be a citizen's number shown by its last three digits only."""
    return _NUMBER.sub(lambda found: masked(re.sub(r"\D", "", found[0])), text)


_DOSSIER = re.compile(r"[A-Z0-9]+(?:[.\-_][A-Z0-9]+)*")
_LONGEST_CODE = 100  # fileCode of TT 05/2025/TT-BNV


def dossier_code(text: str) -> str:
    """The code of a dossier (mã hồ sơ), upper case and trimmed.

    Old ``000.00.01.H26-260930-0012``, new ``H15.50.05.13-261008-0975``, serials of four to seven
    digits, and what an office makes up itself: letters, digits, dots, hyphens and underscores.

    Raises:
        WrongUse: ``dossier.bad-code``.
    """
    code = text.strip().upper()
    if not _DOSSIER.fullmatch(code) or len(code) > _LONGEST_CODE or _names_somebody(code):
        raise WrongUse(
            "dossier.bad-code",
            "a dossier code is made of letters, digits, dots and hyphens, such as "
            "H15.50.05.13-261008-0975; a citizen's number is not one",
        )
    return code


def _names_somebody(code: str) -> bool:
    """Whether a number of a person stands in it, or it is one written in groups."""
    return re.search(r"\d{12}", code) is not None or _NUMBER.fullmatch(code) is not None


_OFFICE = re.compile(r"[A-Z0-9]+(?:\.[A-Z0-9]+)*")
_LONGEST_OFFICE = 35


def office_code(text: str) -> str:
    """The code of an office (mã định danh), up to 35 characters, dot-separated.

    Raises:
        WrongUse: ``office.bad-code``.
    """
    code = text.strip().upper()
    if not _OFFICE.fullmatch(code) or len(code) > _LONGEST_OFFICE:
        raise WrongUse(
            "office.bad-code", "an office code is made of A-Z, 0-9 and dots, such as H15.50.05.13"
        )
    return code
