"""Large TIFFs are decoded strip by strip, and come out as they would at once."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, TiffImagePlugin

from ocr.pdfa import tiff
from pages import tiff_strips
from pages.tiff_directories import page_directories
from pages.tiff_strips import is_striped, strips


def plan(mode: str) -> Image.Image:
    image = Image.linear_gradient("L").resize((300, 500)).convert(mode)
    ImageDraw.Draw(image).line((0, 0, 299, 499), width=5)
    return image


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
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
    wanted = wanted.convert("RGB") if mode == "CMYK" else wanted
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


def tiled(image: Image.Image, across: int, down: int) -> bytes:
    """A deflated TIFF of tiles, which Pillow does not write."""
    pixels = np.asarray(image)
    channels = pixels.shape[2]
    tiles = []
    for top in range(0, image.height, down):
        for left in range(0, image.width, across):
            tile = np.zeros((down, across, channels), dtype=np.uint8)
            part = pixels[top : top + down, left : left + across]
            tile[: part.shape[0], : part.shape[1]] = part
            tiles.append(zlib.compress(tile.tobytes()))
    made = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    entries = {
        256: image.width, 257: image.height, 258: (8,) * channels, 259: 8,
        262: 5 if channels == 4 else 2, 277: channels, 284: 1, 322: across, 323: down,
    }  # fmt: skip
    for tag, value in entries.items():
        made.tagtype[tag] = 3
        made[tag] = value
    lengths = [len(tile) for tile in tiles]
    starts = [8 + sum(lengths[:number]) for number in range(len(tiles))]
    for tag, values in ((324, starts), (325, lengths)):
        made.tagtype[tag] = 4
        made[tag] = tuple(values)
    data = b"".join(tiles)
    at = 8 + len(data)
    return struct.pack("<2sHI", b"II", 42, at) + data + made.tobytes(at)


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_tiles_make_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr(tiff_strips, "LARGE", 1000)
    path = tmp_path / "a.tif"
    wanted = plan(mode)
    path.write_bytes(tiled(wanted, 128, 96))
    (directory,) = page_directories(path)
    whole = Image.new(mode, wanted.size)
    with Image.open(path) as image:
        assert is_striped(image)
        for top, row in strips(path, directory, image):
            whole.paste(row, (0, top))
    assert whole.tobytes() == wanted.tobytes()
    (picture,) = tiff.of_tiff(path, [1], max_pixels=10**6, doubtful=())
    assert (picture.filter, picture.space) == ("/FlateDecode", "/DeviceRGB")
