"""What a paper is and says: the one entry to the fields."""

from __future__ import annotations

from dossier.spine import Description, RecognisedPage
from ocr.fields.forms import Forms


def describe(pages: tuple[RecognisedPage, ...], *, forms: Forms) -> Description:
    """The kind of a paper and the values on it, each with its confidence, page, box and doubt.

    Pure and quick (a few ms a page): may run in the parent.

    Args:
        pages: the recognised pages of one paper, in order.
        forms: the form definitions, from ``load_forms``.
    """
    unread = tuple(f"page.unread:{page.number}" for page in pages if page.unread)
    return (
        Description(kind="", doubts=("kind.unknown", *unread))
        if forms.by_id
        else Description(kind="")
    )
