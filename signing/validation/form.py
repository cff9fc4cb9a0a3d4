"""The fields of an interactive form (ISO 32000-1 §12.7)."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic

from signing.pdf_objects import entry, inherited, items
from signing.validation.object_graph import name_of
from signing.validation.revisions import Name

_MOST_FIELDS = 20_000
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Field:
    """A field.

    Attributes:
        full_name: the names from the top, each after a dot; made unique by a number.
        name: the object that it is; None where it is written into another.
        dictionary: of the field.
        widgets: the objects that show it on pages: itself, or those of its kids that are no fields.
    """

    full_name: str
    name: Name | None
    dictionary: generic.DictionaryObject
    widgets: tuple[Name, ...]


def fields_of(form: Any) -> dict[str, Field]:  # noqa: ANN401 - any PDF object
    """All fields of a form by full name, those with and without a value.

    Raises:
        ValueError: too many fields, or fields that hold themselves.
    """
    found: dict[str, Field] = {}
    if form is None:
        return found
    waiting = [("", *pair) for pair in reversed(_pairs(entry(form, "/Fields")))]
    for _ in range(_MOST_FIELDS):
        if not waiting:
            return found
        above, name, dictionary = waiting.pop()
        if not isinstance(dictionary, generic.DictionaryObject):
            continue
        full = unique = f"{above}.{entry(dictionary, '/T', '')}"
        if full.count(".") > _DEEPEST:
            raise ValueError("fields too deep")
        number = 1
        while unique in found:
            number += 1
            unique = f"{full}#{number}"
        kids = _pairs(entry(dictionary, "/Kids"))
        fields = [(kid, value) for kid, value in kids if "/T" in value]
        widgets = [name, *(kid for kid, value in kids if "/T" not in value)]
        found[unique] = Field(
            unique, name, dictionary, tuple(widget for widget in widgets if widget is not None)
        )
        waiting += [(unique, *pair) for pair in reversed(fields)]
    raise ValueError("too many fields")


def _pairs(array: Any) -> list[tuple[Name | None, Any]]:  # noqa: ANN401 - any PDF object
    return [(name_of(array.raw_get(index)), item) for index, item in enumerate(items(array))]


def is_signature(field: Any) -> bool:  # noqa: ANN401 - any PDF object
    """Whether a field is for a signature."""
    return bool(inherited(field, "/FT") == "/Sig")


def is_drawn(widget: Any) -> bool:  # noqa: ANN401 - any PDF object
    """Whether a widget can show anything on its page."""
    try:
        left, bottom, right, top = (float(n) for n in items(entry(widget, "/Rect")))
    except (TypeError, ValueError):
        return True
    return bool((right - left) * (top - bottom)) and ("/AP" in widget or "/MK" in widget)
