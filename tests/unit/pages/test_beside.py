"""What a PDF carries beside its pages is refused or named, never passed over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf, String

from dossier.errors import RejectedInput
from dossier.spine import MediaType
from pages.beside import attachments
from pages.inspect import inspect
from pages.limits import Limits


def made(path: Path, change: Callable[[Pdf], None]) -> Path:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(300, 400))
        change(pdf)
        pdf.save(path)
    return path


def refused(path: Path) -> str:
    with pytest.raises(RejectedInput) as caught:
        inspect(path=str(path), media_type=MediaType.PDF.value, limits=Limits().to_json())
    return caught.value.code


def attach(pdf: Pdf, name: str = "bảng kê.xlsx", size: int = 11_500) -> None:
    pdf.attachments[name] = AttachedFileSpec(pdf, bytes(size), filename=name)


def portfolio(pdf: Pdf) -> None:
    attach(pdf)
    pdf.Root.Collection = Dictionary(Type=Name.Collection, View=Name.D)


def xfa(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=String("<xdp/>"))


def xfa_with_fields(pdf: Pdf) -> None:
    field = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("a")))
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), XFA=String("<xdp/>"))


def xfa_to_be_drawn(pdf: Pdf) -> None:
    xfa_with_fields(pdf)
    pdf.Root.NeedsRendering = True


def test_a_portfolio_and_a_dynamic_form_are_refused(tmp_path: Path) -> None:
    assert refused(made(tmp_path / "a.pdf", portfolio)) == "scan.portfolio"
    assert refused(made(tmp_path / "b.pdf", xfa)) == "scan.dynamic-form"
    assert refused(made(tmp_path / "c.pdf", xfa_to_be_drawn)) == "scan.dynamic-form"


def test_a_form_with_fields_on_its_pages_is_taken(tmp_path: Path) -> None:
    path = made(tmp_path / "a.pdf", xfa_with_fields)
    facts = inspect(path=str(path), media_type=MediaType.PDF.value, limits=Limits().to_json())
    assert facts["pages"] == [[300, 400]]


def test_attached_files_are_named_with_their_size(tmp_path: Path) -> None:
    path = made(tmp_path / "a.pdf", attach)
    assert attachments(path) == ("bảng kê.xlsx (12 KB)",)


def test_a_file_attached_to_a_page_is_named(tmp_path: Path) -> None:
    def note(pdf: Pdf) -> None:
        stream = pdf.make_stream(b"x" * 3000)
        file = pdf.make_indirect(
            Dictionary(Type=Name.Filespec, F=String("don.docx"), EF=Dictionary(F=stream))
        )
        pdf.pages[0].obj.Annots = Array(
            [Dictionary(Subtype=Name.FileAttachment, FS=file, Rect=Array([0, 0, 9, 9]))]
        )

    (name,) = attachments(made(tmp_path / "a.pdf", note))
    assert name.startswith("don.docx (")


def test_a_plain_pdf_carries_nothing(tmp_path: Path) -> None:
    assert attachments(made(tmp_path / "a.pdf", lambda _: None)) == ()
