"""Held-out birth declarations and birth certificates (TT 04/2020 and TT 04/2024/TT-BTP)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bench.heldout.forms import Form, dated, foot, long_date, office_head, official, state_head
from bench.heldout.people import Somebody, in_words, name, somebody
from bench.heldout.sheet import Flow


@dataclass(frozen=True, slots=True)
class Family:
    """A child, its parents, and who comes to the office for it."""

    child: Somebody
    mother: Somebody
    father: Somebody
    requester: Somebody
    relation: str


def family(form: Form) -> Family:
    """A family whose child was born some weeks before the paper's day."""
    rng, merged = form.rng, form.merged
    year = form.day.year
    mother = somebody(rng, female=True, born=(year - 40, year - 20), merged=merged)
    father = somebody(rng, female=False, born=(year - 45, year - 21), merged=merged)
    female = rng.random() < 0.5
    born = form.day - timedelta(days=rng.randrange(6, 60))
    child = somebody(
        rng,
        female=female,
        born=born,
        merged=merged,
        family=father.name.split()[0],
    )
    who = rng.random()
    if who < 0.4:
        return Family(child, mother, father, father, "Cha đẻ")
    if who < 0.7:
        return Family(child, mother, father, mother, "Mẹ đẻ")
    elder = somebody(rng, female=True, born=(year - 70, year - 48), merged=merged)
    return Family(child, mother, father, elder, rng.choice(["Bà nội", "Bà ngoại"]))


def _born(flow: Flow, day: date) -> None:
    flow.fields(("Ngày, tháng, năm sinh:", dated(day)))
    flow.field("Ghi bằng chữ:", in_words(day))


def _traits(flow: Flow, person: Somebody, *, sex: bool) -> None:
    pairs = [("Dân tộc:", person.folk), ("Quốc tịch:", "Việt Nam")]
    first = ("Giới tính:", person.sex) if sex else ("Năm sinh:", str(person.born.year))
    flow.fields(first, *pairs)


def _parents(form: Form, kin: Family) -> list[tuple[str, str, Somebody]]:
    both = [("mother", "mẹ", kin.mother), ("father", "cha", kin.father)]
    return both if form.rng.random() < 0.75 else both[::-1]


def declaration_plain(form: Form) -> None:
    """The declaration as TT 04/2020 prints it; parents with or without identity papers."""
    kin, flow = family(form), form.flow
    state_head(form)
    flow.centred("TỜ KHAI ĐĂNG KÝ KHAI SINH", "bold", 15)
    flow.gap(3)
    flow.centred(f"Kính gửi: Ủy ban nhân dân {form.issuer.line()}")
    flow.gap(4)
    notes = form.rng.random() < 0.4
    flow.field(f"{form.name_label} người yêu cầu:", kin.requester.name)
    flow.field("Nơi cư trú: (2)" if notes else "Nơi cư trú:", kin.requester.address)
    flow.field(
        form.identity_label.rstrip(":") + (": (3)" if notes else ":"),
        form.identity("requester", kin.requester),
    )
    flow.field("Quan hệ với người được khai sinh:", kin.relation)
    flow.paragraph("Đề nghị cơ quan đăng ký khai sinh cho người dưới đây:", "bold")
    _child(form, kin)
    printed = form.rng.random() < 0.65
    for role, word, parent in _parents(form, kin):
        flow.field(f"{form.name_label} người {word}:", parent.name)
        _traits(flow, parent, sex=False)
        flow.field("Nơi cư trú: (2)" if notes else "Nơi cư trú:", parent.address)
        if printed:
            flow.field(form.identity_label, form.identity(role, parent))
    _declared(form, kin)


def _child(form: Form, kin: Family) -> None:
    flow = form.flow
    flow.field(f"{form.name_label}:", kin.child.name.upper())
    _born(flow, kin.child.born)
    _traits(flow, kin.child, sex=True)
    flow.field("Nơi sinh:", f"Bệnh viện Đa khoa {kin.mother.home.province}")
    flow.field("Quê quán:", kin.father.home.line())


def _declared(form: Form, kin: Family) -> None:
    flow = form.flow
    flow.paragraph(
        "Tôi cam đoan nội dung đề nghị đăng ký khai sinh trên đây là đúng sự thật, được sự thỏa "
        "thuận nhất trí của các bên liên quan theo quy định pháp luật.",
        indent=22,
    )
    flow.paragraph(f"Làm tại: {form.issuer.ward}, {long_date(form.day)}", "italic", indent=160)
    foot(
        form,
        ("Người yêu cầu", "(Ký, ghi rõ họ, chữ đệm, tên)"),
        name=kin.requester.name,
        pressed=False,
    )


