"""Pictures that lack data are found, however sound the file around them; whole ones are not."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, TiffImagePlugin
from planted.stroke_pages import SIZE, fax, pdf, saved, sheet

from dossier.spine import MediaType
from pages.completeness import doubts
from pages.jpeg_data import jpeg_is_whole
from pages.media import media_type
from pages.tiff_directories import page_directories

END = b"\xff\xd9"


def found(path: Path, number: int = 1) -> bool:
    return bool(doubts(path, media_type(path), number, max_pixels=100_000_000))


def test_a_whole_jpeg_is_whole() -> None:
    for how in ({}, {"progressive": True}, {"quality": 30, "optimize": True}):
        for mode in ("L", "RGB", "CMYK"):
            assert jpeg_is_whole(saved(sheet(mode), "JPEG", **how)), (how, mode)


def test_bytes_after_the_end_of_a_jpeg_are_no_loss() -> None:
    assert jpeg_is_whole(saved(sheet(), "JPEG") + bytes(500))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) * 2 // 5] + END,
        lambda data: data[: len(data) * 4 // 5] + END,
        lambda data: data[: len(data) * 9 // 10],
        lambda data: data[: len(data) // 2] + bytes(len(data) // 2),
        lambda data: data[: len(data) // 2] + bytes(4000) + data[len(data) // 2 + 4000 :],
    ],
    ids=["cut-and-ended", "cut-late", "cut", "tail-of-zeros", "hole"],
)
def test_a_jpeg_that_lacks_data_is_found(
    spoil: Callable[[bytes], bytes], *, progressive: bool
) -> None:
    assert not jpeg_is_whole(spoil(saved(sheet("RGB"), "JPEG", progressive=progressive)))


def test_a_progressive_jpeg_without_its_last_scans_is_found() -> None:
    data = saved(sheet(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert not jpeg_is_whole(data[:last] + END)


@pytest.mark.parametrize("margin", [60, 160, 900])
def test_a_whole_group4_stream_is_whole(tmp_path: Path, margin: int) -> None:
    entries = {
        "BitsPerComponent": 1,
        "Filter": pikepdf.Name.CCITTFaxDecode,
        "DecodeParms": pikepdf.Dictionary(K=-1, Columns=SIZE[0]),
    }
    data = fax(sheet("1", margin=margin))
    assert not found(pdf(tmp_path / "a.pdf", data, **entries))
    without_end = data.rstrip(b"\0")[:-3]
    assert not found(pdf(tmp_path / "b.pdf", without_end, **entries)) or margin == 60


def test_a_blank_group4_page_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.new("1", SIZE, 1).save(path, "TIFF", compression="group4")
    assert not found(path)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.63, 0.9])
@pytest.mark.parametrize("end", [b"", b"\x00\x10\x01", bytes(5000)], ids=["bare", "eofb", "zeros"])
def test_a_group4_stream_that_ends_early_is_found(tmp_path: Path, part: float, end: bytes) -> None:
    data = fax(sheet("1"))
    cut = data[: int(len(data) * part)] + end
    path = pdf(
        tmp_path / "a.pdf",
        cut,
        BitsPerComponent=1,
        Filter=pikepdf.Name.CCITTFaxDecode,
        DecodeParms=pikepdf.Dictionary(K=-1, Columns=SIZE[0], BlackIs1=True),
    )
    assert found(path)


def test_a_hole_in_a_group4_stream_is_found(tmp_path: Path) -> None:
    data = fax(sheet("1"))
    middle = len(data) // 2
    holed = data[:middle] + bytes(300) + data[middle + 300 :]
    path = pdf(
        tmp_path / "a.pdf",
        holed,
        BitsPerComponent=1,
        Filter=pikepdf.Name.CCITTFaxDecode,
        DecodeParms=pikepdf.Dictionary(K=-1, Columns=SIZE[0]),
    )
    assert found(path)


@pytest.mark.parametrize(
    ("mode", "space"), [("L", pikepdf.Name.DeviceGray), ("RGB", pikepdf.Name.DeviceRGB)]
)
def test_flate_pictures(tmp_path: Path, mode: str, space: pikepdf.Name) -> None:
    pixels = sheet(mode).tobytes()
    entries = {"ColorSpace": space, "Filter": pikepdf.Name.FlateDecode}
    whole = zlib.compress(pixels)
    spoilt = {
        "cut": whole[: len(whole) // 2],
        "short": zlib.compress(pixels[: len(pixels) * 3 // 4]),
        "zeros": whole[: len(whole) // 2] + bytes(len(whole) // 2),
    }
    assert not found(pdf(tmp_path / "a.pdf", whole, **entries))
    # A stream without the sum at its end has all of its rows.
    assert not found(pdf(tmp_path / "b.pdf", whole[:-4], **entries))
    for name, data in spoilt.items():
        assert found(pdf(tmp_path / f"{name}.pdf", data, **entries)), name


def test_a_picture_without_compression_and_too_few_bytes_is_found(tmp_path: Path) -> None:
    pixels = sheet().tobytes()
    assert not found(pdf(tmp_path / "a.pdf", pixels))
    assert found(pdf(tmp_path / "b.pdf", pixels[: len(pixels) // 2]))


def test_jpeg_2000_streams(tmp_path: Path) -> None:
    data = saved(sheet("RGB"), "JPEG2000", irreversible=True, quality_layers=[30])
    entries = {"ColorSpace": pikepdf.Name.DeviceRGB, "Filter": pikepdf.Name.JPXDecode}
    assert not found(pdf(tmp_path / "a.pdf", data, **entries))
    half = data[: len(data) // 2]
    assert found(pdf(tmp_path / "b.pdf", half, **entries))
    assert found(pdf(tmp_path / "c.pdf", half + END, **entries))


def test_only_the_page_that_lacks_data_is_found(tmp_path: Path) -> None:
    data = saved(sheet(), "JPEG")
    entries = {"Filter": pikepdf.Name.DCTDecode}
    good = pdf(tmp_path / "good.pdf", data, **entries)
    bad = pdf(tmp_path / "bad.pdf", data[: len(data) // 2] + END, **entries)
    with pikepdf.open(good) as both, pikepdf.open(bad) as other:
        both.pages.extend(other.pages)
        both.save(tmp_path / "both.pdf")
    assert [found(tmp_path / "both.pdf", number) for number in (1, 2)] == [False, True]


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "group4"])
def test_tiffs(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.tif"
    mode = "1" if compression == "group4" else "RGB"
    sheet(mode).save(path, "TIFF", compression=compression, strip_size=60_000)
    assert media_type(path) is MediaType.TIFF
    assert not found(path)
    data = path.read_bytes()
    with Image.open(path) as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
        starts, lengths = image.tag_v2[273], image.tag_v2[279]
    last = starts[-1] + lengths[-1] // 2, starts[-1] + lengths[-1]
    path.write_bytes(data[: last[0]] + bytes(last[1] - last[0]) + data[last[1] :])
    assert found(path)


def test_zeros_inside_a_jpeg_are_a_hole_and_a_blank_page_is_none(tmp_path: Path) -> None:
    data = saved(sheet("RGB"), "JPEG")
    middle = len(data) // 2
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:middle] + bytes(4000) + data[middle + 4000 :])
    assert found(path)
    for how in ({}, {"optimize": True}):
        Image.new("RGB", SIZE, "white").save(path, "JPEG", **how)
        assert not found(path)


def test_a_block_of_an_uncompressed_tiff_that_was_not_written_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    sheet().save(path)
    assert not found(path)
    data = path.read_bytes()
    middle = len(data) // 2 // 4096 * 4096
    path.write_bytes(data[:middle] + bytes(8192) + data[middle + 8192 :])
    assert found(path)


def test_a_deflated_strip_is_checked_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    sheet("RGB").save(path, compression="tiff_adobe_deflate", strip_size=1 << 30)
    assert not found(path)
    data = path.read_bytes()
    path.write_bytes(data[:-3000] + bytes(2000) + data[-1000:])
    assert found(path)


@pytest.mark.parametrize("end", [b"", bytes(200_000)])
def test_pages_that_a_tiff_announces_and_does_not_have_are_found(
    tmp_path: Path, end: bytes
) -> None:
    path = tmp_path / "a.tif"
    more = [sheet(margin=margin) for margin in (200, 240)]
    sheet().save(path, compression="tiff_lzw", save_all=True, append_images=more)
    assert not any(found(path, number) for number in (1, 2, 3))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3] + end)
    with Image.open(path) as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
    pages = len(page_directories(path))
    assert pages < 3
    assert found(path, pages)
