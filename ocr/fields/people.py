"""From raw fields to the values of people, each weighed against the rest of the paper."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from dossier.codes import CitizenId, Sex, citizen_id, is_cmnd
from dossier.spine import Value
from dossier.text import folded
from ocr.fields.dates import day_in, day_in_words
from ocr.fields.forms import MENTIONED, Form, LabelType
from ocr.fields.names import name_in
from ocr.fields.numbers import numbers_in
from ocr.fields.person import Found, Person, values_of
from ocr.fields.reading import PAPER, Raw
from ocr.fields.rows import text_of
from ocr.fields.similar_numbers import similar_to_others
from ocr.preprocess.second_reading import CONFIRMED, DIFFER

# Engine's confidence below which a value is doubtful.
_NUMBER_SURE = 0.80
_FULL_NAME = 3  # words: fewer are shared by too many
_NEAR = 3  # digits by which two people's numbers may differ only by a misreading
_SEXES = {
    "nam": Sex.MALE,
    "trai": Sex.MALE,
    "male": Sex.MALE,
    "nu": Sex.FEMALE,
    "gai": Sex.FEMALE,
    "female": Sex.FEMALE,
}


def values_of_people(
    raws: Sequence[Raw], form: Form, *, surnames: frozenset[str]
) -> tuple[list[Value], list[str]]:
    """The values of all people on a paper, in the order of the form, and doubts of the paper.

    Args:
        raws: what follows which label, of whom.
        form: whose roles these are.
        surnames: as ``Forms`` has them.
    """
    people = _gathered(raws)
    _place_strays(people, form)
    _complete_namesakes(people, form)
    for person in people.values():
        _judge(person, form)
    _judge_together(people)
    order = [role.id for role in form.roles]
    values: list[Value] = []
    doubts: list[str] = []
    for role in sorted(people, key=lambda r: (order.index(r) if r in order else len(order), r)):
        person = people[role]
        if role == MENTIONED and form.roles and not person.numbers and not person.unread:
            continue  # names and dates of nobody in particular
        values += values_of(person, surnames)
        if person.unread and not person.numbers:
            doubts.append(f"unread:{role}.citizen_id")
    return values, doubts


def _gathered(raws: Sequence[Raw]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for raw in raws:
        if raw.role == PAPER:
            continue
        role = raw.role or MENTIONED
        person = people.setdefault(role, Person(role))
        _take(person, raw)
    return people


def _take(person: Person, raw: Raw) -> None:
    """Read one raw field into a person."""
    kind, tokens = raw.label.type, raw.tokens
    if kind is LabelType.PERSON_NAME:
        name = name_in(tokens)
        if name is not None:
            person.names.append((replace(name, cut=name.cut or raw.cut), raw.page))
    elif kind is LabelType.DATE and raw.label.field == "birth":
        day = day_in(tokens)
        if day is not None:
            person.births.append((day, raw.page))
    elif kind is LabelType.DATE_IN_WORDS:
        said = day_in_words(text_of(tokens)) if tokens else ""
        if said:
            person.births_in_words.append(said)
    elif kind is LabelType.SEX:
        sex = next((s for t in tokens[:2] if (s := _SEXES.get(t.plain)) is not None), None)
        if sex is not None:
            person.sexes.append((sex, raw))
    # Numbers count where none was announced, too: their label was misread, or there is none.
    if raw.label.field != "card":
        _take_numbers(person, raw, labelled=kind is LabelType.IDENTITY)


def _take_numbers(person: Person, raw: Raw, *, labelled: bool) -> None:
    for number in numbers_in(raw.tokens):
        readable = number.is_citizen_id or (is_cmnd(number.digits) and labelled)
        if readable:
            stated = bool(raw.role) and not raw.guessed
            person.numbers.append(Found(number, raw.page, labelled, raw.guessed, stated))
        elif labelled:
            person.unread = True
    person.asked = person.asked or labelled


def _place_strays(people: dict[str, Person], form: Form) -> None:
    """Numbers that cannot be of the role they were read under, or are of none, find their role.

    Where a heading or a label is lost, a number stands under the wrong person. The sex and the year
    of birth in it tell whose it can be, and only one role without a number may be left for it. Such
    a number stays in doubt.
    """
    roles = {role.id: role.sex for role in form.roles if role.id != MENTIONED}
    for person in list(people.values()):
        for found in _strays_of(person, roles.get(person.role), form.columns):
            parts = citizen_id(found.number.digits)
            if parts is None:
                continue
            free = [
                role
                for role in roles
                if not (role in people and people[role].numbers)
                and _can_be_of(parts, roles[role], people.get(role))
            ]
            if len(free) > 1:
                free = [role for role in free if _born_as(parts, people.get(role))] or [
                    role for role in free if roles[role] is not None
                ]
            if len(free) == 1 and (
                person.role != MENTIONED
                or roles[free[0]] is not None
                or f"{free[0]}.citizen_id" in form.required
                or _born_as(parts, people.get(free[0]))
            ):
                person.numbers.remove(found)
                found.stray = True
                people.setdefault(free[0], Person(free[0])).numbers.append(found)


def _complete_namesakes(people: dict[str, Person], form: Form) -> None:
    """A number that was printed and not read, of somebody who stands in another role as well.

    Who asks is often the mother or the father: a person of the same full name, whose number was
    read there. The number stays in doubt.
    """
    sexes = {role.id: role.sex for role in form.roles if role.id != MENTIONED}
    for person in [p for p in people.values() if p.role in sexes and not p.numbers and p.asked]:
        same = {
            found.number.digits: found
            for other in people.values()
            for found in other.numbers
            if other.role in sexes and not found.stray and _have_one_name(person, other)
        }
        if len(same) != 1:
            continue
        (found,) = same.values()
        parts = citizen_id(found.number.digits)
        if parts is not None and _can_be_of(parts, sexes[person.role], person):
            person.numbers.append(replace(found, stray=True))


def _have_one_name(one: Person, other: Person) -> bool:
    """Whether two people have the same full name."""
    if not one.names or not other.names:
        return False
    name = folded(one.names[0][0].text)
    return len(name.split()) >= _FULL_NAME and name == folded(other.names[0][0].text)


def _strays_of(person: Person, sex: Sex | None, columns: Sequence[str]) -> list[Found]:
    """The numbers of a person that may be somebody else's: all but the one that agrees best."""
    if person.role == MENTIONED:
        return [found for found in person.numbers if not found.stated]
    numbers = [(found, citizen_id(found.number.digits)) for found in person.numbers]
    strays = [
        f
        for f, parts in numbers
        if (f.guessed and person.role not in columns)
        or (parts is not None and sex not in {None, parts.sex})
    ]
    left = [(f, parts) for f, parts in numbers if parts is not None and f not in strays]
    if len(left) > 1:
        kept, _ = next((n for n in left if _born_as(n[1], person)), left[0])
        strays += [f for f, _ in left if f is not kept]
    return strays