def declaration_parts(form: Form) -> None:
    """The declaration in numbered parts, as printed from the portal's interactive form."""
    kin, flow = family(form), form.flow
    state_head(form)
    flow.centred("TỜ KHAI ĐĂNG KÝ KHAI SINH", "bold", 15)
    flow.centred(f"Kính gửi: UBND {form.issuer.ward}, {form.issuer.province}", "italic")
    flow.gap(4)
    flow.paragraph("I. THÔNG TIN NGƯỜI YÊU CẦU", "bold")
    flow.field(f"{form.name_label}:", kin.requester.name)
    flow.fields(
        ("Ngày, tháng, năm sinh:", dated(kin.requester.born)), ("Giới tính:", kin.requester.sex)
    )
    flow.field(form.identity_label, form.identity("requester", kin.requester))
    flow.field("Nơi cư trú:", kin.requester.address)
    flow.field("Quan hệ với người được khai sinh:", kin.relation)
    flow.paragraph("II. THÔNG TIN NGƯỜI ĐƯỢC KHAI SINH", "bold")
    _child(form, kin)
    for count, (role, word, parent) in enumerate(_parents(form, kin)):
        flow.paragraph(f"{'III' if count == 0 else 'IV'}. THÔNG TIN NGƯỜI {word.upper()}", "bold")
        flow.field(f"{form.name_label}:", parent.name)
        _traits(flow, parent, sex=False)
        flow.field(form.identity_label, form.identity(role, parent))
        flow.field("Nơi cư trú:", parent.address)
    _declared(form, kin)


def declaration_grid(form: Form) -> None:
    """The declaration as a ruled table, labels left, values right, a band over each part."""
    kin, flow = family(form), form.flow
    state_head(form)
    flow.centred("TỜ KHAI ĐĂNG KÝ KHAI SINH", "bold", 15)
    flow.centred(f"Kính gửi: Ủy ban nhân dân {form.issuer.line()}")
    flow.gap(10)
    label = form.identity_label.rstrip(":")
    rows: list[tuple[str, str]] = [
        ("Người yêu cầu", ""),
        (form.name_label, kin.requester.name),
        (label, form.identity("requester", kin.requester)),
        ("Nơi cư trú", kin.requester.address),
        ("Quan hệ với người được khai sinh", kin.relation),
        ("Người được khai sinh", ""),
        (form.name_label, kin.child.name.upper()),
        ("Ngày, tháng, năm sinh", f"{dated(kin.child.born)} ({in_words(kin.child.born)})"),
        ("Giới tính", kin.child.sex),
        ("Dân tộc; Quốc tịch", f"{kin.child.folk}; Việt Nam"),
        ("Nơi sinh", f"Trung tâm y tế {kin.mother.home.province}"),
        ("Quê quán", kin.father.home.line()),
    ]
    for role, word, parent in _parents(form, kin):
        rows += [
            (f"Người {word}", ""),
            (form.name_label, parent.name),
            ("Năm sinh", str(parent.born.year)),
            (label, form.identity(role, parent)),
            ("Nơi cư trú", parent.address),
        ]
    _grid(form, rows)
    _declared(form, kin)


def _grid(form: Form, rows: list[tuple[str, str]]) -> None:
    flow, middle = form.flow, form.flow.left + 150
    top = flow.y
    for label, value in rows:
        start = flow.y
        left = flow.beside(flow.left + 4, (middle if value else flow.right) - 4)
        left.paragraph(label, "regular" if value else "bold")
        right = flow.styled(leader="none").beside(middle + 5, flow.right - 4)
        if value:
            right.field("", value)
            form.sheet.rule(middle, start + 2, middle, max(left.y, right.y) + 5)
        flow.y = max(left.y, right.y) + 2.5
        form.sheet.rule(flow.left, flow.y + 2.5, flow.right, flow.y + 2.5)
    form.sheet.box(flow.left, top + 2.5, flow.right, flow.y + 2.5, width=0.9)
    flow.gap(5)


def _framed(form: Form) -> None:
    """The printed blank of a certificate: a double frame and a pale pattern of rings."""
    sheet, red = form.sheet, (196, 120, 96)
    sheet.rings(297, 430, [30 + 14 * k for k in range(12)], (246, 236, 226))
    sheet.box(30, 30, 565, 812, width=2.2, ink=red)
    sheet.box(36, 36, 559, 806, width=0.7, ink=red)


