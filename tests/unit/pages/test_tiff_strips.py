"""Large TIFFs are decoded strip by strip, and come out as they would at once."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ocr.pdfa import tiff
from pages import tiff_strips
from pages.tiff_directories import page_directories
from pages.tiff_strips import is_striped, strips


def plan(mode: str) -> Image.Image:
    image = Image.linear_gradient("L").resize((300, 500)).convert(mode)
    ImageDraw.Draw(image).line((0, 0, 299, 499), width=5)
    return image


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_strips_make_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, compression: str
) -> None:
    monkeypatch.setattr(tiff_strips, "LARGE", 1000)
    path = tmp_path / "a.tif"
    wanted = plan(mode)
    wanted.save(path, "TIFF", compression=compression, tiffinfo={278: 64}, strip_size=64 * 900)
    (directory,) = page_directories(path)
    whole = Image.new(mode, wanted.size)
    with Image.open(path) as image:
        if not is_striped(image):
            assert compression == "raw"  # which Pillow writes as one strip
            return
        for top, strip in strips(path, directory, image):
            whole.paste(strip, (0, top))
    assert whole.tobytes() == wanted.tobytes()
    (picture,) = tiff.of_tiff(path, [1], max_pixels=10**6, doubtful=())
    assert picture.filter == "/FlateDecode"
    channels = len(wanted.getbands())
    rows = np.frombuffer(zlib.decompress(picture.data), dtype=np.uint8).reshape(500, -1)
    assert set(rows[:, 0]) == {2}  # PNG's filter Up
    assert np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).tobytes() == wanted.tobytes()
    assert rows.shape[1] == 1 + 300 * channels


def test_a_small_tiff_is_decoded_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    plan("L").save(path, "TIFF", compression="tiff_lzw", strip_size=64 * 300)
    with Image.open(path) as image:
        assert not is_striped(image)
