"""The words under which a record is found, before they are keyed.

The first letter says what a word is: ``f`` folded, ``e`` exact (only where it differs), ``p`` two
folded neighbours, ``q`` two exact ones, ``v`` a whole folded value, ``w`` a whole exact one, ``i``
initials of a name, ``g`` its given name, ``x`` first and last word of a name, ``c`` a dossier code
or part of one, ``s`` a word of the issuer, ``=`` a figure (``figures``), ``@`` the motto.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from archive.finding.figures import figure_words
from archive.finding.words import Word, clean, hide_numbers, words_of
from archive.identity import IdentityKeys
from dossier import text as vietnamese

MOTTO = ("cong hoa xa hoi chu nghia viet nam", "doc lap tu do hanh phuc")
"""The national motto (NĐ 30/2020), folded: it stands on every paper and says nothing about it."""

LONGEST_VALUE = 8
"""How many words a value has at most to be found as a whole."""

_MOTTO_LINES = 8
_MOTTO_LENGTH = range(15, 60)
_SIMILAR = 0.55
_MOST_WORDS = 60_000  # of one record: a long register, and no more
_LONGEST_PAIRED = 24
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ng|nh|ch|[cmnpt])?"
)
_ISO_DATE = re.compile(r"[12]\d{3}-[01]\d-[0-3]\d")
_NAME_WORD = re.compile(r"[^\W\d_]{1,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexable:
    """A record as the catalogue hands it to the index.

    Attributes:
        id: of its row; higher for a younger record.
        change: number of the last change to it.
        values: field and text of each described value.
        text: the whole text, pages separated by form feeds.
    """

    id: int
    change: int
    paper: UUID
    office: str
    dossier: str
    kind: str
    archived_at: datetime
    values: Sequence[tuple[str, str]]
    text: str


@dataclass(frozen=True, slots=True)
class RecordWords:
    """Words of a record.

    Attributes:
        head: of the described values, each once.
        body: of the text, in order.
        pairs: neighbours in the text.
        known: words that corrections and completions may propose.
        dated: day of the paper as YYYYMMDD; 0 where unknown.
        roles: of the people it names.
    """

    head: frozenset[str]
    body: Sequence[str]
    pairs: Sequence[str]
    known: frozenset[Word]
    dated: int
    roles: frozenset[str]


def words_of_record(record: Indexable, keys: IdentityKeys, *, title: str) -> RecordWords:
    """The words of a record.

    Args:
        record: as the catalogue holds it.
        keys: hash the numbers of people.
        title: the name of its kind, which counts as a described value.
    """
    head: set[str] = set()
    known: set[Word] = set()
    for field, value in [*record.values, ("kind", title)]:
        words = words_of(hidden := hide_numbers(clean(value), keys))
        head |= _of_value(field, words)
        head.update(figure_words(hidden))
        known.update(word for word in words if _NAME_WORD.fullmatch(word.exact))
    head |= {f"c{part}" for part in code_parts(record.dossier)}
    body: list[str] = []
    pairs: list[str] = []
    lines, motto = content_lines(record.text)
    for line in lines:
        hidden = hide_numbers(line, keys)
        words = words_of(hidden)[: max(_MOST_WORDS - len(body), 0)]
        known.update(word for word in words if _SYLLABLE.fullmatch(word.folded))
        body += (form for word in words for form in forms(word))
        body += figure_words(hidden)
        pairs += pairs_of(words)
    if motto:
        body.append("@motto")
    return RecordWords(
        frozenset(head), body, pairs, frozenset(known), _day(record.values), _roles(record.values)
    )


def forms(word: Word) -> tuple[str, ...]:
    """The forms under which a word is indexed."""
    if word.exact == word.folded:
        return (f"f{word.folded}",)
    return f"f{word.folded}", f"e{word.exact}"


def pairs_of(words: Sequence[Word]) -> list[str]:
    """Neighbouring words, folded and, where it differs, exact."""
    out: list[str] = []
    for left, right in pairwise(words):
        if len(left.folded) + len(right.folded) > _LONGEST_PAIRED:
            continue
        out.append(f"p{left.folded} {right.folded}")
        if left.exact != left.folded or right.exact != right.folded:
            out.append(f"q{left.exact} {right.exact}")
    return out


def code_parts(code: str) -> set[str]:
    """A dossier code, lower case, and each run of its parts between hyphens."""
    parts = code.lower().split("-")
    runs = {"-".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1)}
    return runs | {part.lstrip("0") for part in parts if part.strip("0")}


def content_lines(content: str) -> tuple[list[str], bool]:
    """The lines of a text without the motto at its top, and whether the motto stood there.

    OCR may have misread it, so it is known by its place and by its likeness.
    """
    lines: list[str] = []
    found = False
    for page in clean(content).split("\f"):
        for number, line in enumerate(page.split("\n")):
            if number < _MOTTO_LINES and _is_motto(line):
                found = True
            else:
                lines.append(line)
    return lines, found


def _is_motto(line: str) -> bool:
    return len(line.strip()) in _MOTTO_LENGTH and _resembles_motto(line.strip())


@lru_cache(maxsize=1 << 12)
def _resembles_motto(line: str) -> bool:
    said = " ".join(re.findall(r"[^\W_]+", vietnamese.folded(line)))
    return any(said == motto or _likeness(said, motto) > _SIMILAR for motto in MOTTO)


def _likeness(one: str, other: str) -> float:
    """The share of common sequences of three letters."""
    a, b = ({t[i : i + 3] for i in range(len(t) - 2)} for t in (one, other))
    return len(a & b) / max(1, len(a | b))


def _of_value(field: str, words: Sequence[Word]) -> set[str]:
    out = {form for word in words for form in forms(word)}
    out.update(pairs_of(words))
    if 0 < len(words) <= LONGEST_VALUE:
        out.add("v" + _joined(word.folded for word in words))
        out.add("w" + _joined(word.exact for word in words))
    if field.endswith(".name") and 1 < len(words) <= LONGEST_VALUE:
        out |= {
            "i" + "".join(word.folded[0] for word in words),
            f"g{words[-1].folded}",
            f"x{words[0].folded} {words[-1].folded}",
        }
    if field == "paper.issuer":
        out.update(f"s{word.folded}" for word in words)
    return out


def _day(values: Sequence[tuple[str, str]]) -> int:
    date = next((text for field, text in values if field == "paper.date"), "")
    return int(date.replace("-", "")) if _ISO_DATE.fullmatch(date) else 0


def _roles(values: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Roles without the number that distinguishes two people of one role."""
    prefixes = {field.partition(".")[0] for field, _ in values if "." in field}
    return frozenset(prefix.partition("-")[0] for prefix in prefixes - {"paper"})


def _joined(words: Iterable[str]) -> str:
    return " ".join(words)
