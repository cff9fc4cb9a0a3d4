"""Which bytes of a PDF each revision after a signature explains (ISO 32000-1 §7.5.6).

A program that repairs files finds objects that no cross-reference names. So every byte after a
signature has to belong to an object of its revision's cross-reference section, to that section,
or to its trailer; only white space and short comments may stand between them.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import read_non_whitespace
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef, XRefSectionData, XRefSectionType

from signing.signable import MALFORMED

WHITE = b"\x00\t\n\x0c\r "
UNEXPLAINED = "bytes.unexplained"
AFTER_LAST_REVISION = "bytes.after-last-revision"
BEHIND_SIGNATURE = "bytes.behind-signature"

_HEADER = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj")
_TABLE = re.compile(rb"xref[\d\x00\t\n\x0c\r nf]*trailer[\x00\t\n\x0c\r ]*")
# A comment that no program can take for a part of a file.
_REMARK = rb"%(?:(?!obj|stream|xref|trailer|%EOF)[^\r\n]){0,128}(?=[\r\n])"
_COMMENT = re.compile(_REMARK)
_END = re.compile(
    rb"(?:[\x00\t\n\x0c\r ]|" + _REMARK + rb")*"
    rb"startxref[\x00\t\n\x0c\r ]+(\d{1,15})[\x00\t\n\x0c\r ]+%%EOF"
)

Span = tuple[int, int]
# Number and generation of an object.
Name = tuple[int, int]


def is_white(content: bytes, start: int, end: int | None = None) -> bool:
    """Whether only white space stands in a part of the file."""
    return not content[start:end].strip(WHITE)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The result of accounting for the bytes after a signature.

    Attributes:
        codes: by revision number, codes of what it does not explain; ``bytes.unexplained``.
        file: codes that concern every signature of the file: ``bytes.after-last-revision``,
            ``bytes.behind-signature`` (a covered cross-reference names bytes that no signature
            covered when it was made).
    """

    codes: dict[int, tuple[str, ...]]
    file: tuple[str, ...]


def account(reader: PdfFileReader, content: bytes, *, revision: int, end: int) -> Accounts:
    """Account for all bytes behind a signature.

    Args:
        reader: over ``content``.
        content: the whole file.
        revision: the signature's.
        end: offset of the first byte that the signature does not cover.
    """
    codes: dict[int, tuple[str, ...]] = {}
    whole: list[str] = []
    if any(
        end <= offset < len(content)
        for number in range(revision + 1)
        for offset in _offsets(reader.xrefs.get_xref_data(number))
    ):
        whole.append(BEHIND_SIGNATURE)
    for number in range(revision + 1, reader.xrefs.total_revisions):
        try:
            start, end = end, _end_of(reader, content, number, end)
        except MALFORMED:
            start, end = end, _declared_end(reader, content, number, end)
            codes[number] = (UNEXPLAINED,)
        else:
            if not _explained(reader, content, number, start, end):
                codes[number] = (UNEXPLAINED,)
    if not is_white(content, end):
        whole.append(AFTER_LAST_REVISION)
    return Accounts(codes, tuple(whole))


def touched_by(reader: PdfFileReader, revision: int) -> set[Name]:
    """The objects that a revision wrote or freed; those it lists again unchanged are not."""
    named = {
        name
        for data in _sections(reader.xrefs.get_xref_data(revision))
        for name in data.explicit_refs_in_revision
    }
    return {
        name
        for name in named
        if _location(reader, name, revision) != _location(reader, name, revision - 1)
    }


def containers(reader: PdfFileReader, revision: int) -> set[Name]:
    """The objects that hold the file together and that nothing refers to.

    The streams of cross-references and of objects (ISO 32000-1 §7.5.7, §7.5.8).
    """
    found: set[Name] = set()
    for data in _sections(reader.xrefs.get_xref_data(revision)):
        found |= {(number, 0) for number in data.obj_streams_used}
    for stream in (
        reader.xrefs.get_xref_container_info(revision).stream_ref,
        _hybrid_stream(reader, revision),
    ):
        if stream is not None:
            found.add((stream.idnum, stream.generation))
    return found


def _sections(data: XRefSectionData) -> Iterator[XRefSectionData]:
    yield data
    if data.hybrid is not None:
        yield data.hybrid.xref_data


def _hybrid_stream(reader: PdfFileReader, revision: int) -> generic.Reference | None:
    hybrid = reader.xrefs.get_xref_data(revision).hybrid
    return None if hybrid is None else hybrid.meta_info.stream_ref


def _offsets(data: XRefSectionData) -> Iterator[int]:
    for section in _sections(data):
        for _, offset in section.standard_xrefs.values():
            yield offset


def _location(reader: PdfFileReader, name: Name, revision: int) -> int | ObjStreamRef | None:
    return reader.xrefs.get_historical_ref(generic.Reference(*name, pdf=reader), revision)


