"""Papers of civil status as blocks, filled with made-up people, and the truth about each."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from bench.papers.people import MadeUp, date_in_words, person
from bench.papers.sheet import (
    BOLD,
    ITALIC,
    Beside,
    Block,
    Centred,
    Columns,
    Field,
    Gap,
    Header,
    Prose,
    Table,
    Title,
)
from dossier.codes import Sex

T = TypeVar("T")
MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A paper as blocks.

    Attributes:
        people: role to person; a person's number stands on the paper where the role is in
            ``numbered``.
    """

    kind: str
    blocks: Sequence[Block]
    people: Mapping[str, MadeUp]
    numbered: frozenset[str]
    number: str = ""
    day: date | None = None
    stamp: tuple[float, float] = field(default=(0.7, 0.8))

    def truth(self) -> dict[str, object]:
        """What a reader should find."""
        return {
            "kind": self.kind,
            "number": self.number,
            "date": self.day.isoformat() if self.day else "",
            "people": {
                role: {
                    "name": one.name,
                    "birth": one.birth.isoformat(),
                    "citizen_id": one.citizen_id if role in self.numbered else "",
                }
                for role, one in self.people.items()
            },
        }


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one layout: each label in one of its variants."""

    rng: random.Random

    def one(self, *variants: T) -> T:
        """One of some ways to say it."""
        return self.rng.choice(variants)

    def name(self) -> str:
        """The label of a name."""
        return self.one("Họ, chữ đệm, tên", "Họ và tên", "Họ, chữ đệm và tên", "Họ tên")

    def birth(self) -> str:
        """The label of a day of birth."""
        return self.one("Ngày, tháng, năm sinh", "Ngày sinh", "Sinh ngày", "Ngày tháng năm sinh")

    def number(self) -> str:
        """The label of a citizen ID."""
        return self.one(
            "Số định danh cá nhân", "Số CCCD", "Số căn cước", "Số ĐDCN", "CCCD/CMND số",
            "Căn cước công dân số", "Số định danh", "Số thẻ CCCD", "Mã định danh cá nhân",
        )  # fmt: skip

    def day(self, day: date) -> str:
        """A day as forms write it."""
        return self.one(
            f"{day:%d/%m/%Y}",
            f"{day:%d/%m/%Y}",
            f"{day:%d-%m-%Y}",
            f"ngày {day:%d} tháng {day:%m} năm {day.year}",
        )

    def spaced(self, number: str) -> str:
        """A number as printed: mostly whole, at times in groups."""
        groups = [number[i : i + 3] for i in range(0, 12, 3)]
        return self.one(*[number] * 6, " ".join(groups), ".".join(groups))

    def papers(self, one: MadeUp) -> Field:
        """The identity paper of a person, as a short field or a long one."""
        number = self.spaced(one.citizen_id)
        if self.rng.random() < 0.5:
            return Field(self.number(), number)
        return Field(
            self.one("Giấy tờ tùy thân", "Giấy tờ tùy thân"),
            self.one(
                f"Căn cước công dân số {number}, do {one.issuer} cấp ngày {one.issued:%d/%m/%Y}",
                f"CCCD số {number}; nơi cấp: {one.issuer}; ngày cấp: {one.issued:%d/%m/%Y}",
                f"Thẻ căn cước số: {number} cấp ngày {one.issued:%d/%m/%Y} tại {one.issuer}",
            ),
        )

    def person(
        self, one: MadeUp, *, suffix: str = "", numbered: bool = True, sex: bool = True
    ) -> list[Block]:
        """The fields of one person."""
        fields: list[Block] = [
            Field(f"{self.name()}{suffix}", self.one(one.name, one.name.upper()))
        ]
        birth, gender = (
            Field(self.birth(), self.day(one.birth)),
            Field("Giới tính", one.sex_printed),
        )
        if sex and self.rng.random() < 0.4:
            fields.append(Beside([birth, gender]))
        else:
            fields += [birth, gender] if sex else [birth]
        origin = [Field("Dân tộc", "Kinh"), Field("Quốc tịch", "Việt Nam")]
        fields += [Beside(origin)] if self.rng.random() < 0.6 else origin
        fields.append(Field(self.one("Nơi cư trú", "Nơi thường trú", "Địa chỉ"), one.home))
        if numbered:
            fields.insert(self.rng.choice((1, len(fields), len(fields))), self.papers(one))
        return fields


def _office(rng: random.Random, number: str, day: date) -> Header:
    ward = rng.choice(("XÃ IA GRAI", "PHƯỜNG THỐNG NHẤT", "XÃ TUY PHƯỚC"))
    return Header(
        ["ỦY BAN NHÂN DÂN", ward, f"Số: {number}"],
        [*MOTTO, f"{ward.title()}, ngày {day:%d} tháng {day:%m} năm {day.year}"],
    )


def _day(rng: random.Random) -> date:
    return date(rng.choice((2024, 2025, 2026)), rng.randint(1, 9), rng.randint(1, 28))


def _signed(title: str, name: str) -> list[Block]:
    return [Gap(6), Centred(title, BOLD), Gap(16), Centred(name, BOLD)]


def _family(rng: random.Random) -> tuple[MadeUp, MadeUp, MadeUp]:
    child = person(rng, ages=(0, 3))
    return (
        child,
        person(rng, sex=Sex.FEMALE, ages=(20, 42)),
        person(rng, sex=Sex.MALE, ages=(22, 48)),
    )


def birth_declaration(rng: random.Random) -> Drawn:
    """Tờ khai đăng ký khai sinh: requester, child, mother, father."""
    say, (child, mother, father) = Wording(rng), _family(rng)
    asks = rng.choice((mother, father, person(rng)))
    relation = "Mẹ" if asks is mother else "Cha" if asks is father else "Ông/bà"
    blocks: list[Block] = [
        Centred(MOTTO[0], BOLD),
        Centred(MOTTO[1], BOLD),
        Title(say.one(("TỜ KHAI ĐĂNG KÝ KHAI SINH",), ("TỜ KHAI", "ĐĂNG KÝ KHAI SINH"))),
        Prose("Kính gửi: Ủy ban nhân dân xã Ia Grai, tỉnh Gia Lai"),
    ]
    layout = rng.choice(("headings", "suffix", "columns", "rows", "headings"))
    named = {
        "requester": "người yêu cầu",
        "child": "người được khai sinh",
        "mother": "người mẹ",
        "father": "người cha",
    }
    if layout == "suffix":
        blocks += [
            *say.person(asks, suffix=" người yêu cầu", sex=False),
            Field("Quan hệ với người được khai sinh", relation),
            Prose("Đề nghị cơ quan đăng ký khai sinh cho người dưới đây:", BOLD),
            *say.person(child, numbered=False),
            Field("Ghi bằng chữ", date_in_words(child.birth)),
            *say.person(mother, suffix=" người mẹ", sex=False),
            *say.person(father, suffix=" người cha", sex=False),
        ]
    elif layout == "rows":
        rows = [["Quan hệ", "Họ và tên", "Ngày sinh", say.one("Số định danh cá nhân", "Số CCCD")]]
        for role, one in (("Người yêu cầu", asks), ("Mẹ", mother), ("Cha", father)):
            rows.append([role, one.name, f"{one.birth:%d/%m/%Y}", one.citizen_id])
        blocks += [
            Prose("I. NGƯỜI ĐƯỢC KHAI SINH", BOLD),
            *say.person(child, numbered=False),
            Gap(3),
            Table(rows, [0.2, 0.33, 0.19, 0.28]),
        ]
    else:
        style = rng.choice(("I. {}", "Phần {}", "THÔNG TIN VỀ {}", "{}", "1) {}:"))
        upper = rng.random() < 0.6

        def heading(role: str) -> Prose:
            text = style.format(named[role])
            return Prose(text.upper() if upper else text[:1].upper() + text[1:], BOLD)

        blocks += [
            heading("requester"),
            *say.person(asks, sex=False),
            Field("Quan hệ với người được khai sinh", relation),
        ]
        blocks += [heading("child"), *say.person(child, numbered=False)]
        parents = (
            [heading("mother"), *say.person(mother, sex=False)],
            [heading("father"), *say.person(father, sex=False)],
        )
        blocks += [Columns(*parents)] if layout == "columns" else [*parents[0], *parents[1]]
    blocks += [
        Prose("Tôi cam đoan nội dung đề nghị đăng ký khai sinh trên đây là đúng sự thật.", ITALIC),
        *_signed("Người yêu cầu", asks.name),
    ]
    people = {"requester": asks, "child": child, "mother": mother, "father": father}
    return Drawn("birth-declaration", blocks, people, frozenset({"requester", "mother", "father"}))


def birth_certificate(rng: random.Random) -> Drawn:
    """Giấy khai sinh: child, mother, father, and who declared."""
    say, (child, mother, father) = Wording(rng), _family(rng)
    day, number = _day(rng), f"{rng.randint(1, 400)}/{rng.choice((2025, 2026))}"
    asks = rng.choice((mother, father))
    blocks: list[Block] = [
        _office(rng, number, day),
        Title(("GIẤY KHAI SINH",)),
        *say.person(child, suffix=say.one("", " người được khai sinh")),
        Field("Ghi bằng chữ", date_in_words(child.birth)),
    ]
    for role, one in (("mẹ", mother), ("cha", father)):
        blocks += [
            Field(say.one(f"Họ, chữ đệm, tên người {role}", f"Họ và tên {role}"), one.name),
            Beside([Field("Năm sinh", str(one.birth.year)), Field("Dân tộc", "Kinh")]),
            Field("Nơi cư trú", one.home),
        ]
        if rng.random() < 0.6:
            blocks.append(Field(say.number(), one.citizen_id))
    numbered = {"child"} | {
        role
        for role, one in (("mother", mother), ("father", father))
        if any(isinstance(b, Field) and b.value == one.citizen_id for b in blocks)
    }
    blocks += [
        Field("Nơi đăng ký khai sinh", "Ủy ban nhân dân xã Ia Grai, tỉnh Gia Lai"),
        Field("Ngày, tháng, năm đăng ký", f"{day:%d/%m/%Y}"),
        Field(
            say.one("Họ, chữ đệm, tên người đi khai sinh", "Họ và tên người đi khai sinh"),
            asks.name,
        ),
        say.papers(asks),
        *_signed("CHỦ TỊCH", "Trần Văn Ký"),
    ]
    people = {"child": child, "mother": mother, "father": father, "requester": asks}
    return Drawn(
        "birth-certificate", blocks, people, frozenset(numbered | {"requester"}), number, day
    )


def marriage_extract(rng: random.Random) -> Drawn:
    """Trích lục kết hôn: two columns, wife left, husband right."""
    say = Wording(rng)
    wife, husband = person(rng, sex=Sex.FEMALE), person(rng, sex=Sex.MALE)
    day, number = _day(rng), f"{rng.randint(1, 400)}/TLKH-BS"
    blocks: list[Block] = [
        _office(rng, number, day),
        Title(say.one(("TRÍCH LỤC KẾT HÔN",), ("TRÍCH LỤC KẾT HÔN", "(BẢN SAO)"))),
    ]
    layout = rng.choice(("columns", "columns", "suffix", "table", "stacked", "prose"))
    his, hers = say.one((" chồng", " vợ"), (" người chồng", " người vợ"))
    if layout == "columns":
        heads = say.one(("NGƯỜI VỢ", "NGƯỜI CHỒNG"), ("BÊN NỮ", "BÊN NAM"), ("VỢ", "CHỒNG"))
        same = random.Random(rng.randrange(2**32))
        state = same.getstate()
        left = Wording(same).person(wife, sex=False)
        same.setstate(state)
        right = Wording(same).person(husband, sex=False)
        blocks.append(Columns([Centred(heads[0], BOLD), *left], [Centred(heads[1], BOLD), *right]))
    elif layout == "suffix":
        blocks.append(
            Columns(
                say.person(wife, suffix=hers, sex=False), say.person(husband, suffix=his, sex=False)
            )
        )
    elif layout == "table":
        rows = [["", *say.one(("Vợ", "Chồng"), ("BÊN NỮ", "BÊN NAM"), ("Người vợ", "Người chồng"))]]
        for label, value in (
            (say.name(), lambda p: p.name),
            (say.birth(), lambda p: f"{p.birth:%d/%m/%Y}"),
            ("Dân tộc", lambda _: "Kinh"),
            ("Nơi cư trú", lambda p: p.home),
            (say.number(), lambda p: p.citizen_id),
        ):
            rows.append([label, value(wife), value(husband)])
        blocks.append(Table(rows, [0.26, 0.37, 0.37]))
    elif layout == "stacked":
        blocks += [
            Prose(say.one("BÊN NỮ", "1. Người vợ", "Thông tin vợ"), BOLD),
            *say.person(wife, sex=False),
        ]
        blocks += [
            Prose(say.one("BÊN NAM", "2. Người chồng", "Thông tin chồng"), BOLD),
            *say.person(husband, sex=False),
        ]
    else:
        for title, one in (("Bà", wife), ("Ông", husband)):
            blocks.append(
                Prose(
                    f"{title}: {one.name}, sinh ngày {one.birth:%d/%m/%Y}, "
                    f"CCCD số {one.citizen_id}, nơi cư trú: {one.home}."
                )
            )
    blocks += [
        Gap(2),
        Field("Nơi đăng ký kết hôn", "Ủy ban nhân dân xã Ia Grai"),
        Field("Ngày, tháng, năm đăng ký", f"{_day(rng):%d/%m/%Y}"),
        *_signed("CHỦ TỊCH", "Trần Văn Ký"),
    ]
    return Drawn(
        "marriage-extract",
        blocks,
        {"wife": wife, "husband": husband},
        frozenset({"wife", "husband"}),
        number,
        day,
    )


def marital_status(rng: random.Random) -> Drawn:
    """Giấy xác nhận tình trạng hôn nhân."""
    say, one = Wording(rng), person(rng)
    day, number = _day(rng), f"{rng.randint(1, 400)}/UBND-XNTTHN"
    blocks: list[Block] = [
        _office(rng, number, day),
        Title(
            say.one(
                ("GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN",), ("GIẤY XÁC NHẬN", "TÌNH TRẠNG HÔN NHÂN")
            )
        ),
        Centred("ỦY BAN NHÂN DÂN XÃ IA GRAI", BOLD),
        Prose(
            f"Xét đề nghị của ông/bà: {one.name}, về việc cấp giấy xác nhận tình trạng hôn nhân "
            f"cho ông/bà {one.name},"
        ),
        Centred("XÁC NHẬN:", BOLD),
    ]
    if rng.random() < 0.25:
        title = "Ông" if one.sex is Sex.MALE else "Bà"
        blocks.append(
            Prose(
                f"{title} {one.name}, sinh ngày {one.birth:%d/%m/%Y}, giới tính: "
                f"{one.sex_printed}, {say.number()}: {one.citizen_id}, cư trú tại {one.home}."
            )
        )
    else:
        blocks += say.person(one)
    blocks += [
        Field(
            "Tình trạng hôn nhân",
            say.one("Chưa đăng ký kết hôn với ai", "Hiện tại chưa đăng ký kết hôn với ai"),
        ),
        Prose(
            "Giấy này có giá trị đến khi thay đổi tình trạng hôn nhân hoặc 6 tháng kể từ ngày "
            "cấp, được sử dụng để: làm thủ tục mua nhà."
        ),
        *_signed("CHỦ TỊCH", "Trần Văn Ký"),
    ]
    return Drawn("marital-status", blocks, {"owner": one}, frozenset({"owner"}), number, day)


def certified_copy(rng: random.Random) -> Drawn:
    """Bản sao chứng thực of a birth certificate: the stamp's number is not the paper's."""
    under = birth_certificate(rng)
    day = _day(rng)
    stamp = (
        f"CHỨNG THỰC BẢN SAO ĐÚNG VỚI BẢN CHÍNH Số chứng thực: {rng.randint(100, 9999)} "
        f"quyển số {rng.randint(1, 9)}/2026-SCT/BS "
        f"Ngày {day.day} tháng {day.month} năm {day.year} CHỦ TỊCH UBND XÃ IA GRAI"
    )
    blocks = [*under.blocks[:-2], Gap(4), Table([[stamp]], [0.6], headed=False)]
    return Drawn("certified-copy", blocks, under.people, under.numbered, under.number, under.day)


LAYOUTS: Mapping[str, Callable[[random.Random], Drawn]] = {
    "birth-declaration": birth_declaration,
    "birth-certificate": birth_certificate,
    "marriage-extract": marriage_extract,
    "marital-status": marital_status,
    "certified-copy": certified_copy,
}
