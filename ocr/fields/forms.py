"""Form definitions: what a kind of paper looks like, as data.

A folder of TOML files; each file is a form (it has ``id``), a group of labels that forms share (it
has ``group``), or a list of ``surnames``. An office adds a folder of its own without a release: a
form there that has the ``id`` of an earlier folder's replaces it. What is printed on papers is
written as printed; it is compared folded (no diacritics, no case, no spaces), so one spelling is
enough.

A form::

    id = "marriage-extract"
    name = "Trích lục kết hôn"               # for people
    titles = ["Trích lục kết hôn"]           # how it is recognised: a title on lines of its own
    structure = "titled"                     # or "nd30": header of NĐ 30/2020
    stands_over = false                      # true: a stamp on another paper (certified copy)
    notations = ["TLKH"]                     # abbreviations in the paper's number that tell it
    groups = ["person", "paper"]             # shared labels it uses
    first = "wife"                           # the role before any heading
    columns = ["wife", "husband"]            # left to right, where no heading tells the columns
    required = ["wife.name"]                 # without it the paper goes to review
    optional = ["paper.number"]              # may be on the paper
    absent = ["paper.abstract"]              # never on this kind of paper

    [[roles]]
    id = "wife"
    named = ["vợ", "bên nữ"]                 # how headings and labels name it
    sex = "female"                           # where the role tells it
    holds = "section"                        # or "line": the name holds for its own line only

    [[labels]]
    field = "place"                          # attribute of the person, or "paper.place"
    type = "text"
    printed = ["Nơi đăng ký kết hôn"]
    where = ["after", "below"]               # of the label; both unless said
    role = ""                                # a role this label tells by itself
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from dossier.codes import Sex
from dossier.errors import Misconfigured
from dossier.text import exact, folded, nfc

BUILT_IN = Path(__file__).resolve().parent.parent / "forms"

# The role of people who are on a paper without being whom it is about.
MENTIONED = "mentioned"
_LARGEST_FILE = 256 * 1024  # bytes; a form is some 2 KB


class LabelType(StrEnum):
    """The type of the value that follows a label."""

    PERSON_NAME = "person-name"
    DATE = "date"
    DATE_IN_WORDS = "date-in-words"
    SEX = "sex"
    IDENTITY = "identity"
    TEXT = "text"
    NOTHING = "nothing"


class Where(StrEnum):
    """Where a value stands, seen from its label."""

    AFTER = "after"
    BELOW = "below"


class Mark(StrEnum):
    """Whether a value belongs on a kind of paper."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    ABSENT = "absent"


# The least to extract from a paper besides its kind and its owner's number (TT 05/2025/TT-BNV):
# each built-in form marks each of them.
LEAST = (
    "paper.number", "paper.date", "paper.issuer", "paper.abstract", "paper.valid_until",
    "paper.valid_where",
)  # fmt: skip


class Structure(StrEnum):
    """How a paper is laid out."""

    TITLED = "titled"
    ND30 = "nd30"


@dataclass(frozen=True, slots=True)
class Printed:
    """A phrase as it is printed and as it is compared.

    Attributes:
        text: NFC, lower case, as printed.
        squashed: folded, letters and digits only.
    """

    text: str
    squashed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label: what is printed, and what follows it.

    Attributes:
        field: attribute of a person (``name``) or, with ``paper.`` before it, of the paper.
        role: the role this label tells by itself; empty where a heading or the place tells it.
    """

    field: str
    type: LabelType
    printed: tuple[Printed, ...]
    where: frozenset[Where] = frozenset(Where)
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A person's place in a paper.

    Attributes:
        named: phrases that headings and labels name this role by.
        sex: what the role says about the person, or None.
        line_only: the role holds for the line that names it, not for what follows.
    """

    id: str
    named: tuple[Printed, ...]
    sex: Sex | None = None
    line_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One kind of paper. See the module's text for the meaning of each key."""

    id: str
    name: str
    titles: tuple[Printed, ...]
    structure: Structure
    stands_over: bool
    notations: tuple[str, ...]
    first: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    roles: tuple[Role, ...]
    labels: tuple[Label, ...]
    optional: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    def mark(self, field_name: str) -> Mark:
        """Whether a value belongs on this kind of paper; optional where the form does not say."""
        if field_name in self.required:
            return Mark.REQUIRED
        return Mark.ABSENT if field_name in self.absent else Mark.OPTIONAL


