"""Telling the kind of a paper: by a title on lines of its own, or by the header of NĐ 30/2020."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ocr.fields.forms import Form, Forms, Structure, squashed
from ocr.fields.phrases import distance, errors_allowed
from ocr.fields.rows import Row

_TITLE_ROWS = 4  # rows that one title may take
_NEAR_TOP = 0.62  # of the rows of the first page
_MOST_WRONG = 3  # letters of a title
_LONGEST_TITLE = 120  # squashed letters
_SURE = 0.75  # share of a title's letters in capitals, below which it is a mention
# What may stand beside a title on its lines.
_BESIDE = sorted(
    map(
        squashed,
        ("bản sao", "bản chính", "trích sao", "mẫu", "cấp lại", "lần đầu", "đăng ký lại", "số"),
    ),
    key=len,
    reverse=True,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What kind of paper this is.

    Attributes:
        form: of the paper itself, or None where it is unknown.
        over: of a stamp that stands over it (a certified copy), or None.
        title_row: index of the title's first row on the first page; None without a title.
        title_end: index after its last row.
    """

    form: Form | None
    over: Form | None = None
    title_row: int | None = None
    title_end: int | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    form: Form
    row: int
    end: int
    letters: int
    wrong: int


def kind_of(pages: Sequence[Sequence[Row]], forms: Forms) -> Kind:
    """The kind of a paper from the rows of its pages."""
    first = next((rows for rows in pages if rows), ())
    over = next((f for f in forms.by_id.values() if f.stands_over and _stamped(pages, f)), None)
    titles: dict[int, list[tuple[Form, str]]] = defaultdict(list)
    for form in forms.by_id.values():
        for title in form.titles if not form.stands_over else ():
            titles[len(title.squashed)].append((form, title.squashed))
    found = [
        _Found(form, start, end, len(wanted), wrong)
        for start, end, text in _lines_together(first)
        for length in range(len(text) - _MOST_WRONG, len(text) + _MOST_WRONG + 1)
        for form, wanted in titles.get(length, ())
        if (wrong := _wrong(wanted, text)) is not None
    ]
    if not found:
        return Kind(None, over)
    best = min(found, key=_rank)
    return Kind(best.form, over, best.row, best.end)


def _rank(found: _Found) -> tuple[int, int, int]:
    """Titles of civil papers before the words of NĐ 30, then longer ones, then higher ones."""
    return (found.form.structure is Structure.ND30, found.wrong - found.letters, found.row)


def _lines_together(rows: Sequence[Row]) -> Iterator[tuple[int, int, str]]:
    """What may be a title: one row or some together, with first index and end."""
    last = max(int(len(rows) * _NEAR_TOP), min(len(rows), 14))
    for start in range(last):
        text = ""
        for end in range(start, min(start + _TITLE_ROWS, len(rows))):
            text += "".join(t.plain for t in rows[end].tokens)
            if len(text) > _LONGEST_TITLE:
                break
            if _looks_like_title(rows[start : end + 1]):
                yield start, end + 1, text
                if (bare := _without(text)) != text:
                    yield start, end + 1, bare


def _wrong(wanted: str, text: str) -> int | None:
    """How many letters of a title are wrong in a text; None where it is another text."""
    if wanted == text:
        return 0
    allowed = errors_allowed(len(wanted))
    if not allowed or abs(len(text) - len(wanted)) > allowed:
        return None
    wrong = distance(wanted, text, allowed)
    return wrong if wrong <= allowed else None


def _without(text: str) -> str:
    for beside in _BESIDE:
        if text.endswith(beside):
            return text.removesuffix(beside)
    return text


def _looks_like_title(rows: Sequence[Row]) -> bool:
    """Capitals, or larger than a mention in running text would be: a row of its own says much."""
    letters = [c for row in rows for t in row.tokens for c in t.text if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    return capitals >= _SURE * len(letters) or letters[0].isupper()


def _stamped(pages: Sequence[Sequence[Row]], form: Form) -> bool:
    """Whether the words of a stamp stand anywhere, on one row or two."""
    wanted = [title.squashed for title in form.titles if len(title.squashed) > 12]  # noqa: PLR2004 - shorter ones are no evidence
    for rows in pages:
        texts = ["".join(t.plain for t in row.tokens) for row in rows]
        for one, other in zip(texts, [*texts[1:], ""], strict=False):
            if any(w in one or w in one + other for w in wanted):
                return True
    return False
