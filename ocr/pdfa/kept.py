"""Pages of a received PDF, cleaned of all that may not be in a file that we sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Pdf

from ocr.pdfa.content import Key, ShownFont, Unkeepable
from ocr.pdfa.layer import Place
from ocr.pdfa.pictures import LARGEST_SIDE, SMALLEST_SIDE
from ocr.pdfa.tidy import tidy
from pages.pdf import PDF_DAMAGE, rotation, shown_box

# What a page may bring along. No /Annots, /AA, /Metadata, /PieceInfo, /StructParents, /Trans ...
_KEPT = frozenset({"/Type", "/Contents", "/Resources", "/Group", "/UserUnit"})
_HIDDEN = 0b10_0010  # /F of an annotation: Hidden or NoView (ISO 32000-1, 12.5.3)
_UNSEEN_KINDS = frozenset({"/Link", "/Popup"})
_FULL_TURN = 360


def flatten(pdf: Pdf) -> frozenset[int]:
    """Draw the annotations (stamps, visible signatures, filled forms) into their pages.

    Returns:
        The numbers of pages with an annotation that shows something but has no appearance that
        could be drawn into the page.
    """
    pages = [n for n, page in enumerate(pdf.pages, 1) if "/Annots" in page.obj]
    if not pages:
        return frozenset()
    unsure = _fields_to_draw(pdf, pages)
    pdf.flatten_annotations()
    for number in pages:
        left: Any = pdf.pages[number - 1].obj.get("/Annots", [])
        if any(_shows(annotation) for annotation in left):
            unsure.add(number)
    return frozenset(unsure)


def _fields_to_draw(pdf: Pdf, pages: Sequence[int]) -> set[int]:
    """Pages with a form field that a viewer draws by itself."""
    form = pdf.Root.get("/AcroForm")
    stale = isinstance(form, Dictionary) and bool(form.get("/NeedAppearances", False))
    unsure = set()
    for number in pages:
        for annotation in pdf.pages[number - 1].obj.get("/Annots", []):
            if annotation.get("/Subtype") == "/Widget" and _kind(annotation) != "/Sig":
                hidden = int(annotation.get("/F", 0)) & _HIDDEN
                if not hidden and (stale or "/AP" not in annotation):
                    unsure.add(number)
    return unsure


def _kind(field: pikepdf.Object) -> object:
    """The type of a form field, which it may have from its parents."""
    for _ in range(32):
        if "/FT" in field or "/Parent" not in field:
            break
        field = field["/Parent"]
    return field.get("/FT")


def _shows(annotation: pikepdf.Object) -> bool:
    if not isinstance(annotation, Dictionary):
        return False
    kind = annotation.get("/Subtype")
    signature = kind == "/Widget" and _kind(annotation) == "/Sig"
    hidden = int(annotation.get("/F", 0)) & _HIDDEN
    return not hidden and not signature and kind not in _UNSEEN_KINDS


def place_of(page: pikepdf.Page, turn: int) -> Place:
    """Where a page lies, shown with a further turn.

    Args:
        page: with its own boxes and /Rotate.
        turn: degrees clockwise that the upright page needs besides.
    """
    return Place(*shown_box(page), (rotation(page) + turn) % _FULL_TURN)


def clean(pdf: Pdf, page: pikepdf.Page, place: Place) -> dict[Key, ShownFont]:
    """Leave of a page only what is shown, and set its turn.

    Returns:
        The fonts of its own text, to be given a ToUnicode map.

    Raises:
        Unkeepable: it must be drawn anew.
    """
    for key in list(page.obj.keys()):
        if key not in _KEPT:
            del page.obj[key]
    sides = (place.right - place.left, place.top - place.bottom)
    if min(sides) < SMALLEST_SIDE or max(sides) > LARGEST_SIDE:
        raise Unkeepable("page.size")
    page.obj["/Rotate"] = place.turn
    page.obj["/MediaBox"] = Array([place.left, place.bottom, place.right, place.top])
    try:
        return tidy(pdf, page, place)
    except PDF_DAMAGE as error:
        # A page that breaks the rules of its own format: pikepdf says so in many ways.
        raise Unkeepable("content.unreadable") from error
