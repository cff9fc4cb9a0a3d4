"""Colour profiles are carried over; what a camera writes of itself is not."""

from __future__ import annotations

import struct
from pathlib import Path

import pikepdf
import pytest
from judges.scans import page, picture, saved, written
from PIL import Image, ImageCms

from ocr.pdfa import icc
from ocr.pdfa.camera_data import without_camera_data

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def space_of(tmp_path: Path, content: bytes, kind: str) -> tuple[object, bytes, bytes]:
    """The colour space of the one picture, its profile and its bytes."""
    out, report = written(tmp_path, content, f"image/{kind}", [page()])
    assert report["findings"] == []
    with pikepdf.open(out) as pdf:
        image = pdf.pages[0].obj["/Resources"]["/XObject"]["/Scan"]
        space = image.ColorSpace
        if not isinstance(space, pikepdf.Array) or space[0] != "/ICCBased":
            return space, b"", image.read_raw_bytes()
        return str(space[0]), space[1].read_bytes(), image.read_raw_bytes()


@pytest.mark.parametrize("kind", ["jpeg", "tiff", "png"])
def test_a_profile_is_carried_over(tmp_path: Path, kind: str) -> None:
    content = saved(picture("RGB"), kind.upper(), icc_profile=SRGB)
    name, profile, data = space_of(tmp_path, content, kind)
    assert name == "/ICCBased"
    assert profile == SRGB
    if kind == "jpeg":
        assert data == content


def test_a_profile_of_other_colours_is_left_out(tmp_path: Path) -> None:
    content = saved(picture("L"), "JPEG", icc_profile=SRGB)
    space, profile, _ = space_of(tmp_path, content, "jpeg")
    assert (space, profile) == (pikepdf.Name.DeviceGray, b"")


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        SRGB[:100],
        struct.pack(">I", len(SRGB) + 1) + SRGB[4:],
        SRGB[:8] + b"\x05" + SRGB[9:],
        SRGB[:12] + b"link" + SRGB[16:],
        SRGB[:36] + b"xxxx" + SRGB[40:],
    ],
    # The profile holds the time at which it was made: no name of a test may.
    ids=lambda broken: f"{len(broken)}-bytes",
)
def test_a_profile_that_a_pdfa_may_not_hold_is_not_used(broken: bytes) -> None:
    assert icc.usable(SRGB + b"rest", 3) == SRGB
    assert icc.usable(broken, 3) == b""


def test_gps_and_camera_are_left_out_and_the_picture_is_not_touched(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model"
    exif.get_ifd(0x8825)[2] = (21.0, 2.0, 3.0)
    plain = saved(picture("RGB"), "JPEG", icc_profile=SRGB)
    content = saved(picture("RGB"), "JPEG", icc_profile=SRGB, exif=exif)
    assert b"Maker" in content
    _, profile, data = space_of(tmp_path, content, "jpeg")
    assert data == plain
    assert profile == SRGB


@pytest.mark.parametrize("broken", [b"\xff\xd8\xff\xe1\xff\xff", b"\xff\xd8", b"\xff\xd8\xff\xff"])
def test_a_broken_jpeg_is_left_as_it_is(broken: bytes) -> None:
    assert without_camera_data(broken) == broken
