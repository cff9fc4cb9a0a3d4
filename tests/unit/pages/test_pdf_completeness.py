"""Pictures that lack data are found in all places from which a PDF draws, and however packed."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from planted.stroke_pages import SIZE, fax, pdf, saved, sheet

from dossier.spine import MediaType
from pages.completeness import doubts

JPEG = saved(sheet(), "JPEG")
HALF = JPEG[: len(JPEG) // 2] + b"\xff\xd9"


def found(path: Path) -> bool:
    return bool(doubts(path, MediaType.PDF, 1, max_pixels=100_000_000))


def _form(made: pikepdf.Pdf, **entries: object) -> pikepdf.Object:
    """A form that draws what the page draws, with the page's resources."""
    form = made.make_stream(made.pages[0].obj.Contents.read_bytes())
    form.Resources = made.pages[0].obj.Resources
    form.BBox = Array([0, 0, 595, 842])
    for name, value in entries.items():
        form[f"/{name}"] = value
    return form


def in_form(made: pikepdf.Pdf) -> None:
    form = _form(made, Type=Name.XObject, Subtype=Name.Form)
    made.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Fm=form))


def in_annotation(made: pikepdf.Pdf) -> None:
    form = _form(made, Type=Name.XObject, Subtype=Name.Form)
    note = Dictionary(Subtype=Name.Stamp, Rect=[0, 0, 595, 842], F=4, AP=Dictionary(N=form))
    made.pages[0].obj.Annots = Array([made.make_indirect(note)])
    made.pages[0].obj.Resources = Dictionary()


def in_pattern(made: pikepdf.Pdf) -> None:
    form = _form(made, PatternType=1, PaintType=1, TilingType=1, XStep=595, YStep=842)
    made.pages[0].obj.Resources = Dictionary(Pattern=Dictionary(P=form))


def in_soft_mask(made: pikepdf.Pdf) -> None:
    form = _form(made, Type=Name.XObject, Subtype=Name.Form)
    state = Dictionary(SMask=Dictionary(S=Name.Luminosity, G=form))
    made.pages[0].obj.Resources = Dictionary(ExtGState=Dictionary(G=state))


@pytest.mark.parametrize("place", [in_form, in_annotation, in_pattern, in_soft_mask])
def test_pictures_are_found_where_a_page_draws_them(
    tmp_path: Path, place: Callable[[pikepdf.Pdf], None]
) -> None:
    for data, lacks in ((JPEG, False), (HALF, True)):
        path = pdf(tmp_path / "a.pdf", data, Filter=Name.DCTDecode)
        with pikepdf.open(path, allow_overwriting_input=True) as made:
            place(made)
            made.save(path)
        assert found(path) == lacks


def test_a_picture_packed_twice_is_checked(tmp_path: Path) -> None:
    group4 = fax(sheet("1"))
    parameters = Dictionary(K=-1, Columns=SIZE[0])
    packed: dict[str, tuple[Callable[[bytes], bytes], Name, Name, bytes]] = {
        "85": (lambda d: base64.a85encode(d) + b"~>", Name.ASCII85Decode, Name.DCTDecode, JPEG),
        "flate": (zlib.compress, Name.FlateDecode, Name.DCTDecode, JPEG),
        "fax": (zlib.compress, Name.FlateDecode, Name.CCITTFaxDecode, group4),
    }
    for name, (pack, outer, inner, data) in packed.items():
        entries: dict[str, Any] = {"Filter": Array([outer, inner])}
        if inner == Name.CCITTFaxDecode:
            entries |= {"BitsPerComponent": 1, "DecodeParms": Array([Dictionary(), parameters])}
        path = tmp_path / f"{name}.pdf"
        whole = pack(data)
        assert not found(pdf(path, whole, **entries)), name
        assert found(pdf(path, pack(data[: len(data) // 2]), **entries)), name
        assert found(pdf(path, whole[: len(whole) // 2], **entries)), name
        assert found(pdf(path, whole[: len(whole) // 2] + bytes(len(whole) // 2), **entries)), name


def test_a_picture_of_fewer_rows_than_stated_is_found(tmp_path: Path) -> None:
    for kind, name in (("JPEG", Name.DCTDecode), ("JPEG2000", Name.JPXDecode)):
        data = saved(sheet(), kind)
        assert not found(pdf(tmp_path / "a.pdf", data, Filter=name))
        assert found(pdf(tmp_path / "b.pdf", data, Filter=name, Height=2 * SIZE[1]))


def test_run_lengths(tmp_path: Path) -> None:
    pixels = sheet().tobytes()
    runs = b"".join(
        bytes([len(part) - 1]) + part
        for part in (pixels[at : at + 128] for at in range(0, len(pixels), 128))
    )
    entries = {"Filter": Name.RunLengthDecode}
    assert not found(pdf(tmp_path / "a.pdf", runs + b"\x80", **entries))
    assert found(pdf(tmp_path / "b.pdf", runs[: len(runs) // 2] + b"\x80", **entries))
