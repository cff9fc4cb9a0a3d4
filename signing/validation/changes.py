"""What later updates of a PDF changed that a signature had covered.

pyHanko's own comparison says whether an update is among the allowed ones; this one says in words
what it touched, and sees metadata and stamps too.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

from signing.pdf_objects import entry, inherited, items, raw
from signing.signable import MALFORMED

# Allowed to come or change in the catalogue without a word: what signing itself adds.
_SILENT = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Pages", "/Metadata", "/Version"})
_CATALOGUE = {
    "/OpenAction": "catalogue.actions",
    "/AA": "catalogue.actions",
    "/Names": "catalogue.names",
    "/OCProperties": "catalogue.layers",
    "/AF": "catalogue.files",
    "/Perms": "catalogue.permissions",
}
# Of a widget: what it looks like and where.
_LOOKS = ("/Rect", "/AP", "/F", "/AS", "/MK", "/BS", "/Border", "/OC")
# Written anew by whatever adds a signature or a timestamp.
_PROPERTIES_OF_WRITING = frozenset(
    {"ModDate", "ModifyDate", "MetadataDate", "Producer", "InstanceID"}
)
# Lead from a part to the whole it is in, or across to pages, which are compared by themselves.
_UPWARDS = frozenset({"/Parent", "/P", "/Pg", "/Obj"})
_MOST_OBJECTS = 200_000
_MOST_PAGES = 20_000
_DEEPEST = 60
_LARGEST_XMP = 1 << 20  # bytes


def later_changes(reader: PdfFileReader, revision: int) -> tuple[str, ...]:
    """Codes of what revisions after ``revision`` changed, in a fixed order.

    ``pages.added-or-removed``, ``pages.content`` (or box, rotation, resources),
    ``annotations``, ``stamp`` (the looks or place of a signature's field), ``form.values``,
    ``metadata.xmp``, ``metadata.info``, ``catalogue.actions``, ``.names``, ``.layers``,
    ``.files``, ``.permissions``, ``.other``, and ``unknown`` where the comparison failed.
    """
    try:
        then = reader.get_historical_resolver(revision)
        return tuple(dict.fromkeys(_Comparison(reader, then, revision).codes()))
    except MALFORMED:
        return ("unknown",)


class _Comparison:
    def __init__(self, now: PdfFileReader, then: HistoricalResolver, revision: int) -> None:
        self._now, self._then = now, then
        self._touched = {
            reference
            for later in range(revision + 1, now.xrefs.total_revisions)
            for reference in (
                now.xrefs.explicit_refs_in_revision(later) | now.xrefs.refs_freed_in_revision(later)
            )
        }
        self._untouched: set[generic.Reference] = set()
        self._budget = _MOST_OBJECTS

    def codes(self) -> Iterator[str]:
        before, after = list(_pages(self._then)), list(_pages(self._now))
        pages = list(zip(before, after, strict=False))
        if len(before) != len(after) or any(a.reference != b.reference for a, b in pages):
            yield "pages.added-or-removed"
        for old, new in pages:
            yield from self._page(old.page, new.page)
        yield from self._fields()
        yield from self._metadata()
        yield from self._catalogue()

    def _page(self, old: generic.DictionaryObject, new: generic.DictionaryObject) -> Iterator[str]:
        keys = (set(old.keys()) | set(new.keys())) - {"/Annots", "/Parent"}
        handed_down = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
        if any(not self._same(raw(old, key), raw(new, key)) for key in keys) or any(
            not self._same(inherited(old, key), inherited(new, key)) for key in handed_down
        ):
            yield "pages.content"
        before, after = _annotations(old), _annotations(new)
        for reference, annotation in after.items():
            if reference in before:
                if not self._same_annotation(before[reference], annotation):
                    yield "stamp" if _is_signature(annotation) else "annotations"
            elif not _is_signature(annotation):
                yield "annotations"
        if before.keys() - after.keys():
            yield "annotations"

    def _same_annotation(self, old: Any, new: Any) -> bool:  # noqa: ANN401 - any PDF object
        if _is_signature(new):
            if not _is_signature(old):
                return False
            # An empty field may be signed later, and gets its looks then.
            if "/V" not in old and "/V" in new:
                return self._same(raw(old, "/Rect"), raw(new, "/Rect"))
            return all(self._same(raw(old, key), raw(new, key)) for key in (*_LOOKS, "/V"))
        keys = (set(old.keys()) | set(new.keys())) - _UPWARDS
        return all(self._same(raw(old, key), raw(new, key)) for key in keys)

    def _fields(self) -> Iterator[str]:
        old, new = dict(_values(self._then)), dict(_values(self._now))
        for name in old.keys() | new.keys():
            if not self._same(old.get(name), new.get(name)):
                yield "form.values"

    def _metadata(self) -> Iterator[str]:
        if _xmp(self._then) != _xmp(self._now):
            yield "metadata.xmp"
        if _info(self._then) != _info(self._now):
            yield "metadata.info"

    def _catalogue(self) -> Iterator[str]:
        old, new = self._then.root, self._now.root
        for key in sorted((set(old.keys()) | set(new.keys())) - _SILENT):
            if not self._same(raw(old, key), raw(new, key)):
                yield _CATALOGUE.get(key, "catalogue.other")

    def _same(self, old: Any, new: Any, depth: int = 0) -> bool:  # noqa: ANN401 - any PDF object
        """Whether two raw objects are equal all the way down; too deep or too much is not."""
        self._budget -= 1
        if self._budget < 0 or depth > _DEEPEST:
            raise ValueError("too much to compare")
        if isinstance(old, generic.IndirectObject) or isinstance(new, generic.IndirectObject):
            return self._untouched_reference(old, new) or self._same(
                _followed(old), _followed(new), depth + 1
            )
        if type(old) is not type(new):
            return False
        if isinstance(new, generic.DictionaryObject):  # a stream is one too
            same_data = (
                not isinstance(new, generic.StreamObject) or old.encoded_data == new.encoded_data
            )
            return same_data and self._same_entries(old, new, depth)
        if isinstance(new, generic.ArrayObject):
            return len(old) == len(new) and all(
                self._same(old.raw_get(i), new.raw_get(i), depth + 1) for i in range(len(old))
            )
        return bool(old == new)

    def _untouched_reference(self, old: Any, new: Any) -> bool:  # noqa: ANN401 - any PDF object
        return (
            isinstance(old, generic.IndirectObject)
            and isinstance(new, generic.IndirectObject)
            and old.reference == new.reference
            and not self._reaches_touched(new.reference)
        )

    def _same_entries(self, old: Any, new: Any, depth: int) -> bool:  # noqa: ANN401 - as above
        keys = (set(old.keys()) | set(new.keys())) - _UPWARDS
        return all(self._same(raw(old, key), raw(new, key), depth + 1) for key in keys)

    def _reaches_touched(self, start: generic.Reference) -> bool:
        """Whether an object that a later update wrote hangs below this one."""
        seen: set[generic.Reference] = set()
        waiting: list[Any] = [generic.IndirectObject(start.idnum, start.generation, self._now)]
        while waiting:
            value = waiting.pop()
            self._budget -= 1
            if self._budget < 0:
                raise ValueError("too much to compare")
            if isinstance(value, generic.IndirectObject):
                if value.reference in self._touched:
                    return True
                if value.reference not in seen and value.reference not in self._untouched:
                    seen.add(value.reference)
                    waiting.append(value.get_object())
            elif isinstance(value, generic.DictionaryObject):
                waiting.extend(value.raw_get(key) for key in value.keys() - _UPWARDS)
            elif isinstance(value, generic.ArrayObject):
                waiting.extend(value.raw_get(i) for i in range(len(value)))
        self._untouched |= seen
        return False


def _followed(value: Any) -> Any:  # noqa: ANN401 - any PDF object
    return value.get_object() if isinstance(value, generic.IndirectObject) else value


@dataclass(frozen=True, slots=True)
class _Page:
    reference: generic.Reference | None
    page: generic.DictionaryObject


def _pages(handler: PdfHandler) -> Iterator[_Page]:
    waiting: list[Any] = [raw(handler.root, "/Pages")]
    for _ in range(_MOST_PAGES):
        if not waiting:
            return
        node = waiting.pop()
        reference = node.reference if isinstance(node, generic.IndirectObject) else None
        dictionary = node.get_object()
        if "/Kids" in dictionary:
            kids = dictionary["/Kids"]
            waiting.extend(kids.raw_get(i) for i in reversed(range(len(kids))))
        else:
            yield _Page(reference, dictionary)
    raise ValueError("too many pages")


def _annotations(page: generic.DictionaryObject) -> dict[object, generic.DictionaryObject]:
    """By reference; those that are written into the page itself by their place."""
    array = entry(page, "/Annots")
    found: dict[object, generic.DictionaryObject] = {}
    for index, annotation in enumerate(items(array)):
        written = array.raw_get(index)
        found[written.reference if isinstance(written, generic.IndirectObject) else index] = (
            annotation
        )
    return found


def _is_signature(annotation: generic.DictionaryObject) -> bool:
    if entry(annotation, "/Subtype") != "/Widget":
        return False
    kind = entry(annotation, "/FT")
    if kind is None and "/Parent" in annotation:  # the field and its widget are two objects
        kind = entry(annotation["/Parent"], "/FT")
    return bool(kind == "/Sig")


def _values(handler: PdfHandler) -> Iterator[tuple[str, Any]]:
    """Full name and value of each field that is no signature."""
    form = entry(handler.root, "/AcroForm")
    if form is None:
        return
    waiting: list[tuple[str, Any, Any]] = [
        ("", None, field) for field in items(entry(form, "/Fields"))
    ]
    for _ in range(_MOST_OBJECTS):
        if not waiting:
            return
        above, kind, field = waiting.pop()
        kind, name = entry(field, "/FT", kind), f"{above}.{entry(field, '/T', '')}"
        if kind != "/Sig" and "/V" in field:
            yield name, raw(field, "/V")
        waiting.extend((name, kind, kid) for kid in items(entry(field, "/Kids")))
    raise ValueError("too many fields")


def _xmp(handler: PdfHandler) -> object:
    stream = entry(handler.root, "/Metadata")
    if stream is None:
        return None
    data = stream.data
    if len(data) > _LARGEST_XMP or re.search(rb"<!(?:DOCTYPE|ENTITY)", data):
        return data  # not parsed: entities can blow up or reach out
    try:
        root = ET.fromstring(data.strip(b"\0 \n\r\t"))  # noqa: S314 - without DTD, see above
    except ET.ParseError:
        return data
    return frozenset(_facts(root, ()))


def _facts(element: ET.Element, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is said, whatever the order and the white space; not when and by which program."""
    path = (*path, element.tag)
    if len(path) > _DEEPEST:
        raise ValueError("metadata too deep")
    named = [((*path, name), value) for name, value in element.attrib.items()]
    for where, text in [*named, (path, (element.text or "").strip())]:
        if text and where[-1].rpartition("}")[2] not in _PROPERTIES_OF_WRITING:
            yield where, text
    for child in element:
        yield from _facts(child, path)


def _info(handler: PdfHandler) -> dict[str, str]:
    info = entry(handler.trailer_view, "/Info") or {}
    return {key: str(info[key]) for key in info if key.lstrip("/") not in _PROPERTIES_OF_WRITING}
