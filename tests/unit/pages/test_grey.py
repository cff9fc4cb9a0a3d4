"""A page becomes grey, whichever way it is stored, and stands as it is shown."""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageDraw

from dossier.errors import RejectedInput
from dossier.ports import GreyPicture
from dossier.spine import MediaType
from pages import only_picture
from pages.grey import GreySettings, grey, smaller, turned
from pages.headroom import need
from pages.pictures import to_grey

GOV = Path(__file__).parents[2] / "fixtures" / "vn-gov"
HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile"


def marked(width: int = 600, height: int = 800) -> Image.Image:
    """White, with a black square in the top left quarter: it tells every turn and flip."""
    image = Image.new("L", (width, height), 255)
    ImageDraw.Draw(image).rectangle((width // 8, height // 8, width // 3, height // 4), fill=0)
    return image


def corner(picture: GreyPicture) -> tuple[bool, bool]:
    """Whether the mark is at the left, and whether it is at the top."""
    image = Image.frombytes("L", (picture.width, picture.height), picture.pixels)
    left, top, right, bottom = (
        ImageChops.invert(image).point(lambda v: 255 * (v > 127)).getbbox() or (0,) * 4
    )
    return (left + right) / 2 < picture.width / 2, (top + bottom) / 2 < picture.height / 2


def page(path: Path, *, picture: bytes, entries: dict[str, Any], **more: Any) -> Path:  # noqa: ANN401 - PDF objects
    """A PDF page of 300 by 400 pt with one picture over it."""
    content = more.pop("content", b"q 300 0 0 400 0 0 cm /Im0 Do Q")
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(300, 400))
        stream = made.make_stream(picture)
        stream.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image})
        for name, value in entries.items():
            stream[name] = value
        shown = made.pages[0]
        shown.obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream))
        shown.obj["/Contents"] = made.make_stream(content)
        for name, value in more.items():
            shown.obj[f"/{name}"] = value
        made.save(path)
    return path


def jpeg(image: Image.Image, tmp_path: Path) -> bytes:
    path = tmp_path / "x.jpg"
    image.save(path, "JPEG", quality=90)
    return path.read_bytes()