@dataclass(frozen=True, slots=True)
class Forms:
    """All form definitions of an office, by id.

    Attributes:
        shared: the labels of the group ``person``, for papers of no known kind.
        surnames: with their tones, lower case.
    """

    by_id: Mapping[str, Form]
    shared: tuple[Label, ...] = field(default=())
    surnames: frozenset[str] = field(default=frozenset())

    def name_of(self, kind: str) -> str:
        """What people call a kind of paper; its id where there is no form of it any more."""
        form = self.by_id.get(kind)
        return kind if form is None else form.name


def squashed(text: str) -> str:
    """Folded letters and digits of a text, nothing else: how phrases are compared."""
    return "".join(c for c in folded(text) if c.isalnum() and c.isascii())


def load_forms(folders: Sequence[Path] = (BUILT_IN,)) -> Forms:
    """Read the form definitions of some folders, later folders over earlier ones.

    Args:
        folders: each is searched for ``*.toml``, not deeper.

    Raises:
        Misconfigured: ``forms.bad``: a folder or file cannot be read, or a file holds a key or a
            value that is not known; the message names file and key.
    """
    groups: dict[str, tuple[Label, ...]] = {}
    surnames: set[str] = set()
    drafts: dict[str, tuple[_Reader, Mapping[str, Any]]] = {}
    for folder in folders:
        seen: set[str] = set()
        for path in _toml_files(folder):
            reader = _Reader(path.name)
            table = reader.table(path)
            if "surnames" in table:
                reader.known(table, {"surnames"})
                surnames |= {exact(name) for name in reader.texts(table, "surnames")}
                continue
            if "group" in table:
                reader.known(table, {"group", "labels"})
                groups[reader.word(table, "group")] = tuple(
                    reader.label(entry) for entry in reader.entries(table, "labels")
                )
                continue
            form_id = reader.word(table, "id")
            if form_id in seen:
                raise reader.bad("id", "stands in two files of one folder")
            seen.add(form_id)
            drafts[form_id] = (reader, table)
    forms = {form_id: reader.form(table, groups) for form_id, (reader, table) in drafts.items()}
    return Forms(forms, groups.get("person", ()), frozenset(surnames))


def _toml_files(folder: Path) -> list[Path]:
    """The form files of a folder, by name."""
    try:
        return sorted(p for p in folder.iterdir() if p.suffix == ".toml" and p.is_file())
    except OSError as e:
        raise Misconfigured(
            "forms.bad", f"the folder of forms {folder} cannot be read; check the setting"
        ) from e