def _end_of(reader: PdfFileReader, content: bytes, number: int, start: int) -> int:
    """Where a revision's last line ends."""
    section = reader.xrefs.get_xref_container_info(number)
    if section.start_location < start:
        raise ValueError("a cross-reference section lies before its revision")
    return _trailer(reader, content, number)[1]


def _declared_end(reader: PdfFileReader, content: bytes, number: int, start: int) -> int:
    """The same where the revision cannot be read: up to the next line that may end one."""
    after = max(start, reader.xrefs.get_xref_container_info(number).end_location)
    found = content.find(b"%%EOF", after)
    return start if found < 0 else found + len(b"%%EOF")


def _trailer(reader: PdfFileReader, content: bytes, number: int) -> Span:
    """From the start of a cross-reference section to the end of its last line."""
    section = reader.xrefs.get_xref_container_info(number)
    start = section.start_location
    if section.xref_section_type is XRefSectionType.STREAM:
        end = _extent(reader, content, start, None)[1]
    else:
        # The library has read the word itself before it notes the position.
        start = content.rindex(b"xref", 0, start)
        table = _TABLE.match(content, start)
        if table is None:
            raise ValueError("no cross-reference table")
        reader.stream.seek(table.end())
        with _strictly(reader):
            generic.DictionaryObject.read_from_stream(
                reader.stream, generic.TrailerReference(reader)
            )
        end = reader.stream.tell()
    last = _END.match(content, end)
    if last is None or int(last[1]) != section.declared_startxref:
        raise ValueError("no proper end of a revision")
    return start, last.end()


def _explained(reader: PdfFileReader, content: bytes, number: int, start: int, end: int) -> bool:
    try:
        spans = sorted(_spans(reader, content, number, start, end))
    except MALFORMED:
        return False
    at = start
    for first, last in spans:
        if first < at or not is_white(_COMMENT.sub(b"", content[at:first]), 0):
            return False
        at = last
    return at == end


def _spans(
    reader: PdfFileReader, content: bytes, number: int, start: int, end: int
) -> Iterator[Span]:
    yield _trailer(reader, content, number)
    data = reader.xrefs.get_xref_data(number)
    section = reader.xrefs.get_xref_container_info(number)
    known = {section.start_location}
    if data.hybrid is not None:
        at = data.hybrid.meta_info.start_location
        known.add(at)
        yield _extent(reader, content, at, None)
    for part in _sections(data):
        for idnum, (generation, offset) in part.standard_xrefs.items():
            if offset in known or offset < start:
                continue  # what lies before is an older object, listed again
            if offset >= end:
                raise ValueError("an object outside its revision")
            known.add(offset)
            yield _extent(reader, content, offset, (idnum, generation))
    _check_object_streams(reader, number)


def _extent(reader: PdfFileReader, content: bytes, offset: int, name: Name | None) -> Span:
    """From an object's number to its ``endobj``."""
    while content[offset : offset + 1] and content[offset] in WHITE:
        offset += 1
    header = _HEADER.match(content, offset)
    if header is None or (name is not None and (int(header[1]), int(header[2])) != name):
        raise ValueError("no object where the cross-reference says")
    reader.stream.seek(header.end())
    read_non_whitespace(reader.stream, seek_back=True)
    with _strictly(reader):
        generic.read_object(
            reader.stream, generic.Reference(int(header[1]), int(header[2]), reader)
        )
    read_non_whitespace(reader.stream, seek_back=True)
    end = reader.stream.tell()
    if content[end : end + 6] != b"endobj":
        raise ValueError("an object without an end")
    return offset, end + 6


def _check_object_streams(reader: PdfFileReader, number: int) -> None:
    """That an object stream of a revision holds what its cross-references name, and no more."""
    named: dict[int, set[int]] = {}
    for part in _sections(reader.xrefs.get_xref_data(number)):
        for idnum, place in part.xrefs_in_objstm.items():
            named.setdefault(place.obj_stream_id, set()).add(idnum)
    view = reader.get_historical_resolver(number)
    for stream_number, idnums in named.items():
        stream = view.get_object(generic.Reference(stream_number, 0, view))
        if not isinstance(stream, generic.StreamObject):
            raise ValueError("no object stream")  # noqa: TRY004 - it is the file's fault
        first = int(stream["/First"])
        heads = stream.read_data(DecodePurpose.OBJECT_STREAM)[:first].split()
        held = {int(n) for n in heads[: 2 * int(stream["/N"]) : 2]}
        if held != idnums or len(heads) != 2 * len(held):
            raise ValueError("an object stream holds what nothing names")


@contextlib.contextmanager
def _strictly(reader: PdfFileReader) -> Iterator[None]:
    """Refuse what programs read in different ways, such as a key that stands twice."""
    before, reader.strict = reader.strict, True
    try:
        yield
    finally:
        reader.strict = before
