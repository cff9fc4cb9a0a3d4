"""Pages are counted and measured from headers; what is beyond the limits is refused."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, TiffImagePlugin

from dossier.errors import RejectedInput
from dossier.spine import MediaType
from pages.inspect import inspect
from pages.limits import Limits
from pages.media import media_type

HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile"
GOV = Path(__file__).parents[2] / "fixtures" / "vn-gov"


def look(path: Path, **limits: Any) -> dict[str, Any]:  # noqa: ANN401 - limits are numbers of two types
    return inspect(
        path=str(path), media_type=media_type(path).value, limits=Limits(**limits).to_json()
    )


def refused(path: Path, **limits: Any) -> str:  # noqa: ANN401 - the same
    with pytest.raises(RejectedInput) as caught:
        look(path, **limits)
    assert path.name not in caught.value.message
    return caught.value.code


def pdf(path: Path, pages: int = 1, **entries: Any) -> Path:  # noqa: ANN401 - PDF objects
    with pikepdf.new() as made:
        for _ in range(pages):
            page = made.add_blank_page(page_size=(300, 400))
            for name, value in entries.items():
                page.obj[f"/{name}"] = value
        made.save(path)
    return path


@pytest.mark.parametrize(
    ("entries", "size"),
    [
        ({}, [300, 400]),
        ({"Rotate": 90}, [400, 300]),
        ({"Rotate": -90}, [400, 300]),
        ({"Rotate": 180}, [300, 400]),
        ({"Rotate": 45}, [300, 400]),
        ({"UserUnit": 2}, [600, 800]),
        ({"UserUnit": -5}, [300, 400]),
        ({"CropBox": pikepdf.Array([10, 20, 110, 220])}, [100, 200]),
        ({"CropBox": pikepdf.Array([-50, -50, 900, 900])}, [300, 400]),
        ({"CropBox": pikepdf.Array([900, 900, 950, 950])}, [300, 400]),
        ({"MediaBox": pikepdf.Array([300, 400, 0, 0])}, [300, 400]),
        ({"MediaBox": pikepdf.Array([0, 0])}, [612, 792]),
        ({"MediaBox": pikepdf.Array([0, 0, pikepdf.Name("/A"), 1])}, [612, 792]),
    ],
)
def test_a_pdf_page_is_measured_as_it_is_shown(
    tmp_path: Path, entries: dict[str, Any], size: list[float]
) -> None:
    assert look(pdf(tmp_path / "x.pdf", **entries)) == {"pages": [size], "signed": False}


@pytest.mark.parametrize(
    ("dpi", "size"),
    [
        ((200, 200), [612, 792]),
        ((204, 150), [600, 1056]),
        ((0, 0), [595.276, 770.357]),
        ((72, 72), [595.276, 770.357]),  # a telephone's: a page of 78 cm is none
        ((100_000, 100_000), [595.276, 770.357]),
        (None, [595.276, 770.357]),
    ],
)
def test_a_picture_is_as_large_as_its_resolution_says_where_it_can_be_true(
    tmp_path: Path, dpi: tuple[int, int] | None, size: list[float]
) -> None:
    path = tmp_path / "x.tif"
    Image.new("L", (1700, 2200), 255).save(path, "TIFF", **({"dpi": dpi} if dpi else {}))
    assert look(path)["pages"] == [pytest.approx(size, abs=0.01)]


def test_a_picture_that_lies_on_its_side_is_shown_upright(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (400, 200)).save(path, "JPEG", exif=exif, dpi=(200, 200))
    assert look(path)["pages"] == [[72, 144]]
    # The same line of print as in g4_orientation_1.tif: upright it is wide.
    assert look(HOSTILE / "pillow" / "g4_orientation_6.tif")["pages"][0][0] > 400


def test_all_pages_of_a_tiff_count_and_loops_end() -> None:
    pillow = HOSTILE / "pillow"
    assert len(look(pillow / "multipage.tiff")["pages"]) == 3
    assert len(look(pillow / "multipage_single_frame_loop.tiff")["pages"]) == 1
    assert len(look(pillow / "multipage_multiple_frame_loop.tiff")["pages"]) == 2
    assert refused(pillow / "multipage.tiff", max_pages=2) == "scan.too-many-pages"


def test_an_animated_picture_is_one_page(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    frames = [Image.new("L", (300, 300), shade) for shade in (0, 255)]
    frames[0].save(path, "PNG", save_all=True, append_images=frames[1:])
    assert len(look(path)["pages"]) == 1


def test_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    path = pdf(tmp_path / "x.pdf", pages=3)
    assert refused(path, max_pages=2) == "scan.too-many-pages"
    assert refused(path, max_bytes=100) == "scan.too-large"
    assert refused(path, max_side=399) == "scan.page-too-large"
    assert refused(pdf(tmp_path / "u.pdf", UserUnit=1000)) == "scan.page-too-large"
    picture = tmp_path / "x.png"
    Image.new("1", (3000, 2000)).save(picture)
    assert refused(picture, max_pixels=5_999_999) == "scan.too-many-pixels"
    assert refused(picture, max_pixels=1_000_000) == "scan.too-many-pixels"
    assert look(picture, max_pixels=6_000_000)


def test_a_bomb_is_refused_by_its_header_alone(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (8, 8)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib  # noqa: PLC0415 - here alone

    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    path.write_bytes(content)
    assert refused(path) == "scan.too-many-pixels"


def test_a_pdf_without_pages_is_refused(tmp_path: Path) -> None:
    assert refused(pdf(tmp_path / "x.pdf", pages=0)) == "scan.no-pages"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("minimal-aes256", "scan.encrypted"),
        ("pubkey-ecc-test", "scan.encrypted"),
        ("minimal-pubkey-aes256", "scan.encrypted"),
        ("circular-page-tree", "scan.damaged"),
        ("broken-objstream1", "scan.damaged"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_the_reason(name: str, code: str) -> None:
    assert refused(HOSTILE / "pyhanko" / f"{name}.pdf") == code


def test_a_locked_pdf_that_opens_without_a_password_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(path, encryption=pikepdf.Encryption(owner="owner", user=""))
    assert len(look(path)["pages"]) == 1


@pytest.mark.parametrize(
    ("path", "signed"),
    [
        (GOV / "288-ttg.pdf", True),
        (HOSTILE / "pyhanko" / "minimal-two-fields-signed-twice.pdf", True),
        (HOSTILE / "pyhanko" / "separate-annots-kids-indir.pdf", True),
        (HOSTILE / "pyhanko" / "minimal-two-fields.pdf", False),
        (HOSTILE / "pyhanko" / "form-tree-circular-ref-input.pdf", False),
        (HOSTILE / "pyhanko" / "minimal-two-pages.pdf", False),
    ],
)
def test_a_pdf_is_signed_where_a_signature_field_has_a_value(path: Path, signed: bool) -> None:  # noqa: FBT001 - what is expected
    assert look(path)["signed"] is signed


def test_a_signature_whose_name_is_written_with_escapes_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    content = (HOSTILE / "pyhanko" / "separate-annots-kids-indir.pdf").read_bytes()
    assert b"/ByteRange " in content
    path.write_bytes(content.replace(b"/ByteRange ", b"/#42yteRange ", 1))
    assert look(path)["signed"]


def test_every_media_type_is_inspected() -> None:
    assert set(MediaType) == {MediaType.PDF, MediaType.TIFF, MediaType.JPEG, MediaType.PNG}


def test_what_is_thinner_than_a_hair_is_no_page(tmp_path: Path) -> None:
    thin = pdf(tmp_path / "thin.pdf", MediaBox=pikepdf.Array([0, 0, 0.0001, 400]))
    assert refused(thin) == "scan.page-too-small"
    line = tmp_path / "line.png"
    Image.new("1", (1_000_000, 1)).save(line, dpi=(100_000, 100_000))
    assert refused(line) == "scan.page-too-small"


def tiff(path: Path, frames: list[tuple[Image.Image, dict[int, int]]], **how: Any) -> Path:  # noqa: ANN401 - how Pillow saves
    """A TIFF of several images, each with tags of its own."""
    with TiffImagePlugin.AppendingTiffWriter(str(path), new=True) as writer:
        for image, tags in frames:
            image.save(writer, "TIFF", tiffinfo=tags, dpi=(200, 200), **how)
            writer.newFrame()
    return path


_PAGE = Image.new("L", (400, 600), 255)
_SMALL = Image.new("L", (40, 60), 255)


@pytest.mark.parametrize(
    "frames",
    [
        [(_PAGE, {}), (_SMALL, {254: 1})],
        [(_SMALL, {254: 1}), (_PAGE, {})],
        [(_SMALL, {255: 2}), (_PAGE, {255: 1})],
        [(_PAGE, {}), (Image.new("1", (400, 600)), {254: 4})],
        [(_PAGE, {}), (Image.new("1", (40, 60)), {254: 5}), (_SMALL, {254: 1})],
    ],
)
def test_thumbnails_and_masks_of_a_tiff_are_no_pages(
    tmp_path: Path, frames: list[tuple[Image.Image, dict[int, int]]]
) -> None:
    assert look(tiff(tmp_path / "a.tif", frames))["pages"] == [[144, 216]]


def test_a_tiff_that_begins_with_a_mask_has_its_page(tmp_path: Path) -> None:
    mask = Image.new("1", (400, 600))
    path = tiff(tmp_path / "a.tif", [(mask, {254: 4}), (_PAGE, {})])
    data = path.read_bytes()
    # Pillow writes no mask: its photometric interpretation becomes 4 by hand.
    entry = struct.pack("<HHI", 262, 3, 1)
    at = data.index(entry) + len(entry)
    path.write_bytes(data[:at] + struct.pack("<H", 4) + data[at + 2 :])
    assert look(path)["pages"] == [[144, 216]]


def test_pages_between_thumbnails_keep_their_order(tmp_path: Path) -> None:
    other = Image.new("L", (600, 400), 255)
    frames = [(_SMALL, {254: 1}), (_PAGE, {254: 2}), (_SMALL, {254: 1}), (other, {254: 2})]
    assert look(tiff(tmp_path / "a.tif", frames))["pages"] == [[144, 216], [216, 144]]


def test_a_tiff_of_nothing_but_small_images_keeps_them(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", [(_SMALL, {254: 1}), (_SMALL, {254: 1})])
    assert len(look(path)["pages"]) == 2


def test_a_chain_of_directories_that_turns_back_ends(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", [(_PAGE, {})])
    data = bytearray(path.read_bytes())
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    path.write_bytes(data)
    assert len(look(path)["pages"]) == 1


def test_old_style_jpeg_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", [(_PAGE, {})])
    data = path.read_bytes()
    entry = struct.pack("<HHI", 259, 3, 1)
    at = data.index(entry) + len(entry)
    path.write_bytes(data[:at] + struct.pack("<H", 6) + data[at + 2 :])
    assert refused(path) == "scan.old-jpeg"
