"""Made-up records for measuring searches: the same for the same number, in any count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from bench.heldout.people import Somebody, somebody
from dossier.ports import CatalogueEntry
from dossier.spine import Description, Source, Value

LARGE = "H15.50.05.13"
SMALL = "H15.50.09.99"
TITLES = {
    "birth-declaration": "Tờ khai đăng ký khai sinh",
    "marriage-extract": "Trích lục kết hôn",
    "land-certificate": "Giấy chứng nhận quyền sử dụng đất",
    "decision": "Quyết định",
    "dispatch": "Công văn",
    "marital-status": "Giấy xác nhận tình trạng hôn nhân",
}
_START = date(2015, 1, 5)
_ABSTRACTS = (
    "thu hồi đất để mở rộng đường {street}",
    "phê duyệt kế hoạch sử dụng đất năm {year}",
    "xử phạt vi phạm hành chính trong lĩnh vực xây dựng",
    "trợ cấp mai táng phí cho hộ gia đình {name}",
    "hỗ trợ thiệt hại do bão số {n} gây ra",
    "chuyển mục đích sử dụng đất vườn của ông {name}",
    "công nhận gia đình văn hóa thôn {n}",
    "cấp giấy phép xây dựng nhà ở riêng lẻ cho {name}",
)
_STREETS = ("Trần Hưng Đạo", "Nguyễn Trãi", "Hai Bà Trưng", "Lý Thường Kiệt", "Hoàng Diệu")
_FILLER = (
    "Căn cứ Luật Tổ chức chính quyền địa phương và các văn bản hướng dẫn thi hành",
    "Tôi cam đoan những nội dung khai trên đây là đúng sự thật và chịu trách nhiệm trước pháp luật",
    "Đề nghị cơ quan đăng ký xem xét, giải quyết theo quy định hiện hành",
    "Các bên đã đọc lại, hiểu rõ quyền và nghĩa vụ của mình trước khi ký tên dưới đây",
    "Ủy ban nhân dân phường có trách nhiệm lưu giữ hồ sơ và báo cáo kết quả thực hiện",
    "Hồ sơ gồm bản chính, bản sao có chứng thực và các giấy tờ khác có liên quan",
    "Mọi khiếu nại, tố cáo được giải quyết theo trình tự, thủ tục do pháp luật quy định",
    "Văn phòng thống kê, công chức địa chính và các hộ dân có tên nêu trên thi hành",
)
_MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"


def record(number: int, *, offices: int = 1) -> CatalogueEntry:
    """The record of this number, from 1.

    Args:
        number: which.
        offices: 1: all of the large office; more: the large one has 60 %, ``SMALL`` one in ten
            thousand (one in a hundred of the first 10,000), the other small ones the rest.
    """
    rng = Random(number * 7919)
    day = _START + timedelta(days=rng.randrange(4200))
    kind = list(TITLES)[number % len(TITLES)]
    people = [
        somebody(rng, female=bool(rng.randrange(2)), born=(1940, 2012), merged=False)
        for _ in range(1 + (number % 3 == 0))
    ]
    values = _values(rng, number, kind, day, people)
    text = _text(rng, kind, values, people)
    archived = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(days=9)
    code = f"{LARGE}-{day:%y%m%d}-{number % 10_000:04d}"
    return CatalogueEntry(
        paper=UUID(int=(7 << 76) | (0b10 << 62) | number),
        office=_office(rng, number, offices),
        dossier=code,
        ordinal=1,
        source_digest=f"{number:064x}",
        media_type="application/pdf",
        page_count=1,
        description=Description(kind=kind, values=tuple(_value(*value) for value in values)),
        text=text,
        object_id=f"urn:uuid:{UUID(int=number)}",
        key=f"objects/{number}",
        version=1,
        signed_at=archived,
        archived_at=archived,
        kept_until=archived,
    )


def _office(rng: Random, number: int, offices: int) -> str:
    if offices == 1:
        return LARGE
    if number % (100 if number <= 10_000 else 10_000) == 1:
        return SMALL
    return LARGE if rng.random() < 0.6 else f"H15.50.08.{rng.randrange(1, offices):02d}"


def _value(field: str, text: str) -> Value:
    return Value(field=field, text=text, source=Source.OCR, confidence=0.97)


def _values(
    rng: Random, number: int, kind: str, day: date, people: list[Somebody]
) -> list[tuple[str, str]]:
    values = [("paper.date", day.isoformat())]
    if kind in {"decision", "dispatch"}:
        sign = "QĐ-UBND" if kind == "decision" else "UBND-VP"
        values.append(("paper.number", f"{number % 997 + 1}/{day.year}/{sign}"))
        abstract = rng.choice(_ABSTRACTS).format(
            street=rng.choice(_STREETS), year=day.year, name=people[0].name, n=number % 12 + 1
        )
        values.append(("paper.abstract", abstract))
    else:
        values.append(("paper.number", f"{number % 997 + 1}/{day.year}"))
    if kind == "land-certificate":
        values.append(("paper.serial", f"{rng.choice('ABCD')}{rng.choice('KLMN')} {number:08d}"))
    values.append(("paper.issuer", f"UBND {people[0].home.ward}"))
    roles = {"birth-declaration": ("child", "mother"), "marriage-extract": ("wife", "husband")}
    for role, person in zip(roles.get(kind, ("owner", "owner-2")), people, strict=False):
        values += [
            (f"{role}.name", person.name),
            (f"{role}.birth", person.born.isoformat()),
            (f"{role}.citizen_id", person.number),
        ]
    return values


def _text(rng: Random, kind: str, values: list[tuple[str, str]], people: list[Somebody]) -> str:
    lines = [_MOTTO, TITLES[kind].upper()]
    lines += [f"{field.rpartition('.')[2]}: {text}" for field, text in values if "paper" in field]
    for person in people:
        lines += [
            f"Họ, chữ đệm, tên: {person.name.upper()}",
            f"Ngày, tháng, năm sinh: {person.born:%d/%m/%Y}; giới tính: {person.sex}",
            f"Số định danh cá nhân: {person.number}; quốc tịch: Việt Nam",
            f"Nơi cư trú: {person.address}",
        ]
    if kind == "land-certificate":
        amount = f"{rng.randrange(10, 900)}.{rng.randrange(1000):03d}.000"
        lines.append(f"Thửa đất số {rng.randrange(900)}, lệ phí {amount} đồng")
    lines += rng.sample(_FILLER, 6)
    lines.append(f"Người ký: {somebody(rng, female=False, born=(1960, 1985), merged=False).name}")
    return "\n".join(lines)
