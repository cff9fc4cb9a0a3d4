"""Picture files become pages: the scanner's own stream where a PDF can hold it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judges.scans import page, picture, saved, written
from PIL import Image, ImageChops, ImageOps, ImageStat

from dossier.errors import IntegrityViolation, RejectedInput
from ocr.pdfa.pictures import jpeg, png
from ocr.pdfa.strips import joined


@contextmanager
def image_of(out: Path, number: int = 1) -> Iterator[pikepdf.Stream]:
    """The picture of a page, for as long as its file is open."""
    with pikepdf.open(out) as pdf:
        image = pdf.pages[number - 1].obj["/Resources"]["/XObject"]["/Scan"]
        assert isinstance(image, pikepdf.Stream)
        yield image


def raw(out: Path, number: int = 1) -> bytes:
    with image_of(out, number) as image:
        return image.read_raw_bytes()


def shown(out: Path, number: int = 1) -> Image.Image:
    """The page as PDFium shows it, at 2 px a pt."""
    with pypdfium2.PdfDocument(out) as pdf:
        image: Image.Image = pdf[number - 1].render(scale=2).to_pil().convert("L")
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures in grey levels, both at a quarter of their size."""
    size = (one.width // 4, one.height // 4)
    halves = [i.convert("L").resize(size) for i in (one, other)]
    mean: float = ImageStat.Stat(ImageChops.difference(*halves)).mean[0]
    return mean


def made(tmp_path: Path, content: bytes, kind: str, **how: Any) -> Path:  # noqa: ANN401 - of the page
    out, report = written(tmp_path, content, f"image/{kind}", [page(**how)])
    assert report == {
        "flavour": "2u",
        "validator": report["validator"],
        "findings": [],
        "drawn_anew": [],
    }
    return out


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_goes_in_byte_for_byte(tmp_path: Path, mode: str, progressive: bool) -> None:  # noqa: FBT001 - a case of the table
    content = saved(picture(mode), "JPEG", progressive=progressive, quality=60)
    out = made(tmp_path, content, "jpeg")
    assert raw(out) == content
    assert difference(shown(out), picture()) < 2


def test_a_cmyk_jpeg_becomes_rgb(tmp_path: Path) -> None:
    out = made(tmp_path, saved(picture("CMYK"), "JPEG"), "jpeg")
    with image_of(out) as image:
        assert [image["/ColorSpace"], image["/Filter"]] == ["/DeviceRGB", "/DCTDecode"]
    assert difference(shown(out), picture()) < 6


@pytest.mark.parametrize("orientation", range(9))
@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_each_exif_orientation_is_shown_upright(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(picture(), kind.upper(), exif=exif.tobytes())
    (tmp_path / "picture").write_bytes(content)
    with Image.open(tmp_path / "picture") as image:
        upright = ImageOps.exif_transpose(image)
    size = (upright.width / 2, upright.height / 2)
    out = made(tmp_path, content, kind, size=size)
    assert raw(out) in content  # the same stream, only placed otherwise
    assert shown(out).size == upright.size
    assert difference(shown(out), upright) < 2


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_the_rows_of_a_png_go_in_as_they_are(tmp_path: Path, mode: str) -> None:
    content = saved(picture(mode), "PNG")
    out = made(tmp_path, content, "png")
    assert raw(out) in b"".join(body for kind, body in chunks(content) if kind == b"IDAT")
    with image_of(out) as image:
        assert image["/BitsPerComponent"] == (1 if mode == "1" else 8)
    assert difference(shown(out), picture(mode)) < 3


def chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        found.append((kind, content[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    clear = picture("RGBA")
    clear.putalpha(ImageOps.invert(picture("L")).point(lambda value: 255 if value > 60 else 0))
    out = made(tmp_path, saved(clear, "PNG"), "png")
    white = Image.new("RGBA", clear.size, "white")
    white.alpha_composite(clear)
    with image_of(out) as image:
        assert image["/ColorSpace"] == "/DeviceRGB"
    assert difference(shown(out), white) < 2


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    deep = Image.new("I;16", (64, 64))
    deep.putdata([257 * (i % 256) for i in range(64 * 64)])
    out = made(tmp_path, saved(deep, "PNG"), "png", size=(64.0, 64.0))
    with image_of(out) as image:
        assert image["/BitsPerComponent"] == 8
    assert abs(ImageStat.Stat(shown(out)).mean[0] - 127.5) < 2


def test_a_group_4_strip_goes_in_as_it_is(tmp_path: Path) -> None:
    content = saved(picture("1"), "TIFF", compression="group4", tiffinfo={278: 840})
    out = made(tmp_path, content, "tiff")
    with image_of(out) as image:
        assert image["/Filter"] == "/CCITTFaxDecode"
    assert len(raw(out)) > 100
    assert raw(out) in content
    assert difference(shown(out), picture("1")) < 2


def test_a_strip_with_its_lowest_bit_first_is_turned_round(tmp_path: Path) -> None:
    how = {"compression": "group4", "tiffinfo": {278: 840, 266: 2}}
    content = saved(picture("1"), "TIFF", **how)
    out = made(tmp_path, content, "tiff")
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in raw(out))
    assert turned in content
    assert turned != raw(out)
    assert difference(shown(out), picture("1")) < 2


@pytest.mark.parametrize(
    ("mode", "how", "filter_"),
    [
        ("1", {"compression": "group4", "tiffinfo": {278: 100}}, "/CCITTFaxDecode"),
        ("1", {"compression": "group3"}, "/CCITTFaxDecode"),
        ("1", {}, "/CCITTFaxDecode"),
        ("L", {"compression": "tiff_lzw"}, "/FlateDecode"),
        ("RGB", {}, "/FlateDecode"),
        ("RGB", {"compression": "tiff_deflate"}, "/FlateDecode"),
        ("CMYK", {}, "/DCTDecode"),
    ],
)
def test_other_tiffs_are_kept_without_loss(
    tmp_path: Path, mode: str, how: dict[str, Any], filter_: str | None
) -> None:
    content = saved(picture(mode), "TIFF", **how)
    out = made(tmp_path, content, "tiff")
    with image_of(out) as image:
        assert filter_ is None or image["/Filter"] == filter_
        assert image["/BitsPerComponent"] == (1 if mode == "1" else 8)
        kept = pikepdf.PdfImage(image).as_pil_image()
    assert difference(shown(out), picture(mode)) < 6
    if mode in {"1", "L", "RGB"} and filter_ is not None:
        assert kept.convert(mode).tobytes() == picture(mode).tobytes()


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("rows", [16, 40, 840])
def test_jpeg_strips_are_joined_without_decoding(tmp_path: Path, mode: str, rows: int) -> None:
    content = saved(picture(mode), "TIFF", compression="jpeg", tiffinfo={278: rows})
    (tmp_path / "some.tif").write_bytes(content)
    with Image.open(tmp_path / "some.tif") as image:
        tags: Any = image.tag_v2  # type: ignore[attr-defined]  # of TIFF files, as this one is
        strips = [content[a : a + n] for a, n in zip(tags[273], tags[279], strict=True)]
        decoded = image.convert(mode).tobytes()
    assert len(strips) == -(-840 // rows)
    out = made(tmp_path, content, "tiff")
    one = raw(out)
    for strip in strips:
        coded = strip[strip.index(b"\xff\xda") + 14 : -2]  # beyond the scan's header
        assert coded in one
    with Image.open(io.BytesIO(one)) as image:
        assert image.convert(mode).tobytes() == decoded
    assert difference(shown(out), picture(mode)) < 2


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=60), max_size=3), st.integers(0, 300), st.binary(max_size=9))
def test_strips_that_do_not_go_together_are_left(
    strips: list[bytes], at: int, noise: bytes
) -> None:
    good = saved(Image.new("L", (16, 16), 200), "JPEG")
    spoilt = good[:at] + noise + good[at + len(noise) :]
    for candidates in (strips, [good, spoilt], [spoilt, good], [good, *strips]):
        found = joined(b"\xff\xd8\xff\xd9", candidates, 32)
        assert found is None or found.startswith(b"\xff\xd8")


def test_the_pages_of_a_tiff_come_in_order_and_as_many(tmp_path: Path) -> None:
    frames = [picture("L", size=(200 + 10 * i, 280)) for i in range(7)]
    content = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    pages = [page(i + 1, size=((200 + 10 * i) / 2, 140), texts=(f"trang-{i}",)) for i in range(7)]
    out, report = written(tmp_path, content, "image/tiff", pages)
    assert report["findings"] == []
    with pypdfium2.PdfDocument(out) as pdf:
        assert [p.get_size()[0] for p in pdf] == [100 + 5 * i for i in range(7)]
        assert [p.get_textpage().get_text_range().strip() for p in pdf] == [
            f"trang-{i}" for i in range(7)
        ]


def test_pages_are_chosen_by_their_number_in_the_scan(tmp_path: Path) -> None:
    frames = [picture("L", size=(200 + 10 * i, 280)) for i in range(3)]
    content = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    out, _ = written(tmp_path, content, "image/tiff", [page(3, size=(110, 140))])
    with image_of(out) as image:
        assert image["/Width"] == 220


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG"])
def test_words_of_a_page_that_is_not_there_are_an_alarm(tmp_path: Path, kind: str) -> None:
    content = saved(picture("L"), kind)
    with pytest.raises((IntegrityViolation, RejectedInput)) as error:
        written(tmp_path, content, f"image/{kind.lower()}", [page(1), page(2)])
    assert error.value.code in {"pdfa.words-of-another-paper", "scan.damaged"}


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG"])
def test_a_picture_that_could_not_be_read_and_is_cut_short_is_rejected(
    tmp_path: Path, kind: str
) -> None:
    content = saved(picture("L"), kind)
    cut = content[: len(content) // 2]
    if kind == "TIFF":  # its directory stands at the end
        content = saved(picture("1"), "TIFF", compression="group4", tiffinfo={278: 840})
        at = content.index(struct.pack("<HH", 279, 4))
        cut = content[: at + 8] + struct.pack("<I", 1 << 20) + content[at + 12 :]
    with pytest.raises(RejectedInput) as error:
        written(tmp_path, cut, f"image/{kind.lower()}", [page(unread="page.unreadable", texts=())])
    assert error.value.code == "scan.damaged"
    assert "scan the paper again" in error.value.message


def test_more_pixels_than_allowed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RejectedInput) as error:
        written(tmp_path, saved(picture(), "JPEG"), "image/jpeg", [page()], max_pixels=1000)
    assert error.value.code == "scan.too-many-pixels"


def test_a_drawing_beyond_the_largest_page_gets_a_larger_unit(tmp_path: Path) -> None:
    out = made(tmp_path, saved(picture(), "JPEG"), "jpeg", size=(20_000.0, 28_000.0))
    with pikepdf.open(out) as pdf:
        box = [float(n) for n in pdf.pages[0].obj["/MediaBox"]]
        unit = float(pdf.pages[0].obj["/UserUnit"])
    assert max(box) <= 14_400
    assert box[3] * unit == pytest.approx(28_000, rel=1e-4)


@settings(max_examples=60)
@given(st.binary(max_size=400), st.integers(0, 600))
def test_spoilt_headers_are_none_or_a_picture_and_nothing_else(noise: bytes, at: int) -> None:
    for kind, read in (("JPEG", jpeg), ("PNG", png)):
        content = saved(Image.new("L", (16, 16), 200), kind)
        spoilt = content[:at] + noise + content[at + len(noise) :]
        for candidate in (spoilt, noise, content[:4] + noise):
            found = read(candidate)
            assert found is None or (found.width > 0 and found.height > 0)


def test_the_planted_fault_is_seen(tmp_path: Path) -> None:
    content = saved(picture(), "JPEG")
    out = made(tmp_path, content, "jpeg")
    assert difference(shown(out), ImageOps.mirror(picture())) > 10
    assert raw(out) != content[:-2] + bytes(zlib.crc32(content).to_bytes(4, "big"))
