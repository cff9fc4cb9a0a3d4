"""Reports on files that were changed after they were signed, honestly or not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from judges.pdfsig import all_signed
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from unit.signing import tampering
from unit.signing.made import NOW, countersigned, one, signed, signed_for_long, trust, updated

from dossier.reports import Level, Verdict
from signing.validation.validate import verify


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (tampering.paint, "pages.content"),
        (tampering.turn_page, "pages.content"),
        (tampering.drop_page, "pages.added-or-removed"),
        (tampering.annotate, "annotations"),
        (tampering.move_stamp, "stamp"),
        (tampering.hide_stamp, "stamp"),
        (tampering.replace_stamp, "stamp"),
        (tampering.rewrite_stamp_s_stream, "stamp"),
        (tampering.change_xmp, "metadata.xmp"),
        (tampering.change_info, "metadata.info"),
        (tampering.open_action, "catalogue.actions"),
        (tampering.script_in_names, "catalogue.names"),
        (tampering.layers, "catalogue.layers"),
        (tampering.add_text_field, "form.fields"),
    ],
)
def test_a_later_update_that_changes_the_document_is_altered(
    change: Callable[[IncrementalPdfFileWriter], None], code: str, tmp_path: Path
) -> None:
    tampered = updated(signed(), change)
    assert tampered.startswith(signed())
    report = one(tampered)
    assert report.intact
    assert not report.covers_whole_file
    assert code in report.changed_later
    assert (report.verdict, report.valid) == (Verdict.ALTERED, False)
    file = tmp_path / "tampered.pdf"
    file.write_bytes(tampered)
    assert not all_signed(file)


def test_an_update_after_the_last_signature_is_undecided_even_if_it_changes_nothing() -> None:
    report = one(updated(signed(), tampering.nothing))
    assert not report.covers_whole_file
    assert report.changed_later == ()
    assert report.undecided == ("update.unsigned",)
    assert (report.verdict, report.valid) == (Verdict.UNDECIDED, False)


@pytest.mark.parametrize(
    "change", [tampering.forget_form, tampering.empty_form, tampering.unset_value]
)
def test_a_signature_cannot_be_made_to_vanish(
    change: Callable[[IncrementalPdfFileWriter], None],
) -> None:
    report = one(updated(signed(), change))
    assert report.problem == "signature.orphaned"


def test_rewriting_the_file_leaves_no_valid_signature(tmp_path: Path) -> None:
    file = tmp_path / "rewritten.pdf"
    (tmp_path / "signed.pdf").write_bytes(signed())
    with pikepdf.open(tmp_path / "signed.pdf") as pdf:
        pdf.save(file, linearize=True)
    reports = verify(file, trust=trust(), now=NOW)
    assert reports
    assert not any(r.intact for r in reports)


def test_a_second_honest_signature_leaves_the_first_valid() -> None:
    first, second = verify(countersigned(signed()), trust=trust(), now=NOW)
    assert first.valid
    assert not first.covers_whole_file
    assert second.valid
    assert second.covers_whole_file


def test_a_file_made_to_be_kept_for_the_long_term_is_valid() -> None:
    archived = signed_for_long(revoked=False)
    (report,) = verify(archived, trust=trust(), now=NOW + timedelta(days=30))
    assert (report.level, report.valid, report.changed_later) == (Level.B_LTA, True, ())


def test_a_revoked_certificate_is_not_trusted() -> None:
    (report,) = verify(signed_for_long(revoked=True), trust=trust(), now=NOW + timedelta(days=30))
    assert (report.intact, report.trusted) == (True, False)
    assert report.problem == "chain.revoked"


def test_an_invalid_document_timestamp_is_reported() -> None:
    archived = signed_for_long(revoked=False)
    start = list(re.finditer(rb"<[0-9a-fA-F]{1000,}>", archived))[-1].start()
    at = start + 1200  # inside the token
    reports = verify(
        archived[:at] + b"0123456789" + archived[at + 10 :],
        trust=trust(),
        now=NOW + timedelta(days=30),
    )
    assert len(reports) == 2
    assert not any(r.valid and r.level is Level.B_LTA for r in reports)