_FORM_KEYS = {
    "id", "name", "titles", "structure", "stands_over", "notations", "groups", "first", "columns",
    "required", "optional", "absent", "roles", "labels",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one file, and names it in every error."""

    file: str

    def bad(self, key: str, why: str) -> Misconfigured:
        return Misconfigured("forms.bad", f"form file {self.file}, key {key}: {why}")

    def table(self, path: Path) -> Mapping[str, Any]:
        try:
            if path.stat().st_size > _LARGEST_FILE:
                raise self.bad("(file)", f"is larger than {_LARGEST_FILE} bytes")
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as e:
            raise self.bad("(file)", "is no TOML file in UTF-8 that can be read") from e

    def known(self, table: Mapping[str, Any], keys: set[str]) -> None:
        for key in table:
            if key not in keys:
                raise self.bad(key, f"is not known; known are {', '.join(sorted(keys))}")

    def text(self, table: Mapping[str, Any], key: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.bad(key, "must be a text")
        return nfc(value).strip()

    def word(self, table: Mapping[str, Any], key: str) -> str:
        value = self.text(table, key)
        if not all(part.isalnum() and part.isascii() for part in value.split("-")):
            raise self.bad(key, "must be letters and digits, parted by hyphens")
        return value

    def texts(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.bad(key, "must be a list of texts")
        return tuple(nfc(v).strip() for v in value)

    def phrases(self, table: Mapping[str, Any], key: str) -> tuple[Printed, ...]:
        phrases = tuple(Printed(text.lower(), squashed(text)) for text in self.texts(table, key))
        if any(not phrase.squashed for phrase in phrases):
            raise self.bad(key, "holds a phrase without letters")
        return phrases

    def entries(self, table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.bad(key, f"must be written as [[{key}]]")
        return value

    def label(self, entry: Mapping[str, Any]) -> Label:
        self.known(entry, {"field", "type", "printed", "where", "role"})
        try:
            kind = LabelType(self.text(entry, "type"))
        except ValueError as e:
            raise self.bad("labels.type", f"is none of {', '.join(LabelType)}") from e
        try:
            where = frozenset(Where(w) for w in self.texts(entry, "where")) or frozenset(Where)
        except ValueError as e:
            raise self.bad("labels.where", f"holds more than {', '.join(Where)}") from e
        printed = self.phrases(entry, "printed")
        if not printed:
            raise self.bad("labels.printed", "must hold a phrase")
        return Label(
            field=self.text(entry, "field"),
            type=kind,
            printed=printed,
            where=where,
            role=self.text(entry, "role", ""),
        )

    def role(self, entry: Mapping[str, Any]) -> Role:
        self.known(entry, {"id", "named", "sex", "holds"})
        role_id = self.text(entry, "id")
        if not (role_id.isalpha() and role_id.isascii()) or role_id == "paper":
            raise self.bad("roles.id", "must be one word of letters, and not paper")
        sex = self.text(entry, "sex", "")
        if sex not in {"", *Sex}:
            raise self.bad("roles.sex", f"is none of {', '.join(Sex)}")
        holds = self.text(entry, "holds", "section")
        if holds not in {"section", "line"}:
            raise self.bad("roles.holds", "is neither section nor line")
        return Role(
            id=role_id,
            named=self.phrases(entry, "named"),
            sex=Sex(sex) if sex else None,
            line_only=holds == "line",
        )

    def marks(
        self, table: Mapping[str, Any], roles: set[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """The fields that are required, optional and absent."""
        required, optional = self.texts(table, "required"), self.texts(table, "optional")
        absent = self.texts(table, "absent")
        for key, marked in (("required", required), ("optional", optional)):
            if any(name.partition(".")[0] not in roles | {"paper"} for name in marked):
                raise self.bad(key, "names a role that the form does not have")
        if len({*required, *optional, *absent}) < len(required) + len(optional) + len(absent):
            raise self.bad("required", "marks a value twice, here or in optional or absent")
        return required, optional, absent

    def form(self, table: Mapping[str, Any], groups: Mapping[str, tuple[Label, ...]]) -> Form:
        self.known(table, _FORM_KEYS)
        roles = tuple(self.role(entry) for entry in self.entries(table, "roles"))
        ids = {role.id for role in roles}
        first, columns = self.text(table, "first", ""), self.texts(table, "columns")
        for key, named in (("first", {first} - {""}), ("columns", set(columns))):
            if not named <= ids:
                raise self.bad(key, "names a role that the form does not have")
        try:
            structure = Structure(self.text(table, "structure", Structure.TITLED))
        except ValueError as e:
            raise self.bad("structure", f"is none of {', '.join(Structure)}") from e
        labels = [self.label(entry) for entry in self.entries(table, "labels")]
        for group in self.texts(table, "groups"):
            if group not in groups:
                raise self.bad("groups", "names a group of labels that no file holds")
            labels.extend(groups[group])
        if any(label.role and label.role not in ids for label in labels):
            raise self.bad("labels.role", "names a role that the form does not have")
        required, optional, absent = self.marks(table, ids)
        stands_over = table.get("stands_over", False)
        if not isinstance(stands_over, bool):
            raise self.bad("stands_over", "must be true or false")
        return Form(
            id=self.word(table, "id"),
            name=self.text(table, "name"),
            titles=self.phrases(table, "titles"),
            structure=structure,
            stands_over=stands_over,
            notations=tuple(squashed(n) for n in self.texts(table, "notations")),
            first=first,
            columns=columns,
            required=required,
            optional=optional,
            absent=absent,
            roles=roles,
            labels=tuple(labels),
        )