def plain(image: Image.Image, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - PDF objects
    space = pikepdf.Name.DeviceGray if image.mode == "L" else pikepdf.Name.DeviceRGB
    return {
        "/Width": image.width,
        "/Height": image.height,
        "/BitsPerComponent": 8,
        "/ColorSpace": space,
        **more,
    }


DCT = {"/Filter": pikepdf.Name.DCTDecode}


def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often pdfium draws."""
    import pages.grey as module  # noqa: PLC0415 - to be patched

    times: list[int] = []
    real = module._by_pdfium

    def counted(*given: Any) -> Image.Image:  # noqa: ANN401 - whatever it takes
        times.append(1)
        return real(*given)

    monkeypatch.setattr(module, "_by_pdfium", counted)
    return times


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_page_that_is_one_jpeg_is_not_drawn(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = marked().convert(mode)
    path = page(tmp_path / "x.pdf", picture=jpeg(image, tmp_path), entries=plain(image, **DCT))
    times = drawn(monkeypatch)
    picture = grey(path, MediaType.PDF, 1, settings=GreySettings())
    assert not times
    assert (picture.width, picture.height, round(picture.dpi)) == (600, 800, 144)
    assert corner(picture) == (True, True)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_page_that_is_one_lossless_picture_is_not_drawn(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = marked().convert(mode)
    path = page(tmp_path / "x.pdf", picture=image.tobytes(), entries=plain(image))
    times = drawn(monkeypatch)
    assert corner(grey(path, MediaType.PDF, 1, settings=GreySettings())) == (True, True)
    assert not times


def test_filters_around_a_jpeg_are_undone(tmp_path: Path) -> None:
    image = marked()
    stream = jpeg(image, tmp_path).hex().encode() + b">"
    filters = pikepdf.Array([pikepdf.Name.ASCIIHexDecode, pikepdf.Name.DCTDecode])
    path = page(tmp_path / "x.pdf", picture=stream, entries=plain(image, **{"/Filter": filters}))
    with pikepdf.open(path) as pdf:
        found = only_picture.cover(pdf.pages[0], max_pixels=10**7)
        assert found is not None
        seen = only_picture.decoded(found, max_pixels=10**7)
    assert seen is not None
    assert seen.size == image.size


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("annotated", [False, True])
def test_the_page_stands_as_it_is_shown(
    tmp_path: Path,
    turn: int,
    annotated: bool,  # noqa: FBT001 - a parameter
) -> None:
    image = marked()
    more: dict[str, Any] = {"Rotate": turn}
    if annotated:  # then it is drawn
        more["Annots"] = pikepdf.Array([pikepdf.Dictionary(AP=pikepdf.Dictionary())])
    path = page(
        tmp_path / "x.pdf", picture=jpeg(image, tmp_path), entries=plain(image, **DCT), **more
    )
    picture = grey(path, MediaType.PDF, 1, settings=GreySettings())
    assert (picture.width > picture.height) is (turn % 180 == 90)
    assert corner(picture) == {
        0: (True, True), 90: (False, True), 180: (False, False), 270: (True, False)
    }[turn]  # fmt: skip


def test_pixels_lie_where_they_lie_when_drawn(tmp_path: Path) -> None:
    """The short way and pdfium's agree, pixel by pixel."""
    image = marked()
    entries = plain(image)
    short = page(tmp_path / "short.pdf", picture=image.tobytes(), entries=entries)
    long = page(
        tmp_path / "long.pdf", picture=image.tobytes(), entries=entries,
        content=b"q 300 0 0 400 0 0 cm /Im0 Do Q 0 0 m S",
    )  # fmt: skip
    settings = GreySettings(dpi=144)
    one, two = (grey(path, MediaType.PDF, 1, settings=settings) for path in (short, long))
    assert (one.width, one.height) == (two.width, two.height)
    apart = ImageChops.difference(
        *(Image.frombytes("L", (p.width, p.height), p.pixels) for p in (one, two))
    )
    assert sum(apart.histogram()[64:]) < one.width * 4


@pytest.mark.parametrize(
    ("entries", "content"),
    [
        ({"/Decode": pikepdf.Array([1, 0])}, None),
        ({"/Mask": pikepdf.Array([0, 10])}, None),
        (
            {
                "/ColorSpace": pikepdf.Array(
                    [pikepdf.Name.Indexed, pikepdf.Name.DeviceGray, 1, b"\x00\xff"]
                )
            },
            None,
        ),
        ({}, b"q 300 0 0 400 0 0 cm /Im0 Do Q 0 g 10 10 50 50 re f"),
        ({}, b"q 150 0 0 400 0 0 cm /Im0 Do Q"),
        ({}, b"q 300 0 0 -400 0 400 cm /Im0 Do Q"),
        ({}, b"q 0 400 -300 0 300 0 cm /Im0 Do Q"),
        ({}, b"q 0 0 100 100 re W n 300 0 0 400 0 0 cm /Im0 Do Q"),
        ({}, b"q 300 0 0 400 0 0 cm /Im0 Do /Im0 Do Q"),
        (
            {},
            b"q 300 0 0 400 0 0 cm /Im0 Do Q % " + hashlib.shake_256(b"").hexdigest(3000).encode(),
        ),
    ],
)
def test_what_is_not_plain_is_drawn(
    tmp_path: Path,
    entries: dict[str, Any],
    content: bytes | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = marked()
    more = {} if content is None else {"content": content}
    path = page(
        tmp_path / "x.pdf", picture=image.tobytes(), entries=plain(image, **entries), **more
    )
    times = drawn(monkeypatch)
    grey(path, MediaType.PDF, 1, settings=GreySettings())
    assert times == [1]


def test_a_visible_signature_is_seen() -> None:
    """288-ttg.pdf carries the portal's stamp at its top, as an annotation."""
    settings = GreySettings()
    picture = grey(GOV / "288-ttg.pdf", MediaType.PDF, 1, settings=settings)
    assert round(picture.dpi) == 200
    with pikepdf.open(GOV / "288-ttg.pdf") as pdf:
        left, bottom, right, top = (float(n) for n in pdf.pages[0].obj["/Annots"][0]["/Rect"])
        height = float(pdf.pages[0].mediabox[3])
    scale = picture.dpi / 72
    image = Image.frombytes("L", (picture.width, picture.height), picture.pixels)
    box = (left * scale, (height - top) * scale, right * scale, (height - bottom) * scale)
    stamp = image.crop(tuple(round(side) for side in box))  # type: ignore[arg-type] # four of them
    assert sum(stamp.histogram()[:200]) > stamp.width * stamp.height * 0.02


@pytest.mark.parametrize("renderer", ["pdfium", "poppler"])
def test_both_renderers_make_the_same_page(renderer: str) -> None:
    settings = GreySettings(renderer=renderer, dpi=100)
    for number, size in ((1, (602, 844)), (2, (599, 843))):
        picture = grey(GOV / "288-ttg.pdf", MediaType.PDF, number, settings=settings)
        assert picture.width / picture.dpi * 72 == pytest.approx(size[0], abs=1)
        assert picture.height / picture.dpi * 72 == pytest.approx(size[1], abs=1)
        assert len(picture.pixels) == picture.width * picture.height
    with pytest.raises(RejectedInput) as caught:
        grey(GOV / "288-ttg.pdf", MediaType.PDF, 3, settings=settings)
    assert caught.value.code == "page.missing"


def test_a_huge_page_gets_fewer_dots(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(14_000, 14_000))
        made.save(path)
    picture = grey(path, MediaType.PDF, 1, settings=GreySettings(max_pixels=1_000_000))
    assert 900_000 < picture.width * picture.height < 1_100_000
    assert picture.dpi < 10


def test_dots_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    path = tmp_path / "fax.tif"
    marked(1728, 1100).convert("1").save(path, "TIFF", dpi=(204, 98), compression="group4")
    picture = grey(path, MediaType.TIFF, 1, settings=GreySettings(dpi=300))
    assert picture.width == 1728
    assert picture.height == pytest.approx(1100 * 204 / 98, abs=1)
    assert corner(picture) == (True, True)


def test_few_dots_are_made_more_and_many_fewer(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    marked(850, 1100).save(path, dpi=(100, 100))
    few = grey(path, MediaType.PNG, 1, settings=GreySettings(least_dpi=150))
    assert (few.width, round(few.dpi)) == (1275, 150)
    marked(1800, 2400).save(path, dpi=(600, 600))
    many = grey(path, MediaType.PNG, 1, settings=GreySettings(dpi=300))
    assert (many.width, round(many.dpi)) == (900, 300)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_picture_is_undone(tmp_path: Path, orientation: int) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    image = marked()
    if orientation in undo:
        image = image.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "x.jpg"
    image.save(path, "JPEG", exif=exif, dpi=(200, 200))
    picture = grey(path, MediaType.JPEG, 1, settings=GreySettings())
    assert (picture.width, picture.height) == (600, 800)
    assert corner(picture) == (True, True)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "I;16", "F"]
)
def test_every_kind_of_colour_becomes_grey(mode: str) -> None:
    image = marked(60, 80)
    made = (
        (image.convert("RGB") if mode in {"LAB", "HSV"} else image).convert(
            "I" if mode == "I;16" else mode
        )
        if mode != "LAB"
        else Image.merge("LAB", [image, *[Image.new("L", image.size, 128)] * 2])
    )
    if mode == "I;16":
        made = Image.frombytes("I;16", image.size, b"".join(bytes((v, v)) for v in image.tobytes()))
    picture = to_grey(made)
    assert picture.mode == "L"
    assert picture.getpixel((15, 15)) == pytest.approx(0, abs=3)
    assert picture.getpixel((55, 75)) == pytest.approx(255, abs=3)


def test_what_is_transparent_is_paper() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    clear.putpixel((0, 0), (0, 0, 0, 255))
    assert to_grey(clear).getpixel((0, 0)) == 0
    assert to_grey(clear).crop((1, 1, 4, 4)).getextrema() == (255, 255)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_an_alpha_channel_that_hides_the_whole_page_is_ignored(mode: str) -> None:
    page_with_ink = marked().convert(mode)
    page_with_ink.putalpha(0)
    assert to_grey(page_with_ink).tobytes() == marked().tobytes()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("pillow/truncated_jpeg.jpg", "page.damaged"),
        ("pillow/truncated_image.png", "page.damaged"),
        ("pyhanko/minimal-annotless.pdf", "page.damaged"),
    ],
)
def test_a_damaged_page_is_reported(name: str, code: str) -> None:
    kinds = {".jpg": MediaType.JPEG, ".png": MediaType.PNG, ".pdf": MediaType.PDF}
    path = HOSTILE / name
    with pytest.raises(RejectedInput) as caught:
        grey(path, kinds[path.suffix], 1, settings=GreySettings())
    assert caught.value.code == code


