"""What every held-out form shares: its office, its day, its people, its head and its foot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from bench.heldout.people import Place, Somebody
from bench.heldout.scanner import seal, signature
from bench.heldout.sheet import Flow, Sheet, Style

STATE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
_AUTHORITY = "Cục Cảnh sát quản lý hành chính về trật tự xã hội"
_SHORT_AUTHORITY = "Cục Cảnh sát QLHC về TTXH"


@dataclass(slots=True, kw_only=True)
class Form:
    """One paper while it is being filled in, and the truth about it.

    Attributes:
        wording: which way of citing an identity document this office has, 0 to 5.
        identity_label: the label before it.
        name_label: what this office's forms call a name, without a colon.
        people: role and person, for each citizen ID that was printed with its owner.
        mentioned: numbers of persons that the paper names without being theirs.
        number: the paper's own number, as printed; empty where it has none.
        signed_at: pt, where the signature block stands (left edge, first line); None before it is.
    """

    rng: Random
    sheet: Sheet
    style: Style
    flow: Flow
    issuer: Place
    day: date
    wording: int
    identity_label: str
    name_label: str
    people: list[tuple[str, Somebody]] = field(default_factory=list)
    mentioned: list[str] = field(default_factory=list)
    number: str = ""
    signed_at: tuple[float, float] | None = None

    @property
    def merged(self) -> bool:
        """Whether the paper is of after the merger of July 2025, when districts went."""
        return not self.issuer.district

    def identity(self, role: str, person: Somebody) -> str:
        """The text of a person's identity document; noted as truth under the role."""
        if role:
            self.people.append((role, person))
        else:
            self.mentioned.append(person.number)
        day = person.card_day.strftime("%d/%m/%Y")
        number = person.number
        if self.identity_label.startswith("Số định danh") and self.wording < 3:
            return number
        return (
            f"Căn cước công dân số {number}, {_AUTHORITY} cấp ngày {day}",
            f"CCCD số: {number}, cấp ngày {day}, nơi cấp: Cục CS QLHC về TTXH",
            f"Thẻ căn cước công dân số {number} do {_SHORT_AUTHORITY} cấp ngày {day}",
            f"Thẻ căn cước số {number}, Bộ Công an cấp ngày {day}",
            f"{number}, cấp ngày {day} tại {_SHORT_AUTHORITY}",
            f"Thẻ Căn cước công dân số: {number}; ngày cấp: {day}; nơi cấp: {_AUTHORITY}",
        )[self.wording]

    def date_line(self) -> str:
        """Place and date as on the right of the head."""
        where = self.issuer.ward.partition(" ")[2]
        return f"{where}, ngày {self.day.day:02d} tháng {self.day.month:02d} năm {self.day.year}"


def dated(day: date) -> str:
    """A date as the forms print it."""
    return day.strftime("%d/%m/%Y")


def long_date(day: date) -> str:
    """A date with its words."""
    return f"ngày {day.day:02d} tháng {day.month:02d} năm {day.year}"


def state_head(form: Form, *, size: float = 13) -> None:
    """The name of the state and its motto, in the middle."""
    form.flow.centred(STATE, "bold", size)
    form.flow.centred(MOTTO, "bold", size + 0.5, underline=1)
    form.flow.gap(6)


def office_head(form: Form, *, with_date: bool, number: str) -> None:
    """Issuer and number on the left; state, motto and perhaps the date on the right."""
    size = form.style.size - 1.5
    left = form.flow.beside(form.flow.left - 12, form.flow.left + 178)
    right = form.flow.beside(form.flow.left + 190, form.flow.right + 6)
    above = form.issuer.district or form.issuer.province
    if form.rng.random() < 0.5:
        left.centred(f"UBND {above}".upper(), "regular", size)
        left.centred(form.issuer.ward.upper(), "bold", size, underline=0.5)
    else:
        left.centred("ỦY BAN NHÂN DÂN", "bold", size)
        left.centred(form.issuer.ward.upper(), "bold", size, underline=0.5)
    left.gap(5)
    if number:
        form.number = number
        left.centred(f"Số: {number}", "regular", size + 1)
    right.centred(STATE, "bold", size)
    right.centred(MOTTO, "bold", size + 0.5, underline=1)
    right.gap(5)
    if with_date:
        right.centred(form.date_line(), "italic", size + 1)
    form.flow.y = max(left.y, right.y) + 6


def foot(form: Form, lines: tuple[str, ...], *, name: str, pressed: bool = True) -> None:
    """The signature block at the right, with a scrawl and (for an office) its seal."""
    flow = form.flow.beside((form.flow.left + form.flow.right) / 2 + 10, form.flow.right)
    flow.gap(4)
    for number, line in enumerate(lines):
        flow.centred(line, "italic" if line.startswith("(") else "bold", form.style.size - 0.5)
        if number == 0:
            form.signed_at = (flow.left, flow.y)
    middle = (flow.left + flow.right) / 2
    signature(form.sheet.image, (middle - 28, flow.y + 32), form.rng)
    if pressed:
        press(form, (flow.left + 30, flow.y + 28))
    flow.gap(52)
    flow.centred(name, "bold", form.style.size)
    form.flow.y = flow.y


def press(form: Form, at: tuple[float, float]) -> None:
    """The issuer's seal, its centre at a point in pt."""
    top = f"{form.issuer.line().upper()} ★".replace("★", "*")
    seal(form.sheet.image, at, top[:34], "ỦY BAN\nNHÂN DÂN", form.rng)


def official(form: Form) -> tuple[str, ...]:
    """Who signs for an office."""
    return (
        ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")
        if form.rng.random() < 0.35
        else ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")
    )
