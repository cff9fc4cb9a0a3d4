"""What a description must hold before a paper is accepted, by a person or by a command.

The one place that knows: review, corrections and ``--accept`` call it, and the doubts of a
description name what is missing by the same rule.
"""

from __future__ import annotations

from dossier.spine import Description
from ocr.fields.forms import Form, Forms

KIND_UNKNOWN = "kind.unknown"
MISSING = "missing"
ATTACHED = "attachments.not-on-pages"

# Doubts that only a person who has seen the paper can settle. The last two stand for what
# ``obstacles`` reports: no kind, or a required value that is missing.
_SEEN_ONLY = ("page.incomplete", "page.few-words", KIND_UNKNOWN, f"{MISSING}:")


def missing_values(description: Description, form: Form | None) -> tuple[str, ...]:
    """The required fields of a form that are neither there nor stated to be absent, in its order.

    Args:
        description: as found or as corrected.
        form: of its kind; None where the kind is not known.
    """
    if form is None:
        return ()
    known = {value.field for value in description.values if value.text}
    known |= set(description.absent)
    return tuple(field for field in form.required if field not in known)


def obstacles(description: Description, forms: Forms) -> tuple[str, ...]:
    """Why a description cannot be accepted; empty where it can.

    Returns:
        ``kind.unknown``, or ``missing:<field>`` for each required value that is neither there nor
        recorded as not on the paper.
    """
    form = forms.by_id.get(description.kind)
    if form is None:
        return (KIND_UNKNOWN,)
    return tuple(f"{MISSING}:{field}" for field in missing_values(description, form))


def needs_a_person(description: Description) -> bool:
    """Whether a doubt is one that only a person who has seen the paper may settle."""
    return any(doubt.startswith(_SEEN_ONLY) for doubt in description.doubts) or any(
        value.doubt == ATTACHED for value in description.values
    )
