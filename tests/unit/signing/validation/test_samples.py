"""Files of others: broken, hostile and government's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.signing.made import FIXTURES, NOW, trust

from dossier.reports import Level
from signing.trust import TrustAnchors
from signing.validation.validate import verify, verify_job

SAMPLES = sorted((FIXTURES / "pyhanko").glob("*.pdf"))
GOVERNMENT = FIXTURES.parent / "vn-gov"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_gives_reports_or_none_and_nothing_foreign(sample: Path) -> None:
    for report in verify(sample, trust=trust(), now=NOW):
        assert not report.valid
        assert report.problem


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        ("base", ["signature.empty"]),
        ("one-byterange", ["byte-range.malformed"]),
        ("signature-gap-too-big", ["byte-range.gap"]),
        ("tail-uncovered", ["byte-range.coverage"]),
        ("weird-byterange", ["byte-range.gap"]),
        ("pdf-sig-with-econtent", ["signature.encapsulated"]),
        ("ed448-disallowed-hash", ["algorithm.weak"]),
        ("signed-encrypted-pubkey-with-catalog-ref", ["pdf.encrypted"]),
        ("minimal-with-field", []),
        ("minimal-startxref-hopeless", []),
        ("minimal-hybrid-xref", []),
    ],
)
def test_the_problem_is_named(name: str, problems: list[str]) -> None:
    reports = verify(FIXTURES / "pyhanko" / f"{name}.pdf", trust=trust(), now=NOW)
    assert [report.problem for report in reports] == problems


def test_the_first_signature_of_a_sneaky_form_update_is_not_left_unmarked() -> None:
    first, second = verify(
        FIXTURES / "pyhanko" / "form-update-ap-indirect-sneaky-trailer.pdf",
        trust=trust(),
        now=NOW,
    )
    assert first.changed_later
    assert second.covers_whole_file


def test_all_seven_signatures_of_a_government_paper_are_intact_and_of_an_unknown_root() -> None:
    reports = verify(FIXTURES / "hanoi_tb_453_flag.pdf", trust=TrustAnchors(), now=NOW)
    assert len(reports) == 7
    assert {(r.intact, r.trusted, r.problem) for r in reports} == {
        (True, False, "chain.unknown-root")
    }
    assert all("pdf.hybrid-xref" in r.remarks for r in reports)
    assert sum("digest.sha1" in r.remarks for r in reports) == 6
    assert [r.covers_whole_file for r in reports] == [False] * 6 + [True]
    assert {r.level for r in reports} == {Level.B_T, None}
    assert not any(r.changed_later for r in reports)


@pytest.mark.parametrize("name", ["2450-kgvx", "288-ttg"])
def test_papers_of_the_portal_are_intact_and_of_an_unknown_root(name: str) -> None:
    (report,) = verify_job(
        path=str(GOVERNMENT / f"{name}.pdf"),
        anchors=trust().to_json(),
        now=NOW.isoformat(),
    )
    assert report["intact"]
    assert not report["trusted"]
    assert report["problem"] == "chain.unknown-root"
    assert report["covers_whole_file"]
