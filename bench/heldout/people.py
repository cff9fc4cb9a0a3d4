"""People, places and offices that do not exist, from seeded randomness.

Names are put together from common family, middle and given names; places from common names of
wards. The 63 province codes are those of TT 59/2021/TT-BCA.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from types import MappingProxyType

_PROVINCES = """001 Hà Nội;002 Hà Giang;004 Cao Bằng;006 Bắc Kạn;008 Tuyên Quang;010 Lào Cai;
011 Điện Biên;012 Lai Châu;014 Sơn La;015 Yên Bái;017 Hòa Bình;019 Thái Nguyên;020 Lạng Sơn;
022 Quảng Ninh;024 Bắc Giang;025 Phú Thọ;026 Vĩnh Phúc;027 Bắc Ninh;030 Hải Dương;031 Hải Phòng;
033 Hưng Yên;034 Thái Bình;035 Hà Nam;036 Nam Định;037 Ninh Bình;038 Thanh Hóa;040 Nghệ An;
042 Hà Tĩnh;044 Quảng Bình;045 Quảng Trị;046 Thừa Thiên Huế;048 Đà Nẵng;049 Quảng Nam;
051 Quảng Ngãi;052 Bình Định;054 Phú Yên;056 Khánh Hòa;058 Ninh Thuận;060 Bình Thuận;062 Kon Tum;
064 Gia Lai;066 Đắk Lắk;067 Đắk Nông;068 Lâm Đồng;070 Bình Phước;072 Tây Ninh;074 Bình Dương;
075 Đồng Nai;077 Bà Rịa - Vũng Tàu;079 Hồ Chí Minh;080 Long An;082 Tiền Giang;083 Bến Tre;
084 Trà Vinh;086 Vĩnh Long;087 Đồng Tháp;089 An Giang;091 Kiên Giang;092 Cần Thơ;093 Hậu Giang;
094 Sóc Trăng;095 Bạc Liêu;096 Cà Mau"""
PROVINCES: Mapping[str, str] = MappingProxyType(
    {p.strip()[:3]: p.strip()[4:] for p in _PROVINCES.split(";")}
)


def _words(table: str) -> list[str]:
    return table.split()


_CITIES = frozenset({"001", "031", "048", "079", "092"})
# Those whose name outlived the merger of July 2025.
_OUTLIVED = _words(
    """001 004 008 011 012 014 010 019 020 022 027 025 031 033 037 038 040 042 045 048 051 064
    056 066 068 075 079 072 087 086 089 092 096"""
)

_FAMILY = _words(
    """Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Lê Lê Phạm Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ
    Ngô Dương Lý Đoàn Trịnh Mai Đào Lương Hà Cao Tạ Chu Vương Thái Quách Nông Lò Triệu"""
)
_MALE_MIDDLE = _words("Văn Văn Đức Hữu Minh Quang Công Đình Xuân Ngọc Thanh Anh Quốc Trọng Bá Gia")
_FEMALE_MIDDLE = _words("Thị Thị Thị Ngọc Thu Thanh Phương Minh Kim Hồng Bích Thùy Khánh Mỹ Diệu")
_MALE_GIVEN = _words(
    """An Bình Cường Dũng Duy Đạt Giang Hải Hiếu Hòa Hoàng Hùng Huy Khánh Kiên Lâm Long Lợi Mạnh
    Nam Nghĩa Phong Phúc Phước Quân Quyết Sơn Tài Tâm Thắng Thành Thịnh Thọ Tiến Toàn Trung Tú
    Tuấn Tùng Việt Vinh Vượng"""
)
_FEMALE_GIVEN = _words(
    """Anh Ánh Bình Chi Cúc Diễm Dung Duyên Giang Hà Hạnh Hằng Hiền Hoa Huệ Hương Lan Liên
    Linh Loan Ly Mai My Nga Ngân Nhung Oanh Phương Quyên Quỳnh Thảo Thắm Thủy Thúy Trang Trâm Trinh
    Tuyết Uyên Vân Xuân Yến"""
)
_FOLKS = _words("Kinh Kinh Kinh Kinh Kinh Kinh Kinh Kinh Tày Thái Mường Nùng Hoa Khmer Dao")

_WARDS = """Trần Phú;Tân Hòa;Phú Thịnh;An Bình;Hòa Khánh;Quang Trung;Lê Lợi;Tân Tiến;Đông Hưng;
Bình Minh;Mỹ Phước;Thạnh Lợi;Nghĩa Trung;Yên Thọ;Xuân Hòa;Long Hưng;Vĩnh Tân;Đại Đồng;Hưng Đạo;
Thanh Bình;Cẩm Giàng;Nam Sơn;Phước Lộc;Hải Châu;Ngọc Khánh"""
_DISTRICTS = """Tân Phú;Châu Thành;Yên Bình;Đông Sơn;Phú Lương;Long Mỹ;Hoài An;Nghĩa Đàn;
Vĩnh Bảo;Thanh Miện;Kỳ Sơn;Gia Bình;Xuân Trường;An Dương"""
_STREETS = """Lê Lợi;Trần Hưng Đạo;Nguyễn Trãi;Hai Bà Trưng;Phan Chu Trinh;Lý Thường Kiệt;
Ngô Quyền;Quang Trung;Hoàng Diệu;Võ Thị Sáu"""


def _of(table: str, rng: Random) -> str:
    return rng.choice(table.split(";")).strip()


@dataclass(frozen=True, slots=True)
class Place:
    """A ward (or commune), its district (empty after the merger of July 2025) and its province."""

    ward: str
    district: str
    province: str

    def line(self) -> str:
        """As an address ends."""
        return ", ".join(p for p in (self.ward, self.district, self.province) if p)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A made-up person."""

    name: str
    female: bool
    born: date
    folk: str
    number: str
    home: Place
    address: str
    card_day: date

    @property
    def sex(self) -> str:
        """As printed."""
        return "Nữ" if self.female else "Nam"


