"""What each update of a PDF changed, part by part.

Both revisions are walked together from the catalogue. Whatever is not among the few things that a
later signature, a timestamp, or validation data may change has to be equal all the way down.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from signing.pdf_objects import entry, inherited, raw
from signing.signable import MALFORMED
from signing.validation.dss import dss_problem, is_vri
from signing.validation.form import Field, fields_of, is_drawn, is_signature
from signing.validation.metadata import info_facts, xmp_facts
from signing.validation.object_graph import ObjectGraph, name_of
from signing.validation.page_tree import PageTree
from signing.validation.revisions import Name, containers, touched_by
from signing.validation.same import Sameness

# Changes that belong to signing and preserving; the judge of a signature decides on the others.
SIGNATURE, TIMESTAMP, VALIDATION_DATA = "signature", "timestamp", "validation-data"
FIELD, FORM_VALUES, ANNOTATIONS = "signature-field", "form.values", "annotations"
UNREFERENCED, FAILED = "objects.unreferenced", "comparison.failed"
DSS_UNREADABLE = "dss.unreadable"

# Compared by themselves, or without a meaning of their own.
_CATALOGUE_APART = frozenset(
    {"/AcroForm", "/DSS", "/Extensions", "/Pages", "/Metadata", "/Version"}
)
_CATALOGUE = {
    "/OpenAction": "catalogue.actions",
    "/AA": "catalogue.actions",
    "/Names": "catalogue.names",
    "/OCProperties": "catalogue.layers",
    "/AF": "catalogue.files",
    "/Perms": "catalogue.permissions",
}
_FORM_APART = frozenset({"/Fields", "/SigFlags", "/DR", "/DA", "/Q", "/NeedAppearances"})
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
# What a program may set in a field when it fills it.
_FILLING = frozenset({"/V", "/AP", "/AS", "/F", "/Ff", "/DA", "/Q", "/M", "/MK", "/Type", "/Lock"})
_DEEPEST_EXTENSION = 4
_UP = frozenset({"/Parent", "/P"})


@dataclass(frozen=True, slots=True)
class Update:
    """The changes of one revision.

    Attributes:
        revision: its number, from 0.
        codes: what it changed, each once, in a fixed order.
        filled: full names of the fields, other than signatures, that got other values.
    """

    revision: int
    codes: tuple[str, ...]
    filled: frozenset[str] = frozenset()


def updates_after(reader: PdfFileReader, revision: int) -> tuple[Update, ...]:
    """The changes of each revision after ``revision``, in order.

    Codes: ``signature``, ``timestamp``, ``signature-field`` (made, or left, empty),
    ``validation-data``; ``form.values``, ``form.fields``, ``annotations``, ``stamp`` (the looks or
    place of a signature), ``pages.content``, ``pages.added-or-removed``, ``metadata.xmp``,
    ``metadata.info``, ``catalogue.actions``, ``.names``, ``.layers``, ``.files``,
    ``.permissions``, ``.other``; ``objects.unreferenced``; ``dss.unreadable``;
    ``comparison.failed``: nothing can be said of this revision and the later ones.
    """
    total = reader.xrefs.total_revisions
    if revision + 1 >= total:
        return ()
    found: list[Update] = []
    try:
        before = reader.get_historical_resolver(revision)
        graph = ObjectGraph(before)
        for number in range(revision + 1, total):
            after = reader.get_historical_resolver(number)
            found.append(_compare(reader, graph, before, after))
            before = after
    except MALFORMED:
        done = revision + 1 + len(found)
        found += [Update(number, (FAILED,)) for number in range(done, total)]
    return tuple(found)


def _compare(
    reader: PdfFileReader, graph: ObjectGraph, old: HistoricalResolver, new: HistoricalResolver
) -> Update:
    number = new.revision
    touched = touched_by(reader, number)
    parts = _Parts(old), _Parts(new)
    # What was something else before cannot become a part that is compared by itself.
    apart = frozenset(parts[0].names | (parts[1].names - graph.reachable))
    then, shared = graph.leading_to(touched, but_through=apart), graph.shared()
    graph.update(new, touched)
    changed = then | graph.leading_to(touched, but_through=apart)
    comparison = _Comparison(*parts, Sameness(changed, apart), shared)
    codes = list(comparison.codes())
    freed = {(r.idnum, r.generation) for r in reader.xrefs.refs_freed_in_revision(number)}
    loose = touched - graph.reachable - containers(reader, number) - freed
    if not all(is_vri(new.get_object(generic.Reference(*name, pdf=new))) for name in loose):
        codes.append(UNREFERENCED)
    return Update(number, tuple(dict.fromkeys(codes)), frozenset(comparison.filled))


class _Parts:
    """The parts of a revision that are compared by themselves."""

    def __init__(self, view: HistoricalResolver) -> None:
        self.view = view
        self.root = view.root
        self.pages = PageTree(view)
        self.form = entry(self.root, "/AcroForm")
        self.fields = fields_of(self.form)
        self.widgets: dict[Name | int, Field] = {
            widget: field for field in self.fields.values() for widget in field.widgets
        }
        names = {
            name_of(raw(view.trailer_view, "/Root")),
            name_of(raw(self.root, "/AcroForm")),
            name_of(raw(self.root, "/DSS")),
            *self.pages.names,
            *(field.name for field in self.fields.values()),
            *(name for page in self.pages.pages for name in annotations_of(page.page)),
        }
        self.names: set[Name] = {name for name in names if isinstance(name, tuple)}


class _Comparison:
    def __init__(
        self, old: _Parts, new: _Parts, sameness: Sameness, shared: frozenset[Name]
    ) -> None:
        self._old, self._new, self._shared = old, new, shared
        self._same = sameness.same
        self._differing = sameness.differing
        self._is_touched = sameness.is_changed
        self.filled: set[str] = set()

    def codes(self) -> Iterator[str]:
        yield from self._page_tree()
        yield from self._fields()
        yield from self._form()
        yield from self._metadata()
        yield from self._catalogue()
        yield from self._validation_data()

    def _page_tree(self) -> Iterator[str]:
        old, new = self._old.pages, self._new.pages
        if [page.name for page in old.pages] != [page.name for page in new.pages]:
            yield "pages.added-or-removed"
        for name, node in old.nodes.items():
            other = new.nodes.get(name)
            if other is None or self._differing(node, other, {"/Kids", "/Count", "/Parent"}):
                yield "pages.content"
        for before, after in zip(old.pages, new.pages, strict=False):
            yield from self._page(before.page, after.page)

    def _page(self, old: generic.DictionaryObject, new: generic.DictionaryObject) -> Iterator[str]:
        if self._differing(old, new, {"/Annots", "/Parent"}) or any(
            not self._same(inherited(old, key), inherited(new, key)) for key in _INHERITED
        ):
            yield "pages.content"
        before, after = annotations_of(old), annotations_of(new)
        kept = [name for name in after if name in before]
        if kept != list(before):  # removed, or drawn in another order
            yield ANNOTATIONS
        for name in kept:
            yield from self._annotation(name, before[name], after[name])
        for name in after.keys() - before.keys():
            yield from self._new_annotation(name, after[name])

    def _annotation(
        self, name: Name | int, old: generic.DictionaryObject, new: generic.DictionaryObject
    ) -> Iterator[str]:
        keys = self._differing(old, new, _UP)
        if not keys and self._same_way_up(old, new):
            return
        field, now = self._old.widgets.get(name), self._new.widgets.get(name)
        if field is None or now is None or not self._same_way_up(old, new):
            yield ANNOTATIONS
        elif is_signature(field.dictionary):
            filled = "/V" not in field.dictionary and "/V" in now.dictionary
            shown_apart = name_of(raw(old, "/AP")) in self._shared
            if not filled or not keys <= _FILLING or shown_apart or _is_drawn_timestamp(now, new):
                yield "stamp"
        else:
            yield FORM_VALUES if keys <= _FILLING else ANNOTATIONS

    def _new_annotation(self, name: Name | int, new: generic.DictionaryObject) -> Iterator[str]:
        field = self._new.widgets.get(name)
        if field is None or not is_signature(field.dictionary):
            yield ANNOTATIONS
            return
        before = self._old.fields.get(field.full_name)
        if before is not None and "/V" in before.dictionary:
            yield "stamp"  # further looks for a field that was signed already
        elif is_drawn(new) and _kind_of(field) != SIGNATURE:
            yield ANNOTATIONS  # drawn over the page, and signed by nobody

    def _same_way_up(self, old: Any, new: Any) -> bool:  # noqa: ANN401 - any PDF object
        """Whether the page and the parent that an annotation names are the same."""
        return all(name_of(raw(old, key)) == name_of(raw(new, key)) for key in _UP)

    def _fields(self) -> Iterator[str]:
        old, new = self._old.fields, self._new.fields
        if old.keys() - new.keys():
            yield "form.fields"
        for name, field in new.items():
            if name in old:
                yield from self._field(old[name], field)
            elif not is_signature(field.dictionary):
                if "/FT" in field.dictionary or "/V" in field.dictionary:
                    yield "form.fields"
            else:
                yield _kind_of(field)

    def _field(self, old: Field, new: Field) -> Iterator[str]:
        keys = self._differing(old.dictionary, new.dictionary, {*_UP, "/Kids"})
        if old.name != new.name or not self._same_way_up(old.dictionary, new.dictionary):
            yield "form.fields"
        elif is_signature(old.dictionary):
            if "/V" not in old.dictionary and "/V" in new.dictionary:
                yield _kind_of(new) if keys <= _FILLING else "form.fields"
            elif keys:
                yield "stamp" if "/V" in old.dictionary else "form.fields"
        elif keys:
            yield FORM_VALUES if keys <= _FILLING else "form.fields"
            self.filled.add(new.full_name)

    def _form(self) -> Iterator[str]:
        old = self._old.form or generic.DictionaryObject()
        new = self._new.form or generic.DictionaryObject()
        if self._differing(old, new, _FORM_APART):
            yield "form.fields"
        others = [f for f in self._new.fields.values() if not is_signature(f.dictionary)]
        looks = self._differing(old, new, {"/Fields", "/SigFlags"}) & _FORM_APART
        if "/DR" in looks and self._only_grew(entry(old, "/DR"), entry(new, "/DR")):
            looks -= {"/DR"}
        if looks and (others or any(key in old for key in looks)):
            yield FORM_VALUES
            self.filled.update(field.full_name for field in others)

    def _only_grew(self, old: Any, new: Any) -> bool:  # noqa: ANN401 - any PDF object
        """Whether resources were only added to those of the form."""
        if old is None:
            return isinstance(new, generic.DictionaryObject)
        kinds = self._differing(old, new, ())
        if any(
            not isinstance(entry(part, kind, generic.DictionaryObject()), dict)
            for kind in kinds
            for part in (old, new)
        ):
            return False
        return all(
            not self._differing(entry(old, kind), entry(new, kind), new_names)
            for kind in kinds
            if kind in old
            for new_names in (set(entry(new, kind, {})) - set(entry(old, kind)),)
        )

    def _metadata(self) -> Iterator[str]:
        old, new = self._old, self._new
        then, now = raw(old.root, "/Metadata"), raw(new.root, "/Metadata")
        rewritten = self._is_touched(now) or name_of(then) != name_of(now)
        if rewritten and xmp_facts(old.view) != xmp_facts(new.view):
            yield "metadata.xmp"
        if info_facts(old.view) != info_facts(new.view):
            yield "metadata.info"

    def _catalogue(self) -> Iterator[str]:
        for key in sorted(self._differing(self._old.root, self._new.root, _CATALOGUE_APART)):
            yield _CATALOGUE.get(key, "catalogue.other")
        if not _is_plain(entry(self._new.root, "/Extensions")):
            yield "catalogue.other"

    def _validation_data(self) -> Iterator[str]:
        old, new = entry(self._old.root, "/DSS"), entry(self._new.root, "/DSS")
        if new is None:
            yield from () if old is None else ("catalogue.other",)
        elif (
            old is None
            or self._is_touched(raw(self._new.root, "/DSS"))
            or (self._differing(old, new, ()))
        ):
            yield dss_problem(new) or VALIDATION_DATA


def _is_drawn_timestamp(field: Field, widget: generic.DictionaryObject) -> bool:
    """Whether a document timestamp shows something: anybody can have a timestamp made."""
    return is_drawn(widget) and _kind_of(field) == TIMESTAMP


def _kind_of(field: Field) -> str:
    """Which of the changes that belong to signing a signature field is."""
    if "/V" not in field.dictionary:
        return FIELD
    if isinstance(field.dictionary["/V"], generic.StreamObject):
        return "form.fields"
    return TIMESTAMP if entry(field.dictionary["/V"], "/Type") == "/DocTimeStamp" else SIGNATURE


def annotations_of(page: generic.DictionaryObject) -> dict[Name | int, generic.DictionaryObject]:
    """By reference; those that are written into the page itself by their place."""
    array = entry(page, "/Annots")
    if array is None:
        return {}
    if not isinstance(array, generic.ArrayObject):
        raise ValueError("not an array")  # noqa: TRY004 - it is the file's fault
    found: dict[Name | int, generic.DictionaryObject] = {}
    for index in range(len(array)):
        annotation = array[index]
        if isinstance(annotation, generic.DictionaryObject):
            found[name_of(array.raw_get(index)) or index] = annotation
    return found


def _is_plain(value: Any, depth: int = 0) -> bool:  # noqa: ANN401 - any PDF object
    """Whether a developer's extensions hold names and numbers alone (ISO 32000-1 §7.12)."""
    if isinstance(value, generic.StreamObject) or depth > _DEEPEST_EXTENSION:
        return False
    if isinstance(value, generic.DictionaryObject):
        return all(_is_plain(value[key], depth + 1) for key in value)
    if isinstance(value, generic.ArrayObject):
        return all(_is_plain(value[index], depth + 1) for index in range(len(value)))
    return True
