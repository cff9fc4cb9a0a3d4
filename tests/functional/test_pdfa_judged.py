"""PDF/A-2u in earnest: written in child processes, judged by veraPDF.

The judge is known to judge: it passes and fails files of the veraPDF corpus, and it fails ours
with one wrong letter.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from functional.cli.running import ROOT
from judges.scans import (
    AT,
    TEXT,
    TITLE,
    bytes_of,
    content,
    embedded_font,
    one_page,
    page,
    pdf_of_inline_picture,
    pdf_of_jpeg_2000,
    picture,
)
from judges.scans import saved as picture_file
from judges.verapdf import Verdict, judge
from PIL import ImageCms

from dossier.errors import RejectedInput
from dossier.reports import PdfaReport
from dossier.spine import MediaType, RecognisedPage
from dossier.written import pdfa_report_from_json, words_to_json
from pages.children import Children
from pages.limits import Limits
from pages.media import media_type

FIXTURES = ROOT / "tests" / "fixtures"
CORPUS = FIXTURES / "pdfa"
GOVERNMENT = FIXTURES / "vn-gov"
SIGNED = ("2450-kgvx.pdf", "288-ttg.pdf")


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children(size=1, memory_bytes=600_000_000) as pool:
        yield pool


def pdf_with(*contents: str) -> bytes:
    with pikepdf.new() as pdf:
        for text in contents:
            on = one_page(pdf)
            on.obj["/Resources"]["/Font"]["/Own"] = embedded_font(pdf, "Born digital text 12")
            content(pdf, on, "q 300 0 0 420 0 0 cm /Im Do Q " + text)
        return bytes_of(pdf)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def scans() -> dict[str, tuple[bytes, list[RecognisedPage]]]:
    """Received files of every kind, and their pages."""
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    frames = [picture("1"), picture("RGB"), picture("L")]
    odd = page(texts=("\u0000a", "\ufeff", "đ\ufffe", "\U0001f600", "e\u0323\u0302", "\ud7ff"))
    return {
        "rgb.jpg": (picture_file(picture(), "JPEG"), [page()]),
        "turned.jpg": (picture_file(picture(), "JPEG", exif=exif), [page(size=(420.0, 300.0))]),
        "upside-down.jpg": (picture_file(picture(), "JPEG"), [page(turn=180)]),
        "odd-words.jpg": (picture_file(picture(), "JPEG"), [odd]),
        "profile.jpg": (picture_file(picture(), "JPEG", icc_profile=SRGB), [page()]),
        "profile.tif": (picture_file(picture(), "TIFF", icc_profile=SRGB), [page()]),
        "jpeg-2000.pdf": (pdf_of_jpeg_2000(), [page()]),
        "smoothed-inline.pdf": (pdf_of_inline_picture(), [page()]),
        "no-words.jpg": (picture_file(picture(), "JPEG"), [page(texts=())]),
        "cmyk.jpg": (picture_file(picture("CMYK"), "JPEG"), [page()]),
        "palette.png": (picture_file(picture("P"), "PNG"), [page()]),
        "clear.png": (picture_file(picture("RGBA"), "PNG"), [page()]),
        "frames.tif": (
            picture_file(frames[0], "TIFF", save_all=True, append_images=frames[1:]),
            [page(n, turn=90 * n) for n in (1, 2, 3)],
        ),
        "fax.tif": (
            picture_file(frames[0], "TIFF", compression="group4", tiffinfo={278: 840}),
            [page()],
        ),
        "scanned.pdf": (pdf_with("BT 3 Tr /Helv 9 Tf 9 9 Td (old layer) Tj ET"), [page()]),
        "stamped.pdf": (
            pdf_with("BT /Own 12 Tf 40 20 Td (Born digital text 12) Tj ET"),
            [page()],
        ),
        "mixed.pdf": (
            pdf_with("", "0 1 1 0 k 9 9 9 9 re f", "BT /Helv 9 Tf 9 9 Td (not there) Tj ET"),
            [page(n) for n in (1, 2, 3)],
        ),
        **{name: ((GOVERNMENT / name).read_bytes(), government_pages(name)) for name in SIGNED},
    }


def government_pages(name: str) -> list[RecognisedPage]:
    with pypdfium2.PdfDocument(GOVERNMENT / name) as pdf:
        return [page(n, size=each.get_size()) for n, each in enumerate(pdf, 1)]


@pytest.fixture(scope="module")
def made(
    children: Children, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, PdfaReport]]:
    """What the job makes of each, in a child as the service runs it."""
    folder = tmp_path_factory.mktemp("pdfa")
    return {
        name: run(children, folder / name, received, pages)
        for name, (received, pages) in scans().items()
    }


def run(
    children: Children, folder: Path, received: bytes, pages: list[RecognisedPage]
) -> tuple[Path, PdfaReport]:
    folder.mkdir()
    (folder / "scan").write_bytes(received)
    out = folder / "out.pdf"
    answer = children.run(
        "ocr.pdfa.job:write_pdfa",
        {
            "media_type": media_type(folder / "scan").value,
            "title": TITLE,
            "created": AT,
            "max_pixels": Limits().max_pixels,
        },
        reads={
            "scan": folder / "scan",
            "words": words_to_json(tuple(pages), engine="none"),
        },
        writes={"out": out},
        scratch="work",
        deadline=60,
        what="paper of a test",
    )
    return out, pdfa_report_from_json(answer)


@pytest.fixture(scope="module")
def verdicts(
    made: dict[str, tuple[Path, PdfaReport]], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Verdict]:
    """VeraPDF's verdicts, by name, of one start of it: ours, ours spoilt, and its own corpus."""
    folder = tmp_path_factory.mktemp("judged")
    for name, (out, _) in made.items():
        shutil.copy(out, folder / f"{name}.pdf")
    ours = made["rgb.jpg"][0].read_bytes()
    for name, right, wrong in (
        ("spoilt-conformance", b"conformance>U<", b"conformance>X<"),
        ("spoilt-namespace", b"pdfa/ns/id/", b"pdfa/ns/iq/"),
        ("spoilt-part", b"pdfaid:part>2<", b"pdfaid:part>7<"),
    ):
        assert ours.count(right) >= 1
        (folder / f"{name}.pdf").write_bytes(ours.replace(right, wrong))
    for file in CORPUS.glob("*.pdf"):
        shutil.copy(file, folder / file.name)
    return {file.stem: verdict for file, verdict in judge(folder.iterdir()).items()}


