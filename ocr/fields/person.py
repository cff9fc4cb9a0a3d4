"""One person of a paper as read, and the values made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dossier.codes import Sex, citizen_id
from dossier.spine import Source, Value
from dossier.text import exact, folded
from ocr.fields.dates import Day
from ocr.fields.forms import MENTIONED
from ocr.fields.names import Name
from ocr.fields.numbers import Number
from ocr.fields.reading import Raw
from ocr.fields.rows import Token

# Engine's confidence below which a value is doubtful.
_NAME_SURE = 0.60
_DATE_SURE = 0.60
_CONFIRMED_DATE_SURE = 0.40  # of a date whose year the citizen ID confirms
# What a number says of the person it belongs to and the rest of the paper denies: the values of
# two people may have been taken for those of one.
_OF_ANOTHER = frozenset({"citizen_id.birth-mismatch", "citizen_id.sex-mismatch"})
_MOST_MENTIONED = 20  # names on one paper


@dataclass(slots=True)
class Person:
    """What was read of one person.

    Attributes:
        unread: a number stood there and could not be read.
        asked: a label announced a number.
    """

    role: str
    names: list[tuple[Name, int]] = field(default_factory=list)
    births: list[tuple[Day, int]] = field(default_factory=list)
    births_in_words: list[str] = field(default_factory=list)
    sexes: list[tuple[Sex, Raw]] = field(default_factory=list)
    numbers: list[Found] = field(default_factory=list)
    unread: bool = False
    asked: bool = False


@dataclass(slots=True)
class Found:
    """A number, where it stood and what speaks against it.

    Attributes:
        guessed: its owner follows from the order, not from printed words.
        stated: printed words name its owner, possibly a person outside the paper's roles.
        stray: only the sex and the year in it point to its owner.
    """

    number: Number
    page: int
    labelled: bool
    guessed: bool
    stated: bool
    stray: bool = False
    doubt: str = ""


def values_of(person: Person, surnames: frozenset[str]) -> Iterable[Value]:
    """A person's values."""
    role = person.role
    if role == MENTIONED:
        yield from _mentioned_names(person)
    elif person.names:
        name, page = person.names[0]
        doubt = _doubt_of_name(name, surnames)
        if any(exact(n.text) != exact(name.text) for n, _ in person.names[1:]):
            doubt = doubt or "name.conflict"
        if any(found.doubt in _OF_ANOTHER for found in person.numbers):
            doubt = doubt or "name.number-differs"
        yield _value(f"{role}.name", name.text, page, name, doubt)
    yield from _birth(person)
    if person.sexes:
        sex, raw = person.sexes[0]
        token = raw.tokens[0]
        doubt = "sex.conflict" if len({s for s, _ in person.sexes}) > 1 else ""
        yield _value(f"{role}.sex", sex.value, raw.page, token, doubt)
    yield from _numbers(person)


def _mentioned_names(person: Person) -> Iterable[Value]:
    """The names of people whose role is not known, each once and in doubt."""
    named = {exact(name.text): (name, page) for name, page in reversed(person.names)}
    for name, page in list(reversed(named.values()))[:_MOST_MENTIONED]:
        yield _value(f"{MENTIONED}.name", name.text, page, name, "role.unknown")


def _doubt_of_name(name: Name, surnames: frozenset[str]) -> str:
    if name.confidence < _NAME_SURE:
        return "name.low-confidence"
    if name.cut:
        return "name.cut"
    surname = exact(name.text.split()[0])
    if surname not in surnames and folded(surname) in {folded(known) for known in surnames}:
        return "name.tones"
    return ""


def _birth(person: Person) -> Iterable[Value]:
    if not person.births:
        return
    day, page = max(person.births, key=lambda b: len(b[0].iso))
    doubt = ""
    parts = [citizen_id(found.number.digits) for found in person.numbers]
    by_number = {part.birth_year for part in parts if part is not None}
    # A year that the citizen ID confirms was read right, so the day beside it likely was.
    sure = _CONFIRMED_DATE_SURE if day.year in by_number else _DATE_SURE
    if day.repaired or day.confidence < sure:
        doubt = "birth.low-confidence"
    if person.births_in_words and len(day.iso) > 4 and day.iso not in person.births_in_words:  # noqa: PLR2004 - a year has four digits
        doubt = "birth.words-differ"
    if by_number and day.year not in by_number:
        doubt = doubt or "birth.number-differs"
    if any(not _agree(d.iso, day.iso) for d, _ in person.births):
        doubt = "birth.conflict"
    if person.role == MENTIONED:
        doubt = doubt or "role.unknown"
    yield _value(f"{person.role}.birth", day.iso, page, day, doubt)


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _numbers(person: Person) -> Iterable[Value]:
    """One citizen ID and one CMND of a person; further ones stand apart, in doubt."""
    seen: set[str] = set()
    used: set[str] = set()
    for found in sorted(person.numbers, key=lambda f: (bool(f.doubt), -f.number.confidence)):
        digits = found.number.digits
        if digits in seen:
            continue
        seen.add(digits)
        attribute = "citizen_id" if found.number.is_citizen_id else "cmnd"
        role, doubt = person.role, found.doubt
        if attribute in used:
            role, doubt = MENTIONED, doubt or f"{attribute}.conflict"
        used.add(attribute)
        yield _value(f"{role}.{attribute}", digits, found.page, found.number, doubt)


def _value(
    field_name: str, text: str, page: int, read: Name | Day | Number | Token, doubt: str
) -> Value:
    return Value(
        field=field_name,
        text=text,
        source=Source.OCR,
        confidence=round(read.confidence, 3),
        page=page,
        box=read.box,
        doubt=doubt,
    )
