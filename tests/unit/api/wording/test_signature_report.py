"""The report that a person reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from api.wording.signature_report import as_html, as_text, report_rows, verdict_sentence
from dossier.reports import Level, SignatureReport

HANOI = timezone(timedelta(hours=7))


def _report(**changed: object) -> SignatureReport:
    return SignatureReport(
        **{  # type: ignore[arg-type]
            "signer": "Người <Thử>",
            "signed_at": datetime(2026, 10, 8, 2, 15, tzinfo=UTC),
            "level": Level.B_T,
            "intact": True,
            "trusted": True,
            "covers_whole_file": True,
            **changed,
        }
    )


@pytest.mark.parametrize(
    ("changed", "vietnamese", "indication"),
    [
        ({}, "Nội dung không thay đổi sau khi ký; chứng thư đáng tin cậy.", "TOTAL-PASSED"),
        ({"trusted": False, "problem": "chain.unknown-root"}, "chưa đáng tin cậy", "INDETERMINATE"),
        ({"covers_whole_file": False}, "chỉ có bổ sung được phép", "TOTAL-PASSED"),
        ({"changed_later": ("pages.content",)}, "BỊ SỬA", "TOTAL-FAILED"),
        ({"undecided": ("comparison.failed",)}, "Không kết luận được", "INDETERMINATE"),
    ],
)
def test_one_sentence_of_verdict(
    changed: dict[str, object], vietnamese: str, indication: str
) -> None:
    report = _report(**changed)
    assert vietnamese in verdict_sentence(report)[0]
    assert verdict_sentence(report)[1].endswith(".")
    assert indication in dict(report_rows(report, zone=HANOI))["ETSI EN 319 102-1"]


def test_times_are_shown_in_the_zone_and_whose_they_are() -> None:
    text = as_text("giấy.pdf", [_report(time_authority="TSA")], zone=HANOI)
    assert "2026-10-08T09:15:00+07:00" in text
    assert "TSA" in text
    assert "theo lời người ký" in as_text("giấy.pdf", [_report()], zone=HANOI)


def test_the_page_escapes_what_a_certificate_says() -> None:
    page = as_html([("a<b>.pdf", [_report()]), ("empty.pdf", [])], zone=HANOI)
    assert "Người &lt;Thử&gt;" in page
    assert "<b>" not in page
    assert "không có chữ ký số" in page
