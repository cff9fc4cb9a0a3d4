"""Which PDFs are signed: those that this system made, and nothing that can change its looks.

A form, an annotation, a layer or a script lets a file show another thing after it was signed
(the shadow attacks), so a file that holds one is refused before the key is touched.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from dossier.errors import RejectedInput
from signing.pdf_objects import entry, items

# What pyHanko raises on a PDF that is not well formed.
MALFORMED = (
    PdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
    NotImplementedError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
)

_ROOT = {
    "/Perms": "pdf.already-signed",
    "/DSS": "pdf.already-signed",
    "/OCProperties": "pdf.optional-content",
    "/OpenAction": "pdf.actions",
    "/AA": "pdf.actions",
    "/Collection": "pdf.embedded-files",
    "/AF": "pdf.embedded-files",
}
_NAMES = {
    "/JavaScript": "pdf.javascript",
    "/EmbeddedFiles": "pdf.embedded-files",
}
_PAGE = {"/AA": "pdf.actions", "/AF": "pdf.embedded-files"}
_MOST_PAGES = 10_000
_MOST_BOOKMARKS = 10_000


def open_signable(file: BinaryIO) -> PdfFileReader:
    """A reader over a PDF that may be signed.

    Raises:
        RejectedInput: ``pdf.unreadable``, ``pdf.encrypted``, ``pdf.hybrid-xref``,
            ``pdf.revisions``, ``pdf.already-signed``, ``pdf.form``, ``pdf.annotations``,
            ``pdf.optional-content``, ``pdf.actions``, ``pdf.javascript``, ``pdf.embedded-files``.
    """
    try:
        reader = PdfFileReader(file, strict=True)
        _refuse(reader)
    except MALFORMED as e:
        raise RejectedInput(
            "pdf.unreadable", "the PDF to be signed is not well formed; make it anew"
        ) from e
    return reader


def _refuse(reader: PdfFileReader) -> None:
    if reader.encrypted:
        raise _refused("pdf.encrypted")
    if reader.xrefs.hybrid_xrefs_present:
        raise _refused("pdf.hybrid-xref")
    root = reader.root
    form = entry(root, "/AcroForm")
    if form is not None:
        signed = any("/V" in field for field in items(entry(form, "/Fields")))
        raise _refused("pdf.already-signed" if signed else "pdf.form")
    # What was hidden in an earlier revision could be brought back by a later one.
    if reader.xrefs.total_revisions != 1:
        raise _refused("pdf.revisions")
    _refuse_keys(root, _ROOT)
    names = entry(root, "/Names")
    if names is not None:
        _refuse_keys(names, _NAMES)
    for page in _pages(reader):
        if any(True for _ in items(entry(page, "/Annots"))):
            raise _refused("pdf.annotations")
        _refuse_keys(page, _PAGE)
    if "/Outlines" in root:
        _refuse_scripts(root["/Outlines"])


def _refuse_keys(dictionary: Any, codes: dict[str, str]) -> None:  # noqa: ANN401 - any PDF object
    for key, code in codes.items():
        if key in dictionary:
            raise _refused(code)


def _refused(code: str) -> RejectedInput:
    return RejectedInput(
        code,
        "the PDF holds something that this system never makes and that could change what it "
        f"shows ({code}); it is not signed, make the PDF/A anew from the scan",
    )


def _pages(reader: PdfFileReader) -> Iterator[generic.DictionaryObject]:
    count = int(reader.root["/Pages"]["/Count"])
    if not 0 < count <= _MOST_PAGES:
        raise ValueError("too many pages or none")
    for index in range(count):
        yield page_at(reader, index)


def page_at(reader: PdfFileReader, index: int) -> generic.DictionaryObject:
    """The dictionary of a page, from 0."""
    reference, _ = reader.find_page_for_modification(index)
    page = reference.get_object()
    if not isinstance(page, generic.DictionaryObject):
        raise ValueError("a page is not a dictionary")  # noqa: TRY004 - it is the file's fault
    return page


def _refuse_scripts(outlines: Any) -> None:  # noqa: ANN401 - any PDF object
    waiting = [outlines]
    for _ in range(_MOST_BOOKMARKS):
        if not waiting:
            return
        item = waiting.pop()
        action = entry(item, "/A")
        if action is not None and entry(action, "/S") != "/GoTo":
            raise _refused("pdf.actions")
        waiting.extend(item[key] for key in ("/First", "/Next") if key in item)
    raise ValueError("too many bookmarks")
