"""The verdict on files with updates, honest and hostile, kind by kind."""

# mypy: allow-untyped-calls
# pyHanko ships types, but its PDF objects' constructors have none.

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from unit.signing import tampering
from unit.signing.made import (
    FIXTURES,
    NOW,
    countersigned,
    one,
    signed,
    signed_for_long,
    timestamped,
    trust,
    updated,
)

from dossier.reports import Verdict
from signing.trust import TrustAnchors
from signing.validation.changes import Update, updates_after
from signing.validation.validate import verify

CASES = FIXTURES / "verdicts"
CASES_AT = datetime(2026, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.pdf")))
def test_published_cases(name: str) -> None:
    reports = verify(CASES / f"{name}.pdf", trust=TrustAnchors.from_folder(CASES), now=CASES_AT)
    if name.startswith("tail"):
        assert {r.verdict for r in reports} == {Verdict.ALTERED}
    else:
        assert all(r.valid for r in reports)
        later = len(reports) > 1 or "timestamp" in name
        first = Verdict.CHANGED_AS_ALLOWED if later else Verdict.UNCHANGED
        assert reports[0].verdict is first
        assert reports[0].allowed_changes == (
            () if not later else ("timestamp",) if "timestamp" in name else ("signature",)
        )


_OBJECT = b"4 0 obj\n<< /Length 29 >>\nstream\nBT (Tra no 9 999 dong) Tj ET\nendstream\nendobj\n"


def _start(content: bytes) -> bytes:
    return re.findall(rb"startxref\s+(\d+)", content)[-1]  # type: ignore[no-any-return]


def _tail(kind: str, content: bytes) -> bytes:
    """What an attacker appends for programs that read another cross-reference than pyHanko."""
    at, old = len(content), _start(content)
    entry = b"%010d 00000 n \n" % at
    table = b"xref\n4 1\n" + entry + b"trailer\n<< /Root 1 0 R /Size 99 /Prev " + old + b" >>\n"
    return {
        "objects alone": _OBJECT,
        "old startxref": _OBJECT + table + b"startxref\n" + old + b"\n%%EOF\n",
        "false end": _OBJECT + table + b"startxref\n%d %%x" % (at + len(_OBJECT)),
        "table without startxref": _OBJECT + table,
        "comment": b"% " + _OBJECT.replace(b"\n", b" ") + b"\n",
        "second file": (FIXTURES / "upright.pdf").read_bytes(),
        "unreadable table": _OBJECT + b"startxref\n%d\n%%%%EOF\n" % (at + 3),
        "encryption": b"9 0 obj\n<</Filter/Standard/V 1/R 2/P -1/O(a)/U(b)>>\nendobj\n"
        b"xref\n9 1\n"
        + entry
        + b"trailer\n<< /Root 1 0 R /Size 99 /Encrypt 9 0 R /Prev "
        + old
        + b" >>\nstartxref\n%d\n%%%%EOF\n" % (at + 52),
        "one letter": b"x",
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "objects alone",
        "old startxref",
        "false end",
        "table without startxref",
        "comment",
        "second file",
        "unreadable table",
        "encryption",
        "one letter",
    ],
)
def test_an_appended_tail_is_altered(kind: str) -> None:
    for content in (signed(), timestamped(signed())):
        reports = verify(content + _tail(kind, content), trust=trust(), now=NOW)
        assert reports
        assert {r.verdict for r in reports} == {Verdict.ALTERED}


def test_white_space_behind_the_last_line_changes_nothing() -> None:
    report = one(signed() + b"\r\n \0\n")
    assert (report.verdict, report.valid) == (Verdict.UNCHANGED, True)


@pytest.mark.parametrize("kind", ["objects alone", "comment"])
def test_a_tail_that_a_later_signature_covers_stays_altered(kind: str) -> None:
    # The library appends behind the tail, and the old cross-reference is followed from there.
    tailed = signed() + _tail(kind, signed())
    tailed += b"startxref\n" + _start(signed()) + b"\n%%EOF\n"
    first, second = verify(countersigned(tailed), trust=trust(), now=NOW)
    assert second.verdict is Verdict.UNCHANGED
    assert (first.verdict, first.changed_later) == (Verdict.ALTERED, ("bytes.unexplained",))


def _payload(writer: IncrementalPdfFileWriter) -> None:
    writer.add_object(generic.StreamObject(stream_data=b"BT (9 999) Tj ET"))
    writer.update_root()


def test_an_update_with_a_payload_that_nothing_refers_to_is_altered() -> None:
    report = one(updated(signed(), _payload))
    assert (report.verdict, report.valid) == (Verdict.ALTERED, False)
    assert "objects.unreferenced" in report.changed_later
    first, _ = verify(countersigned(updated(signed(), _payload)), trust=trust(), now=NOW)
    assert (first.verdict, first.undecided) == (Verdict.UNDECIDED, ("objects.unreferenced",))


