"""Received PDFs: what is kept, what is taken out, and what is drawn anew."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judges.scans import (
    SIZE,
    TEXT,
    bytes_of,
    content,
    embedded_font,
    one_page,
    page,
    picture,
    saved,
    written,
)
from pikepdf import Array, Dictionary, Name, Page, Pdf, Stream
from PIL import Image, ImageChops, ImageStat

from dossier.errors import IntegrityViolation, RejectedInput
from dossier.spine import Box, RecognisedPage, Word

JPEG = saved(picture(), "JPEG", quality=70)
PICTURE = f"q {SIZE[0]} 0 0 {SIZE[1]} 0 0 cm /Im Do Q "
OLD_LAYER = "BT 3 Tr /Helv 12 Tf 40 300 Td (somebody else's layer) Tj ET "


def scanned(change: Callable[[Pdf, Page], None] = lambda _pdf, _page: None) -> bytes:
    """A PDF of one scanned page, changed."""
    with pikepdf.new() as pdf:
        change(pdf, one_page(pdf))
        return bytes_of(pdf)


def made(
    folder: Path,
    received: bytes,
    *pages: RecognisedPage,
    drawn_anew: tuple[int, ...] = (),
    **how: Any,  # noqa: ANN401 - of the job
) -> Path:
    out, report = written(folder, received, "application/pdf", pages or [page()], **how)
    assert report["findings"] == []
    assert report["drawn_anew"] == list(drawn_anew)
    return out


def text_of(out: Path, number: int = 1) -> str:
    with pypdfium2.PdfDocument(out) as pdf:
        return " ".join(pdf[number - 1].get_textpage().get_text_range().split())


def shown(pdf: Path | bytes, number: int = 1) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as opened:
        opened.init_forms()
        image: Image.Image = opened[number - 1].render(scale=1).to_pil().convert("L")
    return image


def difference(one: Path | bytes, other: Path | bytes, number: int = 1) -> float:
    """Mean difference of what two PDFs show, in grey levels."""
    pair = ImageChops.difference(shown(one, number), shown(other, number))
    mean: float = ImageStat.Stat(pair).mean[0]
    return mean


def pictures(out: Path) -> list[bytes]:
    with pikepdf.open(out) as pdf:
        return [
            o.read_raw_bytes()
            for o in pdf.objects
            if isinstance(o, Stream) and o.get("/Subtype") == "/Image"
        ]


def test_the_scanners_picture_is_kept_byte_for_byte(tmp_path: Path) -> None:
    out = made(tmp_path, scanned())
    assert pictures(out) == [JPEG]
    assert text_of(out) == " ".join(TEXT)


@pytest.mark.parametrize("before", [True, False])
def test_somebody_elses_layer_makes_way_for_ours(tmp_path: Path, *, before: bool) -> None:
    both = OLD_LAYER + PICTURE if before else PICTURE + OLD_LAYER
    received = scanned(lambda pdf, on: content(pdf, on, both))
    out = made(tmp_path, received)
    assert text_of(out) == " ".join(TEXT)
    assert pictures(out) == [JPEG]
    with pikepdf.open(out) as pdf:
        assert list(pdf.pages[0].obj["/Resources"]["/Font"].keys()) == ["/SohoaText"]


def test_a_layer_in_a_form_makes_way_too(tmp_path: Path) -> None:
    def change(pdf: Pdf, on: Page) -> None:
        form = Stream(pdf, OLD_LAYER.replace("3 Tr", "").encode())
        form.Type, form.Subtype = Name.XObject, Name.Form
        form.BBox = Array([0, 0, 300, 420])
        form.Resources = Dictionary(Font=on.obj["/Resources"]["/Font"])
        on.obj["/Resources"]["/XObject"]["/Fm"] = pdf.make_indirect(form)
        content(pdf, on, "3 Tr /Fm Do " + PICTURE)

    out = made(tmp_path, scanned(change))
    assert text_of(out) == " ".join(TEXT)
    assert pictures(out) == [JPEG]


def test_text_under_the_picture_makes_way(tmp_path: Path) -> None:
    under = OLD_LAYER.replace("3 Tr", "0 Tr") + PICTURE
    out = made(tmp_path, scanned(lambda pdf, on: content(pdf, on, under)))
    assert text_of(out) == " ".join(TEXT)
    assert pictures(out) == [JPEG]


@pytest.mark.parametrize(
    "shows",
    [
        # The picture covers only a half, is clipped, or shines through: the text is seen.
        "BT /Helv 12 Tf 40 300 Td (seen) Tj ET q 150 0 0 420 0 0 cm /Im Do Q",
        "BT /Helv 12 Tf 40 300 Td (seen) Tj ET q 0 0 90 90 re W n 300 0 0 420 0 0 cm /Im Do Q",
        "BT /Helv 12 Tf 40 300 Td (seen) Tj ET q /Half gs 300 0 0 420 0 0 cm /Im Do Q",
        "q BT 7 Tr /Helv 90 Tf 40 300 Td (seen) Tj ET 300 0 0 420 0 0 cm /Im Do Q",
        PICTURE + "BT /Helv 12 Tf 40 300 Td (seen) Tj ET",
        PICTURE + "BT /Helv 12 Tf 3 Tr 40 300 Td (not) Tj 0 Tr (seen) Tj ET",
    ],
)
def test_seen_text_in_a_font_that_is_not_there_is_drawn(tmp_path: Path, shows: str) -> None:
    def change(pdf: Pdf, on: Page) -> None:
        on.obj["/Resources"]["/ExtGState"] = Dictionary(Half=Dictionary(ca=0.5))
        content(pdf, on, shows)

    received = scanned(change)
    out = made(tmp_path, received, drawn_anew=(1,))
    assert difference(received, out) < 1
    assert text_of(out) == " ".join(TEXT)


def stamped(pdf: Pdf, on: Page, *, text: str = "Received 0042 stamp of the office") -> None:
    """Visible text of its own on a scanned page, in an embedded font."""
    on.obj["/Resources"]["/Font"]["/Own"] = embedded_font(pdf, text)
    content(pdf, on, PICTURE + f"BT 0 Tr /Own 12 Tf 40 20 Td ({text}) Tj ET")


def test_a_pages_own_text_is_kept_and_not_doubled(tmp_path: Path) -> None:
    received = scanned(stamped)
    stamp = Word("Received", Box(41, 392, 84, 404), 0.9, 9)  # as read off the picture
    words = (*page().words, stamp)
    recognised = RecognisedPage(number=1, width=300, height=420, words=words)
    out = made(tmp_path, received, recognised)
    assert difference(received, out) < 0.5
    assert text_of(out) == " ".join((*TEXT, "Received 0042 stamp of the office"))
    with pikepdf.open(out) as pdf:
        own = pdf.pages[0].obj["/Resources"]["/Font"]["/Own"]
        assert b"beginbfchar" in own["/ToUnicode"].read_bytes()
        assert b"bfrange" not in own["/ToUnicode"].read_bytes()


def test_own_text_that_is_not_what_one_reads_is_drawn(tmp_path: Path) -> None:
    received = scanned(
        lambda pdf, on: stamped(pdf, on, text="ubnd xyz qqq www eee rrr ttt yyy uuu iii")
    )
    words = tuple(
        Word(f"chữ{i}", Box(42 + 22 * i, 392, 58 + 22 * i, 404), 0.9, 0) for i in range(9)
    )
    recognised = RecognisedPage(number=1, width=300, height=420, words=words)
    out = made(tmp_path, received, recognised, drawn_anew=(1,))
    assert "xyz" not in text_of(out)


def test_text_of_unknown_meaning_is_drawn(tmp_path: Path) -> None:
    def change(pdf: Pdf, on: Page) -> None:
        stamped(pdf, on)
        on.obj["/Resources"]["/Font"]["/Own"] = embedded_font(pdf, "Received", to_unicode=False)

    made(tmp_path, scanned(change), drawn_anew=(1,))


def test_only_the_page_that_needs_it_is_drawn(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        for number in (1, 2, 3):
            on = one_page(pdf)
            if number == 2:
                content(pdf, on, PICTURE + "0 1 1 0 k 10 10 50 50 re f")  # DeviceCMYK
        received = bytes_of(pdf)
    out = made(
        tmp_path, received, *(page(n, texts=(f"trang-{n}",)) for n in (1, 2, 3)), drawn_anew=(2,)
    )
    assert pictures(out).count(JPEG) == 2
    assert [text_of(out, n) for n in (1, 2, 3)] == ["trang-1", "trang-2", "trang-3"]
    assert difference(received, out, 2) < 1


def everything_active(pdf: Pdf, on: Page) -> None:
    """All that a file which we sign may not hold."""
    action = Dictionary(S=Name.JavaScript, JS="app.alert(1)")
    on.obj["/AA"] = Dictionary(O=action)
    on.obj["/Metadata"] = pdf.make_indirect(Stream(pdf, b"<x/>"))
    look = Stream(pdf, b"1 0 0 rg 0 0 60 40 re f")
    look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 60, 40])
    field = Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T="Signature1", F=4,
        Rect=Array([200, 30, 260, 70]), AP=Dictionary(N=pdf.make_indirect(look)),
    )  # fmt: skip
    stamp = Dictionary(
        Type=Name.Annot, Subtype=Name.Stamp, F=4, Rect=Array([100, 30, 160, 70]),
        AP=Dictionary(N=pdf.make_indirect(look)), A=action,
    )  # fmt: skip
    hidden = Dictionary(
        Type=Name.Annot, Subtype=Name.Text, F=2, Rect=Array([0, 0, 9, 9]), Contents="secret"
    )
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
    signature = pdf.make_indirect(field)
    on.obj["/Annots"] = Array([signature, pdf.make_indirect(stamp), hidden, link])
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array([signature]), SigFlags=3)
    pdf.Root["/OpenAction"] = action
    pdf.Root["/AA"] = Dictionary(WC=action)
    pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([]), D=Dictionary(Name="d", Order=Array([])))
    pdf.Root["/Outlines"] = Dictionary(Type=Name.Outlines, Count=0)
    pdf.Root["/Perms"] = Dictionary(DocMDP=signature)
    pdf.attachments["a.txt"] = b"attached"
    pdf.Root["/Names"]["/JavaScript"] = Dictionary(Names=Array(["x", action]))
    pdf.docinfo["/Author"] = "Nguyen Van An"


def test_nothing_that_we_may_not_sign_is_left_but_what_it_shows(tmp_path: Path) -> None:
    received = scanned(everything_active)
    out = made(tmp_path, received)
    assert difference(received, out) < 0.5
    assert shown(out).getpixel((230, 370)) == shown(out).getpixel((130, 370)) == 76  # both red
    with pikepdf.open(out) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages", "/Metadata", "/OutputIntents", "/Lang"}
        assert set(pdf.pages[0].obj.keys()) == {
            "/Type", "/Parent", "/MediaBox", "/Rotate", "/Contents", "/Resources"
        }  # fmt: skip
    written_out = out.read_bytes()
    for word in (b"JavaScript", b"Annot", b"EmbeddedFile", b"/OC", b"Nguyen", b"secret", b"/Sig"):
        assert word not in written_out


def test_a_field_without_a_look_is_drawn(tmp_path: Path) -> None:
    def change(pdf: Pdf, on: Page) -> None:
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="name", V="filled in", F=4,
                Rect=Array([60, 20, 260, 70]), DA="/Helv 24 Tf 0 g",
            )
        )  # fmt: skip
        on.obj["/Annots"] = Array([field])
        pdf.Root["/AcroForm"] = Dictionary(
            Fields=Array([field]),
            NeedAppearances=True,
            DR=Dictionary(Font=on.obj["/Resources"]["/Font"]),
        )

    received = scanned(change)
    out = made(tmp_path, received, drawn_anew=(1,))
    assert difference(received, out) < 1
    assert difference(scanned(), out) > difference(received, out)


@pytest.mark.parametrize("mark", ["/OC /Layer BDC", "/Layered Do"])
def test_optional_content_is_drawn_as_it_is_shown(tmp_path: Path, mark: str) -> None:
    def change(pdf: Pdf, on: Page) -> None:
        group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="hidden"))
        form = Stream(pdf, b"0 g 0 0 200 200 re f")
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 300, 300])
        form.OC, form.Resources = group, Dictionary()
        on.obj["/Resources"]["/XObject"]["/Layered"] = pdf.make_indirect(form)
        on.obj["/Resources"]["/Properties"] = Dictionary(Layer=group)
        inside = "/Layered Do" if mark.endswith("Do") else f"{mark} 0 g 0 0 200 200 re f EMC"
        content(pdf, on, PICTURE + inside)
        pdf.Root["/OCProperties"] = Dictionary(
            OCGs=Array([group]), D=Dictionary(OFF=Array([group]), Order=Array([group]))
        )

    received = scanned(change)
    out = made(tmp_path, received, drawn_anew=(1,))
    assert difference(received, out) < 1
    assert b"/OC" not in out.read_bytes()


def test_lzw_is_kept_without_loss(tmp_path: Path) -> None:
    # 8 bits: clear, 0 0 0 ... by the shortest way, in codes of 9 bits (ISO 32000-1, 7.4.4.2).
    codes, bits = [256, *([0] * 64), 257], ""
    bits = "".join(f"{code:09b}" for code in codes)
    lzw = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")

    def change(pdf: Pdf, on: Page) -> None:
        image = Stream(pdf, b"")
        image.write(lzw, filter=Name.LZWDecode)
        image.Type, image.Subtype = Name.XObject, Name.Image
        image.Width = image.Height = image.BitsPerComponent = 8
        image.ColorSpace = Name.DeviceGray
        on.obj["/Resources"]["/XObject"]["/Im"] = pdf.make_indirect(image)

    with pikepdf.new() as pdf:
        change(pdf, one_page(pdf))
        file = io.BytesIO()
        level = pikepdf.StreamDecodeLevel.none
        pdf.save(file, stream_decode_level=level, compress_streams=False)
    received = file.getvalue()
    assert b"LZW" in received
    out = made(tmp_path, received)
    assert b"LZW" not in out.read_bytes()
    with pikepdf.open(out) as pdf:
        assert pdf.pages[0].obj["/Resources"]["/XObject"]["/Im"].read_bytes() == bytes(64)


def test_pages_are_chosen_by_their_number(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        for size in (300.0, 310.0, 320.0):
            one_page(pdf, size=(size, 420.0))
        received = bytes_of(pdf)
    out = made(tmp_path, received, page(2, size=(310.0, 420.0)))
    with pypdfium2.PdfDocument(out) as pdf:
        assert [p.get_size() for p in pdf] == [(310.0, 420.0)]


def test_words_of_a_page_that_is_not_there_are_an_alarm(tmp_path: Path) -> None:
    with pytest.raises(IntegrityViolation) as error:
        made(tmp_path, scanned(), page(1), page(2))
    assert error.value.code == "pdfa.words-of-another-paper"


def test_an_encrypted_file_is_rejected(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        one_page(pdf)
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(RejectedInput) as error:
        made(tmp_path, (tmp_path / "locked.pdf").read_bytes())
    assert error.value.code == "scan.encrypted"


SCAN = scanned(stamped)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SCAN) - 1), st.binary(min_size=1, max_size=8)), max_size=6
    ),
    st.one_of(st.none(), st.integers(0, len(SCAN))),
)
def test_whatever_is_broken_is_rejected_drawn_or_conforms(
    tmp_path_factory: pytest.TempPathFactory, spots: list[tuple[int, bytes]], end: int | None
) -> None:
    broken = bytearray(SCAN[:end])
    for at, noise in spots:
        broken[at : at + len(noise)] = noise
    folder = tmp_path_factory.mktemp("broken")
    try:
        _, report = written(folder, bytes(broken), "application/pdf", [page()])
    except (RejectedInput, IntegrityViolation) as error:
        assert re.fullmatch(r"[a-z-]+\.[a-z-]+", error.code)  # noqa: PT017 - either outcome is right
    else:
        assert report["findings"] == []
