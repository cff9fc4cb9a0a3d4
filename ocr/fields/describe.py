"""What a paper is and says: the one entry to the fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dossier.spine import Description, RecognisedPage, Value
from ocr.fields.forms import MENTIONED, Form, Forms, Structure, squashed
from ocr.fields.header import Head, head_of
from ocr.fields.kinds import Kind, kind_of
from ocr.fields.people import values_of_people
from ocr.fields.reading import raw_fields
from ocr.fields.rows import rows


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
        doubts.append("kind.unknown")
    elif by_number:
        doubts.append("kind.by-number")
    with_roles = _form_for_people(form, kind, forms)
    people, more = values_of_people(
        raw_fields(read, with_roles), with_roles, surnames=forms.surnames
    )
    shown = kind.over or form
    values = [*_numbered(people), *head.values]
    found = {value.field for value in values}
    doubts += [f"missing:{name}" for name in (shown.required if shown else ()) if name not in found]
    doubts += [code for code in more if code not in doubts]
    return Description(kind=shown.id if shown else "", values=tuple(values), doubts=tuple(doubts))


def _form_for_people(form: Form | None, kind: Kind, forms: Forms) -> Form:
    """The form whose roles and labels the people are looked for with."""
    if form is not None and form.roles:
        return form
    if kind.over is not None:
        return kind.over
    return _nobodys(forms)


def _nobodys(forms: Forms) -> Form:
    """A form for papers without roles: whoever is found is only mentioned."""
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
    """The form of the paper itself, and whether only its number told it."""
    if kind.form is not None:
        return kind.form, False
    if not head.official:
        return None, False
    parts = [squashed(part) for part in re.split(r"[-./&]", head.notation)]
    for form in forms.by_id.values():
        # NĐ 30: the kind comes first (QĐ-TTg); on papers of civil status it may come last.
        told = parts[:1] if form.structure is Structure.ND30 else [*parts, "".join(parts)]
        if any(notation in told for notation in form.notations):
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
