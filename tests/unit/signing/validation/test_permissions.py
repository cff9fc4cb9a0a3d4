"""Changes that the certifying signature allows, and those it does not."""

# mypy: allow-untyped-calls
# pyHanko ships types, but its PDF objects' constructors have none.

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata
from unit.signing import tampering
from unit.signing.made import (
    NOW,
    UPRIGHT,
    countersigned,
    pdf_signer,
    revocation_list,
    timestamped,
    trust,
    updated,
    with_lists,
)

from dossier.reports import Verdict
from signing.validation.validate import verify


def _form(writer: IncrementalPdfFileWriter) -> None:
    field = generic.DictionaryObject(
        {
            generic.pdf_name("/FT"): generic.pdf_name("/Tx"),
            generic.pdf_name("/T"): generic.pdf_string("amount"),
        }
    )
    writer.root["/AcroForm"] = generic.DictionaryObject(
        {generic.pdf_name("/Fields"): generic.ArrayObject([writer.add_object(field)])}
    )
    writer.update_root()


def _fill(writer: IncrementalPdfFileWriter) -> None:
    fields = writer.root["/AcroForm"]["/Fields"]
    (field,) = [f for f in (fields[i] for i in range(len(fields))) if f["/T"] == "amount"]
    field["/V"] = generic.pdf_string("1 000")
    writer.update_container(field)


def _certified(permission: MDPPerm | None) -> bytes:
    output = io.BytesIO()
    metadata = PdfSignatureMetadata(
        field_name="Certified",
        subfilter=SigSeedSubFilter.PADES,
        certify=permission is not None,
        docmdp_permissions=permission or MDPPerm.FILL_FORMS,
    )
    pdf_signer(metadata).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(updated(UPRIGHT.read_bytes(), _form))), output=output
    )
    return output.getvalue()


_ALLOWED, _ALTERED = Verdict.CHANGED_AS_ALLOWED, Verdict.ALTERED


@pytest.mark.parametrize(
    ("permission", "change", "verdict"),
    [
        (MDPPerm.FILL_FORMS, None, _ALLOWED),
        (MDPPerm.FILL_FORMS, _fill, _ALLOWED),
        (MDPPerm.FILL_FORMS, tampering.annotate, _ALTERED),
        (MDPPerm.FILL_FORMS, tampering.paint, _ALTERED),
        (MDPPerm.ANNOTATE, tampering.annotate, _ALLOWED),
        (MDPPerm.ANNOTATE, tampering.paint, _ALTERED),
        (None, _fill, Verdict.UNDECIDED),
        (None, tampering.annotate, _ALTERED),
        (None, None, _ALLOWED),
    ],
)
def test_changes_before_a_further_signature(
    permission: MDPPerm | None,
    change: Callable[[IncrementalPdfFileWriter], None] | None,
    verdict: Verdict,
) -> None:
    content = _certified(permission)
    if change is not None:
        content = updated(content, change)
    first, second = verify(countersigned(content), trust=trust(), now=NOW)
    assert first.verdict is verdict
    assert first.valid == (verdict is _ALLOWED)
    assert second.verdict is Verdict.UNCHANGED


def test_no_changes_allows_validation_data_and_timestamps() -> None:
    content = timestamped(with_lists(_certified(MDPPerm.NO_CHANGES), revocation_list()))
    (report,) = verify(content, trust=trust(), now=NOW)
    assert (report.verdict, report.valid) == (_ALLOWED, True)
    assert set(report.allowed_changes) == {"validation-data", "timestamp"}


def test_no_changes_allows_no_filling() -> None:
    content = timestamped(updated(_certified(MDPPerm.NO_CHANGES), _fill))
    (report,) = verify(content, trust=trust(), now=NOW)
    assert (report.verdict, report.changed_later) == (_ALTERED, ("form.values",))


def test_filling_a_form_without_a_signature_at_the_end_is_undecided() -> None:
    (report,) = verify(updated(_certified(MDPPerm.FILL_FORMS), _fill), trust=trust(), now=NOW)
    assert (report.verdict, report.valid) == (Verdict.UNDECIDED, False)
    assert report.undecided == ("update.unsigned",)
