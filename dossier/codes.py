"""The codes of the field: citizen ID, CMND, dossier code, office code.

Sources: NĐ 137/2015 Đ.13 and TT 59/2021/TT-BCA Đ.4 (citizen ID), NĐ 61/2018 and what the national
portal issues since 2025 (dossier code), QĐ 20/2020/QĐ-TTg (office code).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dossier.errors import WrongUse

# The QR code of a separator sheet begins with this; the code of a dossier may follow.
SEPARATOR = "SOHOA:"
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
    """Encoded in the fourth digit of a citizen ID."""

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
    three are a province of before 2025, and that the fourth means a century from 1900 to 2399.
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


def normalise_number(text: str) -> str | None:
    """A citizen ID or CMND in any usual writing, as its 12 or 9 ASCII digits.

    Spaces, dots, hyphens, underscores and slashes between digits are dropped; full-width digits
    become ASCII. Every input that takes a number of a person calls this.

    Returns:
        The digits; None where they are neither a citizen ID nor 9 digits.
    """
    number = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    return number if citizen_id(number) is not None or is_cmnd(number) else None


def mask_number(number: str) -> str:
    """A number of a person as every output shows it: only the last three digits."""
    return "•" * max(len(number) - 3, 0) + number[-3:]


def mask_numbers(text: str) -> str:
    """A text with every citizen ID and CMND in it masked; every output of free text calls this.

    Masked are 12 and more digits in a row, 9 digits by themselves, and both in the groups in which
    people write them. UUIDs stay as they are.
    """
    parts: list[str] = []
    end = 0
    for found in _numbers_in(text):
        parts += (text[end : found.start()], mask_number(_digits(found[0])))
        end = found.end()
    return "".join(parts) + text[end:]


_SEPARATOR = r"[ \t\u00a0\u202f._/\-\u2010-\u2015]{1,3}"
_SEPARATORS = re.compile(r"[\s._/\-\u2010-\u2015]+")
_BLANK = r"[ \t\u00a0\u202f]{1,3}"
# Versions and variants of RFC 9562: no number of a person is written so.
_UUID = (
    r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[1-8][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}"
    r"-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
)


def _grouped(*sizes: int, separator: str = _SEPARATOR) -> str:
    """Digits in groups of these sizes, with the same separator between all."""
    first, *rest = (rf"\d{{{size}}}" for size in sizes)
    name = "s" + "_".join(map(str, sizes))
    head, *tail = rest
    return rf"{first}(?P<{name}>{separator}){head}" + "".join(rf"(?P={name}){g}" for g in tail)


# Groups that nothing else is written in.
_SURE = (_grouped(3, 3, 3, 3), _grouped(4, 4, 4), _grouped(3, 3, 3), _grouped(3, 6), _grouped(6, 3))
# Groups that a date, a serial or a list of pages may have too: only a valid citizen ID counts.
_POSSIBLE = (
    _grouped(6, 6),
    _grouped(3, 9),
    _grouped(9, 3),
    _grouped(3, 3, 6),
    _grouped(3, 6, 3),
    _grouped(6, 3, 3),
    _grouped(3, 1, 2, 6),
    _grouped(*[2] * 6, separator=_BLANK),
    _grouped(*[1] * 12),
)
_NUMBER = re.compile(
    rf"(?P<uuid>{_UUID})"
    r"|(?P<run>\d{12,})"
    rf"|(?<!\d)(?P<possible>{'|'.join(_POSSIBLE)})(?!\d)"
    rf"|(?<!\d)(?P<sure>{'|'.join(_SURE)})(?!\d)"
    r"|(?<!\d)(?P<nine>\d{9})(?!\d)"
)


def _numbers_in(text: str) -> Iterator[re.Match[str]]:
    start = 0
    while (found := _NUMBER.search(text, start)) is not None:
        if found["uuid"]:
            start = found.end()
        elif found["possible"] and citizen_id(_digits(found[0])) is None:
            start = found.start() + 1
        else:
            yield found
            start = found.end()


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(c)) for c in text if c.isdigit())


_DOSSIER = re.compile(r"[A-Z0-9]+(?:[.\-_][A-Z0-9]+)*")
_LONGEST_CODE = 100  # fileCode of TT 05/2025/TT-BNV


def dossier_code(text: str) -> str:
    """The code of a dossier (mã hồ sơ), upper case and trimmed.

    Old ``000.00.01.H26-260930-0012``, new ``H15.50.05.13-261008-0975``, serials of four to seven
    digits, and what an office chooses: letters, digits, dots, hyphens and underscores.

    Raises:
        WrongUse: ``dossier.bad-code``.
    """
    code = text.strip().upper()
    if not _DOSSIER.fullmatch(code) or len(code) > _LONGEST_CODE or _holds_number(code):
        raise WrongUse(
            "dossier.bad-code",
            "a dossier code is made of letters, digits, dots and hyphens, such as "
            "H15.50.05.13-261008-0975; a citizen ID is not one",
        )
    return code


# Serials that begin with their year, such as 202600123, have 9 digits too.
_YEAR_AND_SERIAL = re.compile(r"20(?:1[5-9]|[2-9]\d)\d{5}")


def _holds_number(code: str) -> bool:
    """Whether a citizen ID or CMND stands in a code, or the code is one written in groups."""
    for found in _numbers_in(code):
        whole = found[0] == code
        if found["run"] or found["possible"] or whole:
            return True
        if found["nine"] and not _YEAR_AND_SERIAL.fullmatch(found[0]):
            return True
        if found["sure"] and citizen_id(_digits(found[0])) is not None:
            return True
    return False


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