@pytest.mark.parametrize("place", ["signature", "timestamp"])
def test_filled_padding_of_contents_is_altered(place: str) -> None:
    content = timestamped(signed())
    gaps = list(re.finditer(rb"<[0-9a-fA-F]{1000,}>", content))
    gap = gaps[0] if place == "signature" else gaps[-1]
    filled = content[: gap.end() - 41] + b"deadbeef" * 5 + content[gap.end() - 1 :]
    reports = verify(filled, trust=trust(), now=NOW)
    assert any(r.verdict is Verdict.ALTERED for r in reports)
    assert {r.problem for r in reports} & {"contents.padding", "document-timestamp.broken"}


def test_a_document_timestamp_that_shows_something_is_altered() -> None:
    """Anybody can have a timestamp made, so its field may not paint over the page."""
    (report,) = verify(timestamped(signed(), box=(50, 50, 300, 200)), trust=trust(), now=NOW)
    assert (report.verdict, report.valid) == (Verdict.ALTERED, False)


def test_further_looks_for_a_signed_field_are_altered() -> None:
    def add(writer: IncrementalPdfFileWriter) -> None:
        field = tampering.stamp_of(writer)
        widget = generic.DictionaryObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
                generic.pdf_name("/Subtype"): generic.pdf_name("/Widget"),
                generic.pdf_name("/Rect"): generic.ArrayObject(
                    [generic.NumberObject(n) for n in (0, 0, 500, 500)]
                ),
                generic.pdf_name("/AP"): field.raw_get("/AP"),
                generic.pdf_name("/Parent"): writer.root["/AcroForm"]["/Fields"].raw_get(0),
            }
        )
        reference = writer.add_object(widget)
        field["/Kids"] = generic.ArrayObject([reference])
        writer.update_container(field)
        page, _ = writer.find_page_for_modification(0)
        writer.register_annotation(page, reference)

    first, second = verify(countersigned(updated(signed(), add)), trust=trust(), now=NOW)
    assert (first.verdict, second.verdict) == (Verdict.ALTERED, Verdict.UNCHANGED)
    assert "stamp" in first.changed_later


def test_a_broken_stream_of_validation_data_is_undecided() -> None:
    def break_it(writer: IncrementalPdfFileWriter) -> None:
        stream = generic.StreamObject(
            {generic.pdf_name("/Filter"): generic.pdf_name("/FlateDecode")},
            encoded_data=b"not deflated",
        )
        writer.root["/DSS"] = generic.DictionaryObject(
            {generic.pdf_name("/CRLs"): generic.ArrayObject([writer.add_object(stream)])}
        )
        writer.update_root()

    report = one(updated(signed(), break_it))
    assert (report.intact, report.verdict) == (True, Verdict.UNDECIDED)
    assert "dss.unreadable" in report.undecided


def test_payload_in_validation_data_is_undecided() -> None:
    def hide(writer: IncrementalPdfFileWriter) -> None:
        stream = generic.StreamObject(stream_data=b"4 0 obj <</Length 9>> stream")
        writer.root["/DSS"] = generic.DictionaryObject(
            {generic.pdf_name("/Certs"): generic.ArrayObject([writer.add_object(stream)])}
        )
        writer.update_root()

    assert one(updated(signed(), hide)).verdict is Verdict.UNDECIDED


def test_a_key_that_stands_twice_in_an_update_is_altered() -> None:
    content = updated(signed(), tampering.nothing)
    at = content.rindex(b"/Type /Catalog")
    doubled = content[:at] + b"/Type /Catalog /Type /Catalog" + content[at + 14 :]
    # The cross-reference of the update moves with what was put in before it.
    old = int(_start(content))
    doubled = doubled.replace(b"startxref\n%d" % old, b"startxref\n%d" % (old + 15))
    report = one(doubled)
    assert (report.verdict, report.changed_later) == (Verdict.ALTERED, ("bytes.unexplained",))


def test_a_file_with_only_a_document_timestamp_has_a_report() -> None:
    content = timestamped((FIXTURES / "upright.pdf").read_bytes())
    report = one(content)
    assert (report.is_timestamp, report.valid) == (True, True)
    assert report.verdict is Verdict.UNCHANGED
    tail = one(content + b"4 0 obj null endobj")
    assert (tail.verdict, tail.valid) == (Verdict.ALTERED, False)


def test_a_file_for_the_long_term_is_changed_as_allowed_and_its_chain_was_checked() -> None:
    report = one(signed_for_long(revoked=False))
    assert report.verdict is Verdict.CHANGED_AS_ALLOWED
    assert set(report.allowed_changes) == {"validation-data", "timestamp"}
    assert report.revocation_checked
    assert report.remarks == ()


def test_several_signatures_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def counted(reader: PdfFileReader, revision: int) -> tuple[Update, ...]:
        calls.append(revision)
        return updates_after(reader, revision)

    monkeypatch.setattr("signing.validation.validate.updates_after", counted)
    content = signed()
    for number in range(3):
        content = countersigned(content, name=f"Further{number}")
    reports = verify(content, trust=trust(), now=NOW)
    assert [r.valid for r in reports] == [True] * 4
    assert len(calls) == 1