def _can_be_of(parts: CitizenId, sex: Sex | None, person: Person | None) -> bool:
    """Whether nothing that is known of a person speaks against a number."""
    sexes = {s for s, _ in person.sexes} if person is not None else set()
    sexes |= {sex} if sex is not None else set()
    years = {day.year for day, _ in person.births} if person is not None else set()
    return (not sexes or parts.sex in sexes) and (not years or parts.birth_year in years)


def _born_as(parts: CitizenId, person: Person | None) -> bool:
    """Whether a number holds the year in which a person was born."""
    return person is not None and parts.birth_year in {day.year for day, _ in person.births}


def _judge(person: Person, form: Form) -> None:
    """Weigh each number of a person against what else the paper says of them."""
    role = next((r for r in form.roles if r.id == person.role), None)
    expected = role.sex if role is not None else None
    years = {day.year for day, _ in person.births} | {int(s[:4]) for s in person.births_in_words}
    sexes = {sex for sex, _ in person.sexes} | ({expected} if expected else set())
    digits = {f.number.digits for f in person.numbers if f.number.is_citizen_id}
    for found in person.numbers:
        parts = citizen_id(found.number.digits)
        # Columns without headings stand in the form's order; the sex in the number confirms it.
        in_order = person.role in form.columns and parts is not None and parts.sex is expected
        guessed = found.stray or (found.guessed and not in_order)
        found.doubt = _doubt_of(found, parts, person, years=years, sexes=sexes, guessed=guessed)
        if not found.doubt and parts is not None and len(digits) > 1:
            found.doubt = "citizen_id.conflict"


def _doubt_of(
    found: Found,
    parts: CitizenId | None,
    person: Person,
    *,
    years: set[int],
    sexes: set[Sex],
    guessed: bool,
) -> str:
    """Why a number needs a person's eye; empty where nothing speaks against it."""
    number = found.number
    what = "citizen_id" if parts is not None else "cmnd"
    agrees = parts is not None and parts.birth_year in years
    reasons = (
        (number.repaired, f"{what}.repaired"),
        (number.loose, f"{what}.loose-digits"),
        (number.confidence <= DIFFER, f"{what}.readings-differ"),
        (number.confidence < _NUMBER_SURE, f"{what}.low-confidence"),
        (parts is not None and bool(years) and not agrees, "citizen_id.birth-mismatch"),
        (parts is not None and bool(sexes) and sexes != {parts.sex}, "citizen_id.sex-mismatch"),
        (guessed, "role.guessed"),
        (not found.labelled and not agrees, f"{what}.unlabelled"),
        (person.role == MENTIONED, "role.unknown"),
        # No check digit, and no second reading that agrees: however sure the engine was.
        (number.confidence < CONFIRMED, f"{what}.read-once"),
    )
    return next((code for holds, code in reasons if holds), "")


def _judge_together(people: dict[str, Person]) -> None:
    """Numbers that differ in few digits are one number misread; father is not mother."""
    whose: dict[str, list[tuple[Person, Found]]] = defaultdict(list)
    for person in people.values():
        for found in person.numbers:
            if found.number.is_citizen_id:
                whose[found.number.digits].append((person, found))
    near = similar_to_others(whose, by=_NEAR)
    for digits, its in whose.items():
        of_two = _people_who_cannot_be_one([person for person, _ in its])
        for person, found in its:
            if digits in near:
                found.doubt = found.doubt or "citizen_id.near-another"
            elif person.role in of_two:
                found.doubt = found.doubt or "citizen_id.of-two-people"


def _people_who_cannot_be_one(people: Sequence[Person]) -> set[str]:
    """The roles, of people with one number, of those whose name differs from another role's."""
    named = {(p.role, folded(p.names[0][0].text)) for p in people if p.names}
    roles, names = Counter(role for role, _ in named), Counter(name for _, name in named)
    # Any that is of neither this role nor this name; who is of both is counted twice.
    return {role for role, name in named if len(named) - roles[role] - names[name] + 1 > 0}
