"""What a paper is and says: the one entry to the fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dossier.spine import Description, RecognisedPage, Source, Value
from dossier.text import nfc
from ocr.fields.acceptance import ATTACHED, KIND_UNKNOWN, MISSING, missing_values
from ocr.fields.forms import MENTIONED, Form, Forms, Structure, squashed
from ocr.fields.header import Head, head_of
from ocr.fields.kinds import Kind, kind_of
from ocr.fields.people import values_of_people
from ocr.fields.reading import PAPER, Raw, raw_fields
from ocr.fields.rows import rows

# How papers say that a person or a value is not known, squashed.
_NONE = ("khongco", "khongro", "khongxacdinh", "chuaxacdinh", "khongkhai", "khongbiet")


def describe(pages: tuple[RecognisedPage, ...], *, forms: Forms) -> Description:
    """The kind of a paper and the values on it, each with its confidence, page, box and doubt.

    Pure and quick (a few ms a page): may run in the parent.

    Args:
        pages: the recognised pages of one paper, in order.
        forms: the form definitions, from ``load_forms``.
    """
    doubts = [f"page.unread:{page.number}" for page in pages if page.unread]
    doubts += [f"{doubt}:{page.number}" for page in pages for doubt in page.doubts]
    read = [rows(page) for page in pages]
    first = next((page for page in read if page), ())
    kind = kind_of(read, forms)
    head = head_of(first, kind)
    form, by_number = _form(kind, head, forms)
    if form is None and kind.over is None:
        doubts.append(KIND_UNKNOWN)
    elif by_number:
        doubts.append("kind.by-number")
    with_roles = _form_for_people(form, kind, forms)
    raws = raw_fields(read, with_roles)
    people, more = values_of_people(raws, with_roles, surnames=forms.surnames)
    shown = kind.over or form
    values = [*_numbered(people), *head.values, *_attachments(pages)]
    stated = {value.field for value in values}
    found = Description(
        kind=shown.id if shown else "",
        values=tuple(values),
        absent=tuple(field for field in _stated_absent(raws) if field not in stated),
    )
    doubts += [f"{MISSING}:{name}" for name in missing_values(found, shown)]
    doubts += [code for code in more if code not in doubts]
    return replace(found, doubts=tuple(doubts))


def _attachments(pages: Sequence[RecognisedPage]) -> Iterable[Value]:
    """The files that came with the paper and are on none of its pages, as one value in doubt."""
    names = [name for page in pages for name in page.attachments]
    if names:
        yield Value(
            field="paper.attachments",
            text=nfc("; ".join(names)),
            source=Source.OCR,
            confidence=1.0,
            doubt=ATTACHED,
        )


def _stated_absent(raws: Sequence[Raw]) -> Iterable[str]:
    """The fields of people for which the paper says that there is nobody, or nothing known."""
    seen = set()
    for raw in raws:
        said = "".join(token.plain for token in raw.tokens)
        field = f"{raw.role}.{raw.label.field}"
        if raw.role not in {"", PAPER, MENTIONED} and said.startswith(_NONE) and field not in seen:
            seen.add(field)
            yield field


def _form_for_people(form: Form | None, kind: Kind, forms: Forms) -> Form:
    """The form whose roles and labels the people are looked for with."""
    if form is not None and form.roles:
        return form
    if kind.over is not None:
        return kind.over
    return _nobodys(forms)


def _nobodys(forms: Forms) -> Form:
    """A form for papers without roles: all people found are only mentioned."""
    return Form(
        id="unknown",
        name="",
        titles=(),
        structure=Structure.TITLED,
        stands_over=False,
        notations=(),
        first="",
        columns=(),
        required=(),
        roles=(),
        labels=forms.shared,
    )


def _form(kind: Kind, head: Head, forms: Forms) -> tuple[Form | None, bool]:
    """The form of the paper itself, and whether it follows from the number alone."""
    if kind.form is not None:
        return kind.form, False
    if not head.official:
        return None, False
    parts = [squashed(part) for part in re.split(r"[-./&]", head.notation)]
    for form in forms.by_id.values():
        # NĐ 30: the kind comes first (QĐ-TTg); on papers of civil status it may come last.
        candidates = parts[:1] if form.structure is Structure.ND30 else [*parts, "".join(parts)]
        if any(notation in candidates for notation in form.notations):
            return form, True
    if head.dispatch and head.notation:
        for form in forms.by_id.values():
            if form.structure is Structure.ND30 and not form.titles:
                return form, False
    return None, False


def _numbered(values: Sequence[Value]) -> Iterable[Value]:
    """People that are only mentioned, each apart: ``mentioned``, ``mentioned-2``."""
    seen: dict[str, int] = {}
    for value in values:
        if value.role == MENTIONED:
            count = seen[value.attribute] = seen.get(value.attribute, 0) + 1
            if count > 1:
                yield replace(value, field=f"{MENTIONED}-{count}.{value.attribute}")
                continue
        yield value