def place(rng: Random, province: str, *, merged: bool) -> Place:
    """A place in a province given by its code."""
    if merged and province not in _OUTLIVED:
        province = rng.choice(_OUTLIVED)
    city = province in _CITIES
    ward = rng.choice(["phường", "xã"] if not merged or city else ["xã", "phường", "xã"])
    district = ""
    if not merged:
        kind = "quận" if city and ward == "phường" else rng.choice(["huyện", "thị xã", "thành phố"])
        kind = "huyện" if ward == "xã" and kind != "thị xã" else kind
        district = f"{kind} {_of(_DISTRICTS, rng)}"
    return Place(
        f"{ward} {_of(_WARDS, rng)}",
        district,
        f"{'thành phố' if city else 'tỉnh'} {PROVINCES[province]}",
    )


def name(rng: Random, *, female: bool, family: str = "") -> str:
    """Two to four syllables, the family name first."""
    middle, given = (_FEMALE_MIDDLE, _FEMALE_GIVEN) if female else (_MALE_MIDDLE, _MALE_GIVEN)
    parts = [family or rng.choice(_FAMILY), rng.choice(middle)]
    if rng.random() < 0.35:
        parts.append(rng.choice(given))
    last = rng.choice(given)
    return " ".join([*parts, last if last != parts[-1] else "Hiếu"])


def citizen_number(rng: Random, province: str, born: date, *, female: bool) -> str:
    """A citizen ID with the right province, sex and year of birth."""
    century = 2 * (born.year // 100 - 19) + int(female)
    return f"{province}{century}{born.year % 100:02d}{rng.randrange(1, 1_000_000):06d}"


def somebody(
    rng: Random, *, female: bool, born: tuple[int, int] | date, merged: bool, family: str = ""
) -> Somebody:
    """A person born on a day, or between the first days of two years."""
    if isinstance(born, date):
        birthday = born
    else:
        start = date(born[0], 1, 1)
        birthday = start + timedelta(days=rng.randrange((date(born[1], 1, 1) - start).days))
    code = rng.choice(sorted(PROVINCES))
    lives_in = code if rng.random() < 0.75 else rng.choice(sorted(PROVINCES))
    live = place(rng, lives_in, merged=merged)
    application = (
        f"số {rng.randrange(1, 320)} đường {_of(_STREETS, rng)}"
        if live.ward.startswith("phường")
        else f"thôn {rng.randrange(1, 12)}"
    )
    return Somebody(
        name=name(rng, female=female, family=family),
        female=female,
        born=birthday,
        folk=rng.choice(_FOLKS),
        number=citizen_number(rng, code, birthday, female=female),
        home=place(rng, code, merged=merged),
        address=f"{application[0].upper()}{application[1:]}, {live.line()}",
        card_day=date(2021, 3, 1) + timedelta(days=rng.randrange(1000)),
    )


_ONES = _words("không một hai ba bốn năm sáu bảy tám chín")


def _below_hundred(n: int) -> str:
    tens, ones = divmod(n, 10)
    if tens == 0:
        return _ONES[ones]
    head = "mười" if tens == 1 else f"{_ONES[tens]} mươi"
    if ones == 0:
        return head
    tail = {1: "mốt" if tens > 1 else "một", 5: "lăm"}.get(ones, _ONES[ones])
    return f"{head} {tail}"


def in_words(day: date) -> str:
    """A date as civil status papers write it out."""
    thousands, rest = divmod(day.year, 1000)
    hundreds, tens = divmod(rest, 100)
    year = f"{_ONES[thousands]} nghìn {_ONES[hundreds]} trăm"
    if tens:
        year += f" {'linh ' if tens < 10 else ''}{_below_hundred(tens)}"
    month = "tư" if day.month == 4 else _below_hundred(day.month)
    return f"Ngày {_below_hundred(day.day)}, tháng {month}, năm {year}"
