"""Made-up people: a name, a sex, a day of birth and a citizen ID that agree. Nobody is meant."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from dossier.codes import PROVINCE_CODES, Sex

_SURNAMES = (
    "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh "
    "Mai Tạ Lương Cao Châu"
)
_MIDDLE_MEN = "Văn Hữu Đức Quang Minh Công Thành Xuân Ngọc Gia Đình Bá Trọng Quốc"
_MIDDLE_WOMEN = "Thị Ngọc Thu Thanh Kim Bích Hồng Mỹ Diệu Phương Khánh Thùy Như Quỳnh"
_MEN = (
    "An Bình Cường Dũng Đạt Giang Hải Hiếu Hùng Huy Khang Khôi Kiên Lâm Long Lộc Mạnh "
    "Nam Nghĩa Nhân Phong Phúc Quân Quyền Sơn Tài Tâm Thắng Thịnh Tiến Toàn Trung Tuấn "
    "Tùng Việt Vinh Vượng"
)
_WOMEN = (
    "Anh Ánh Chi Cúc Diệp Dung Duyên Giang Hà Hạnh Hằng Hiền Hoa Hòa Huệ Hương Hường Lan "
    "Liên Linh Loan Ly Mai My Nga Ngân Nhung Oanh Phượng Quyên Thảo Thoa Thủy Thúy Trang "
    "Trinh Tuyết Uyên Vân Xuân Yến"
)
_MIDDLE = {Sex.MALE: _MIDDLE_MEN.split(), Sex.FEMALE: _MIDDLE_WOMEN.split()}
_GIVEN = {Sex.MALE: _MEN.split(), Sex.FEMALE: _WOMEN.split()}
WARDS = (
    ("xã Ia Grai", "tỉnh Gia Lai"),
    ("phường Thống Nhất", "tỉnh Gia Lai"),
    ("xã Đak Đoa", "tỉnh Gia Lai"),
    ("phường Quy Nhơn Bắc", "tỉnh Gia Lai"),
    ("xã Tuy Phước", "tỉnh Gia Lai"),
    ("phường Cửa Nam", "thành phố Hà Nội"),
    ("xã Hòa Vang", "thành phố Đà Nẵng"),
    ("phường Vĩnh Tế", "tỉnh An Giang"),
)
ISSUERS = (
    "Cục Cảnh sát quản lý hành chính về trật tự xã hội",
    "Cục Cảnh sát QLHC về TTXH",
    "Bộ Công an",
)


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A made-up person.

    Attributes:
        citizen_id: 12 digits that agree with sex and day of birth.
        issued: when their card was issued.
        home: where they live, as printed.
    """

    name: str
    sex: Sex
    birth: date
    citizen_id: str
    issued: date
    issuer: str
    home: str

    @property
    def sex_printed(self) -> str:
        """The sex as forms print it."""
        return "Nam" if self.sex is Sex.MALE else "Nữ"


def person(
    rng: random.Random, *, sex: Sex | None = None, ages: tuple[int, int] = (20, 60)
) -> MadeUp:
    """A person whose data agree, of an age in 2026 between two limits."""
    chosen = sex or rng.choice(list(Sex))
    born = date(2026 - rng.randint(*ages), 1, 1) + timedelta(days=rng.randrange(365))
    century = 2 * ((born.year - 1900) // 100) + (1 if chosen is Sex.FEMALE else 0)
    province_code = rng.choice(sorted(PROVINCE_CODES))
    number = f"{province_code}{century}{born.year % 100:02d}{rng.randrange(10**6):06d}"
    ward, province = rng.choice(WARDS)
    middle = " ".join(rng.sample(_MIDDLE[chosen], rng.choice((1, 1, 1, 2))))
    return MadeUp(
        name=f"{rng.choice(_SURNAMES.split())} {middle} {rng.choice(_GIVEN[chosen])}",
        sex=chosen,
        birth=born,
        citizen_id=number,
        issued=date(2021 + rng.randrange(5), rng.randint(1, 12), rng.randint(1, 28)),
        issuer=rng.choice(ISSUERS),
        home=f"thôn {rng.randint(1, 9)}, {ward}, {province}",
    )


_DIGIT_WORDS = "không một hai ba bốn năm sáu bảy tám chín"
_DIGITS = _DIGIT_WORDS.split()


def in_words(number: int) -> str:
    """A number below 10,000 as Vietnamese reads it."""
    if number < 10:
        return _DIGITS[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        head = "mười" if tens == 1 else f"{_DIGITS[tens]} mươi"
        tail = {0: "", 1: "một" if tens == 1 else "mốt", 5: "lăm"}.get(ones, _DIGITS[ones])
        return f"{head} {tail}".strip()
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        linked = "lẻ " if 0 < rest < 10 else ""
        return f"{_DIGITS[hundreds]} trăm {linked}{in_words(rest) if rest else ''}".strip()
    thousands, rest = divmod(number, 1000)
    linked = "không trăm " if 0 < rest < 100 else ""
    return f"{_DIGITS[thousands]} nghìn {linked}{in_words(rest) if rest else ''}".strip()


def date_in_words(day: date) -> str:
    """A date as forms want it in words."""
    return f"Ngày {in_words(day.day)}, tháng {in_words(day.month)}, năm {in_words(day.year)}"
