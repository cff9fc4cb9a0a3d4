"""Held-out marriage extracts (wife left, husband right) and confirmations of marital status."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bench.heldout.forms import Form, dated, foot, long_date, office_head, official
from bench.heldout.people import Somebody, name, somebody
from bench.heldout.sheet import Flow


def _couple(form: Form) -> tuple[Somebody, Somebody]:
    year = form.day.year
    wife = somebody(form.rng, female=True, born=(year - 55, year - 22), merged=form.merged)
    apart = form.rng.randrange(-2, 6)
    start = wife.born.year - apart
    husband = somebody(form.rng, female=False, born=(start, start + 1), merged=form.merged)
    return wife, husband


def _rows(form: Form, person: Somebody, role: str, suffix: str) -> list[tuple[str, str]]:
    return [
        (f"{form.name_label}{suffix}:", person.name),
        ("Ngày, tháng, năm sinh:", dated(person.born)),
        ("Dân tộc:", person.folk),
        ("Quốc tịch:", "Việt Nam"),
        ("Nơi cư trú:", person.address),
        (form.identity_label, form.identity(role, person)),
    ]


def _side_by_side(
    left: Flow, right: Flow, rows: list[tuple[tuple[str, str], tuple[str, str]]]
) -> None:
    """Row by row, both columns starting each row at the same height."""
    for mine, other in rows:
        left.field(*mine)
        right.field(*other)
        left.y = right.y = max(left.y, right.y)


def _extract_head(form: Form) -> None:
    number = f"{form.rng.randrange(1, 900)}/TLKH-BS"
    office_head(form, with_date=True, number=number)
    form.flow.gap(8)
    form.flow.centred("TRÍCH LỤC KẾT HÔN", "bold", 17)
    form.flow.centred("(BẢN SAO)", "bold", 13)
    form.flow.gap(6)


def _extract_foot(form: Form) -> None:
    flow = form.flow
    registered = form.day - timedelta(days=form.rng.randrange(30, 3000))
    flow.gap(6)
    flow.field("Nơi đăng ký kết hôn:", f"Ủy ban nhân dân {form.issuer.line()}")
    flow.field("Ngày, tháng, năm đăng ký:", dated(registered))
    book = f"Số {form.rng.randrange(1, 200)}, quyển số {form.rng.randrange(1, 3):02d}"
    flow.field("Ghi theo sổ đăng ký kết hôn:", f"{book}/{registered.year}")
    signer = name(form.rng, female=form.rng.random() < 0.3)
    foot(form, ("NGƯỜI KÝ TRÍCH LỤC", *official(form)), name=signer)


def _extract(form: Form, columns: Callable[[Form, Somebody, Somebody], None]) -> None:
    wife, husband = _couple(form)
    _extract_head(form)
    columns(form, wife, husband)
    _extract_foot(form)


def _open_columns(form: Form, wife: Somebody, husband: Somebody) -> None:
    flow, middle = form.flow, (form.flow.left + form.flow.right) / 2
    left, right = flow.beside(flow.left, middle - 9), flow.beside(middle + 9, flow.right)
    mine, other = _rows(form, wife, "wife", " vợ"), _rows(form, husband, "husband", " chồng")
    _side_by_side(left, right, list(zip(mine, other, strict=True)))
    flow.y = left.y


def _ruled_columns(form: Form, wife: Somebody, husband: Somebody) -> None:
    flow, middle = form.flow, (form.flow.left + form.flow.right) / 2
    top = flow.y + 4
    left, right = flow.beside(flow.left + 5, middle - 5), flow.beside(middle + 5, flow.right - 5)
    heads = form.rng.choice(
        [
            ("VỢ", "CHỒNG"),
            ("BÊN VỢ", "BÊN CHỒNG"),
            ("Thông tin về người vợ", "Thông tin về người chồng"),
        ]
    )
    left.gap(4)
    right.gap(4)
    left.centred(heads[0], "bold")
    right.centred(heads[1], "bold")
    form.sheet.rule(flow.left, left.y + 5, flow.right, left.y + 5)
    left.gap(5)
    right.gap(5)
    mine, other = _rows(form, wife, "wife", ""), _rows(form, husband, "husband", "")
    _side_by_side(left, right, list(zip(mine, other, strict=True)))
    flow.y = left.y + 6
    form.sheet.box(flow.left, top, flow.right, flow.y)
    form.sheet.rule(middle, top, middle, flow.y)


def extract_open(form: Form) -> None:
    """Two columns without lines; the labels name wife and husband."""
    _extract(form, _open_columns)


def extract_ruled(form: Form) -> None:
    """Two ruled columns under headings; the labels repeat."""
    _extract(form, _ruled_columns)


def extract_stacked(form: Form) -> None:
    """Two ruled columns, each value on the line below its label."""
    form.flow = form.flow.styled(next_line=True, leader="none")
    _extract(form, _ruled_columns)


_ALONE = (
    "Hiện tại chưa đăng ký kết hôn với ai.",
    "Chưa đăng ký kết hôn với ai.",
    "Đã ly hôn theo Quyết định của Tòa án nhân dân; hiện tại chưa đăng ký kết hôn với ai.",
)


def _confirm_head(form: Form, person: Somebody) -> None:
    number = f"{form.rng.randrange(1, 600)}/UBND-XNTTHN"
    office_head(form, with_date=True, number=number)
    flow = form.flow
    flow.gap(8)
    flow.centred("GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN", "bold", 15)
    flow.gap(2)
    flow.centred(f"ỦY BAN NHÂN DÂN {form.issuer.ward.upper()}", "bold")
    flow.gap(4)
    asker = person.name if form.rng.random() < 0.7 else name(form.rng, female=True)
    flow.mixed(
        ("Xét đề nghị của ông/bà:", f"{asker},"),
        ("về việc cấp Giấy xác nhận tình trạng hôn nhân cho", person.name),
        indent=22,
    )
    flow.gap(2)
    flow.centred("XÁC NHẬN:", "bold")


def _owner(form: Form) -> Somebody:
    year = form.day.year
    return somebody(
        form.rng, female=form.rng.random() < 0.5, born=(year - 58, year - 19), merged=form.merged
    )


def _confirm_foot(form: Form, purpose: str) -> None:
    flow = form.flow
    flow.field("Tình trạng hôn nhân:", form.rng.choice(_ALONE))
    flow.mixed(
        (
            "Giấy này có giá trị sử dụng trong thời hạn 6 tháng kể từ ngày cấp, được sử dụng để:",
            purpose,
        ),
        indent=22,
    )
    signer = name(form.rng, female=form.rng.random() < 0.3)
    foot(form, official(form), name=signer)


def confirmation_plain(form: Form) -> None:
    """The confirmation as TT 04/2020 prints it."""
    person, flow = _owner(form), form.flow
    _confirm_head(form, person)
    flow.field(f"{form.name_label}:", person.name)
    flow.field("Ngày, tháng, năm sinh:", dated(person.born))
    flow.fields(("Giới tính:", person.sex), ("Dân tộc:", person.folk), ("Quốc tịch:", "Việt Nam"))
    flow.field(form.identity_label, form.identity("owner", person))
    flow.field("Nơi cư trú:", person.address)
    since = long_date(form.day - timedelta(days=form.rng.randrange(800, 6000)))
    flow.field(f"Trong thời gian cư trú tại: {form.issuer.line()}", f"từ {since} đến nay")
    _confirm_foot(form, form.rng.choice(["Bổ túc hồ sơ vay vốn.", "Mua bán nhà đất."]))


def confirmation_couple(form: Form) -> None:
    """The confirmation for a marriage: it names the other, whose paper it is not."""
    person, flow = _owner(form), form.flow
    year = person.born.year
    other = somebody(
        form.rng, female=not person.female, born=(year - 3, year + 3), merged=form.merged
    )
    _confirm_head(form, person)
    flow.fields((f"{form.name_label}:", person.name), ("Giới tính:", person.sex))
    flow.fields(("Ngày, tháng, năm sinh:", dated(person.born)), ("Dân tộc:", person.folk))
    flow.fields(("Quốc tịch:", "Việt Nam"))
    flow.field(form.identity_label, form.identity("owner", person))
    flow.field("Nơi cư trú:", person.address)
    form.mentioned.append(other.number)
    word = "bà" if other.female else "ông"
    _confirm_foot(
        form,
        f"Đăng ký kết hôn với {word} {other.name}, sinh năm {other.born.year}, số căn cước "
        f"{other.number}, cư trú tại {other.home.line()}.",
    )