def test_the_judge_passes_what_is_good_and_fails_what_is_bad(
    verdicts: Mapping[str, Verdict],
) -> None:
    corpus = {name: verdict for name, verdict in verdicts.items() if name.startswith("verapdf-")}
    assert {name: "-pass-" in name for name in corpus} == {
        name: verdict.compliant for name, verdict in corpus.items()
    }
    assert sorted(v.compliant for v in corpus.values()) == [False, False, True, True]


def test_what_the_job_says_has_passed_has_passed(
    made: dict[str, tuple[Path, PdfaReport]], verdicts: Mapping[str, Verdict]
) -> None:
    assert [name for name, (_, report) in made.items() if not report.passed] == []
    assert {name: verdicts[name].broken for name in made if not verdicts[name]} == {}


def test_one_wrong_letter_does_not_pass(verdicts: Mapping[str, Verdict]) -> None:
    spoilt = {name: verdict for name, verdict in verdicts.items() if name.startswith("spoilt")}
    assert len(spoilt) == 3
    assert not any(spoilt.values())
    assert all(any("6.6" in rule for rule in verdict.broken) for verdict in spoilt.values())


def test_dropped_content_is_reported(made: dict[str, tuple[Path, PdfaReport]]) -> None:
    redrawn = {name: report.drawn_anew for name, (_, report) in made.items() if report.drawn_anew}
    assert redrawn == {"mixed.pdf": (2, 3)}


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_scan_keeps_its_picture_and_shows_its_signatures_without_being_signed(
    made: dict[str, tuple[Path, PdfaReport]], name: str
) -> None:
    out, _ = made[name]
    with pikepdf.open(GOVERNMENT / name) as before, pikepdf.open(out) as after:
        assert "/AcroForm" in before.Root
        assert "/AcroForm" not in after.Root
        assert not any("/Annots" in each.obj for each in after.pages)
        assert fax_streams(before) == fax_streams(after) != []
    with pypdfium2.PdfDocument(out) as pdf:
        text = " ".join(pdf[0].get_textpage().get_text_range().split())
        assert "CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ" in text  # the stamp's own text, once
        assert text.count("CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ") == 1
        for word in TEXT:
            assert word in text


def fax_streams(pdf: pikepdf.Pdf) -> list[bytes]:
    return sorted(
        o.read_raw_bytes()
        for o in pdf.objects
        if isinstance(o, pikepdf.Stream) and "CCITTFax" in str(o.get("/Filter"))
    )


def test_errors_cross_from_the_child(children: Children, tmp_path: Path) -> None:
    with pytest.raises(RejectedInput) as error:
        run(children, tmp_path / "broken", b"%PDF-1.7 and no more", [page()])
    assert error.value.code == "scan.damaged"
    assert MediaType.PDF.value not in error.value.message
