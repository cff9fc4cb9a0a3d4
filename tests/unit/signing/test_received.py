"""Which papers that arrived signed the office may sign again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.signing.made import one, signed, trust

from dossier.errors import RejectedInput
from signing.received import check_countersigning, countersigning_doubts
from signing.trust import TrustAnchors


def test_an_intact_paper_of_an_unknown_root_is_signed() -> None:
    report = one(signed(), anchors=TrustAnchors())
    assert countersigning_doubts([report], what="paper 1") == ()
    assert trust().roots


def test_an_altered_paper_is_rejected() -> None:
    altered = one(signed() + b"4 0 obj null endobj")
    with pytest.raises(RejectedInput) as caught:
        countersigning_doubts([one(signed()), altered], what="paper 1")
    assert caught.value.code == "scan.signature-altered"


@pytest.mark.parametrize("remark", ["pdf.hybrid-xref", "digest.sha1"])
def test_a_paper_that_programs_show_differently_goes_to_review(remark: str) -> None:
    report = replace(one(signed()), remarks=(remark,))
    assert countersigning_doubts([report], what="paper 1") == ("signatures.doubtful",)


@pytest.mark.parametrize("remark", ["pdf.hybrid-xref", "digest.sha1"])
def test_no_review_lets_it_be_countersigned(remark: str) -> None:
    check_countersigning([one(signed())], what="paper 1")
    with pytest.raises(RejectedInput) as caught:
        check_countersigning([replace(one(signed()), remarks=(remark,))], what="paper 1")
    assert caught.value.code == "scan.not-countersigned"


def test_an_undecided_paper_goes_to_review() -> None:
    report = replace(one(signed()), undecided=("comparison.failed",))
    assert countersigning_doubts([report], what="paper 1") == ("signatures.doubtful",)
