"""What is refused before the key is touched."""

# mypy: allow-untyped-calls
# pyHanko ships types, but its PDF objects' constructors have none.

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf
from unit.signing.made import (
    FIXTURES,
    STAMP,
    UPRIGHT,
    FixedClock,
    key,
    signed,
    signer,
    trust,
    updated,
)
from unit.signing.tampering import nothing

from dossier.errors import Misconfigured, RejectedInput
from dossier.ports import TimeSource
from signing.approval import Approval
from signing.pkcs12_signer import Pkcs12Signer


class _NeverAsked:
    def timestamp(self, request: bytes) -> bytes:  # noqa: ARG002 - the port's
        raise AssertionError("a refused file must not reach the authority")


def _refused(file: Path, folder: Path) -> str:
    source: TimeSource = _NeverAsked()
    with pytest.raises(RejectedInput) as caught:
        signer(source).sign(file, folder / "out.pdf", stamp=STAMP)
    assert not (folder / "out.pdf").exists()
    return caught.value.code


def _annotation(pdf: Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9])
    pdf.pages[0].Annots = Array([pdf.make_indirect(note)])


def _bookmark(pdf: Pdf, action: Dictionary) -> None:
    item = pdf.make_indirect(Dictionary(Title=b"x", A=action))
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=item, Last=item, Count=1))


def _script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=b"app.alert(1)")


PLANTED: dict[str, tuple[Callable[[Pdf], None], str]] = {
    "form": (lambda p: setattr(p.Root, "AcroForm", Dictionary(Fields=[])), "pdf.form"),
    "permissions": (lambda p: setattr(p.Root, "Perms", Dictionary()), "pdf.already-signed"),
    "store": (lambda p: setattr(p.Root, "DSS", Dictionary()), "pdf.already-signed"),
    "annotation": (_annotation, "pdf.annotations"),
    "layers": (
        lambda p: setattr(p.Root, "OCProperties", Dictionary(OCGs=[])),
        "pdf.optional-content",
    ),
    "open action": (lambda p: setattr(p.Root, "OpenAction", _script()), "pdf.actions"),
    "page action": (lambda p: setattr(p.pages[0], "AA", Dictionary(O=_script())), "pdf.actions"),
    "bookmark": (lambda p: _bookmark(p, _script()), "pdf.actions"),
    "script": (
        lambda p: setattr(p.Root, "Names", p.make_indirect(Dictionary(JavaScript=Dictionary()))),
        "pdf.javascript",
    ),
    "file": (
        lambda p: setattr(p.Root, "Names", Dictionary(EmbeddedFiles=Dictionary(Names=[]))),
        "pdf.embedded-files",
    ),
    "associated file": (lambda p: setattr(p.Root, "AF", Array([])), "pdf.embedded-files"),
    "portfolio": (lambda p: setattr(p.Root, "Collection", Dictionary()), "pdf.embedded-files"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_could_change_its_looks_is_refused(name: str, tmp_path: Path) -> None:
    plant, code = PLANTED[name]
    file = tmp_path / "planted.pdf"
    with pikepdf.open(UPRIGHT) as pdf:
        plant(pdf)
        pdf.save(file)
    assert _refused(file, tmp_path) == code


def test_a_file_made_by_the_same_writer_without_the_plant_is_signed(tmp_path: Path) -> None:
    file = tmp_path / "plain.pdf"
    with pikepdf.open(UPRIGHT) as pdf:
        _bookmark(pdf, Dictionary(S=Name.GoTo, D=[pdf.pages[0].obj, Name.Fit]))
        pdf.pages[0].Annots = Array([])
        pdf.save(file)
    signer().sign(file, tmp_path / "out.pdf", stamp=STAMP)


def test_a_signed_file_is_not_signed_again(tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(signed())
    assert _refused(file, tmp_path) == "pdf.already-signed"


def test_a_file_with_an_earlier_revision_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "updated.pdf"
    file.write_bytes(updated(UPRIGHT.read_bytes(), nothing))
    assert _refused(file, tmp_path) == "pdf.revisions"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("minimal-aes256", "pdf.encrypted"),
        ("minimal-hybrid-xref", "pdf.hybrid-xref"),
        ("minimal-startxref-hopeless", "pdf.unreadable"),
        ("circular-page-tree", "pdf.unreadable"),
        ("no-mediabox", "pdf.page-box"),
        ("minimal-signed-twice-no-sig-type", "pdf.already-signed"),
    ],
)
def test_files_of_others_are_refused(name: str, code: str, tmp_path: Path) -> None:
    assert _refused(FIXTURES / "pyhanko" / f"{name}.pdf", tmp_path) == code


def test_a_visible_stamp_needs_a_font(tmp_path: Path) -> None:
    plain = Pkcs12Signer(
        key(),
        time_source=_NeverAsked(),
        clock=FixedClock(),
        stamp_font=None,
        approval=Approval(trust),
    )
    with pytest.raises(Misconfigured) as caught:
        plain.sign(UPRIGHT, tmp_path / "out.pdf", stamp=STAMP)
    assert caught.value.code == "stamp.font-missing"
