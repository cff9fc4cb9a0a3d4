"""Signing keeps PDF/A-2u, judged by veraPDF."""

from __future__ import annotations

from pathlib import Path

import pikepdf
from judges.verapdf import judge
from unit.signing.made import FIXTURES, STAMP, signer

_PAGES = ("upright", "turned-90", "turned-180", "turned-270")


def _signed(name: str, folder: Path) -> Path:
    out = folder / f"{name}.pdf"
    signer().sign(FIXTURES / f"{name}.pdf", out, stamp=STAMP)
    return out


def test_signed_pages_stay_pdf_a_2u_however_they_are_turned(tmp_path: Path) -> None:
    files = [_signed(name, tmp_path) for name in _PAGES]
    invisible = tmp_path / "invisible.pdf"
    signer().sign(FIXTURES / "upright.pdf", invisible, stamp=None)
    # The validator must refuse the same file with wrong font widths.
    wrong = tmp_path / "wrong.pdf"
    with pikepdf.open(files[0]) as pdf:
        drawn = pdf.pages[0].Annots[0].AP.N.Resources.Font["/F"].DescendantFonts[0]
        drawn.W = pikepdf.Array([0, pikepdf.Array([9] * 200)])
        pdf.save(wrong)
    verdicts = judge([*files, invisible, wrong])
    assert [bool(verdicts[file]) for file in [*files, invisible, wrong]] == [True] * 5 + [False]