def certificate_blank(form: Form) -> None:
    """The certificate filled in on the printed blank, with who came to have it made."""
    _framed(form)
    kin, flow = family(form), form.flow
    flow.gap(14)
    state_head(form)
    flow.gap(6)
    flow.centred("GIẤY KHAI SINH", "bold", 20)
    form.number = f"{form.rng.randrange(1, 480)}/{form.day.year}"
    flow.centred(f"Số: {form.number}", "regular", form.style.size)
    flow.gap(6)
    _born_person(form, kin)
    for _, word, parent in (("mother", "mẹ", kin.mother), ("father", "cha", kin.father)):
        flow.field(f"{form.name_label} người {word}:", parent.name)
        _traits(flow, parent, sex=False)
        flow.field("Nơi cư trú:", parent.address)
    flow.field(f"{form.name_label} người đi khai sinh:", kin.requester.name)
    flow.field("Giấy tờ tùy thân:", form.identity("requester", kin.requester))
    flow.field("Nơi đăng ký khai sinh:", f"Ủy ban nhân dân {form.issuer.line()}")
    flow.field("Ngày, tháng, năm đăng ký:", long_date(form.day)[5:])
    foot(form, ("NGƯỜI KÝ GIẤY KHAI SINH", *official(form)), name=_official_name(form))


def _born_person(form: Form, kin: Family) -> None:
    flow = form.flow
    flow.field(f"{form.name_label}:", kin.child.name.upper())
    _born(flow, kin.child.born)
    _traits(flow, kin.child, sex=True)
    flow.field("Nơi sinh:", f"Bệnh viện Phụ sản {kin.mother.home.province}")
    flow.field("Quê quán:", kin.father.home.line())
    form.people.append(("child", kin.child))
    flow.field("Số định danh cá nhân:", kin.child.number)


def _official_name(form: Form) -> str:
    return name(form.rng, female=form.rng.random() < 0.35)


def certificate_copy(form: Form) -> None:
    """A copy from the register (bản sao): office head, register number, parents' own numbers."""
    kin, flow = family(form), form.flow
    book = f"{form.rng.randrange(1, 4):02d}/{form.day.year}"
    office_head(form, with_date=False, number=f"{form.rng.randrange(1, 700)}/{form.day.year}")
    flow.gap(4)
    flow.centred("GIẤY KHAI SINH", "bold", 17)
    flow.centred("(BẢN SAO)", "bold", 13)
    flow.centred(f"Quyển số: {book}", "italic", 12)
    _born_person(form, kin)
    for role, word, parent in _parents(form, kin):
        flow.field(f"{form.name_label} người {word}:", parent.name)
        _traits(flow, parent, sex=False)
        flow.field(form.identity_label, form.identity(role, parent))
        flow.field("Nơi cư trú:", parent.address)
    flow.fields(("Nơi đăng ký khai sinh:", f"UBND {form.issuer.ward}, {form.issuer.province}"))
    flow.field("Ngày, tháng, năm đăng ký:", dated(form.day))
    foot(form, ("NGƯỜI KÝ BẢN SAO", *official(form)), name=_official_name(form))


def certificate_short(form: Form) -> None:
    """A certificate that names the child's number alone, the number beside the sex line."""
    kin, flow = family(form), form.flow
    office_head(form, with_date=False, number=f"{form.rng.randrange(1, 900)}")
    flow.gap(8)
    flow.centred("GIẤY KHAI SINH", "bold", 18)
    flow.gap(4)
    flow.fields((f"{form.name_label}:", kin.child.name.upper()), ("Giới tính:", kin.child.sex))
    form.people.append(("child", kin.child))
    flow.fields(("Số định danh cá nhân:", kin.child.number))
    _born(flow, kin.child.born)
    flow.fields(("Dân tộc:", kin.child.folk), ("Quốc tịch:", "Việt Nam"))
    flow.field("Nơi sinh:", f"Trạm y tế {kin.mother.home.ward}, {kin.mother.home.province}")
    flow.field("Quê quán:", kin.father.home.line())
    for _, word, parent in _parents(form, kin):
        flow.fields(
            (f"{form.name_label} người {word}:", parent.name), ("Năm sinh:", str(parent.born.year))
        )
        flow.fields(("Dân tộc:", parent.folk), ("Quốc tịch:", "Việt Nam"))
        flow.field("Nơi cư trú:", parent.address)
    flow.field("Nơi đăng ký khai sinh:", f"Ủy ban nhân dân {form.issuer.line()}")
    flow.field("Ngày, tháng, năm đăng ký:", dated(form.day))
    foot(form, official(form), name=_official_name(form))