def test_a_picture_beyond_the_limit_inside_a_pdf_is_refused_by_its_header(tmp_path: Path) -> None:
    image = marked()
    entries = plain(image, **{"/Width": 40_000, "/Height": 40_000})
    path = page(tmp_path / "x.pdf", picture=image.tobytes(), entries=entries)
    with pytest.raises(RejectedInput) as caught:
        grey(path, MediaType.PDF, 1, settings=GreySettings())
    assert caught.value.code == "scan.too-many-pixels"


def test_turning_four_times_is_nothing() -> None:
    image = marked(60, 80)
    picture = GreyPicture(60, 80, 72, image.tobytes())
    once = turned(picture, 90)
    assert (once.width, once.height, corner(once)) == (80, 60, (False, True))
    assert turned(turned(turned(once, 90), 90), 90) == picture
    assert turned(turned(picture, 180), 180) == picture == turned(picture, 0)
    half = smaller(picture, 2)
    assert (half.width, half.height, half.dpi) == (30, 40, 36)


def test_memory_that_is_not_there_is_missed_before_it_is_needed() -> None:
    need(1_000_000)
    need(0)
    with pytest.raises(MemoryError):
        need(1 << 62)
    code = (
        "import resource\n"
        "from pages.headroom import need\n"
        f"resource.setrlimit(resource.RLIMIT_AS, (200_000_000, {resource.RLIM_INFINITY}))\n"
        "need(20_000_000)\n"
        "try:\n    need(300_000_000)\n"
        "except MemoryError:\n    print('missed')\n"
    )
    root = Path(__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert ended.stdout == b"missed\n"
