"""Pictures that say how they are to be turned come out upright, turned once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from dossier.spine import MediaType
from pages.grey import GreySettings, grey
from pages.inspect import inspect
from pages.limits import Limits

_ORIENTATION = 274
# How a picture has to be stored so that each orientation shows it upright (TIFF 6.0, EXIF 2.32).
_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _upright() -> Image.Image:
    sheet = Image.new("L", (300, 200), 255)
    ImageDraw.Draw(sheet).rectangle((20, 20, 120, 60), fill=0)
    return sheet


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [MediaType.TIFF, MediaType.JPEG, MediaType.PNG])
def test_each_orientation_is_undone_once(tmp_path: Path, kind: MediaType, orientation: int) -> None:
    turn = _STORED[orientation]
    stored = _upright() if turn is None else _upright().transpose(turn)
    file = tmp_path / f"scan{kind.suffix}"
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    if kind is MediaType.TIFF:
        stored.save(file, dpi=(150, 150), tiffinfo={_ORIENTATION: orientation})
    else:
        stored.save(file, dpi=(150, 150), exif=exif, quality=95)
    facts = inspect(path=str(file), media_type=kind.value, limits=Limits().to_json())
    assert facts["pages"] == [pytest.approx([144.0, 96.0], abs=0.2)]
    picture = grey(file, kind, 1, settings=GreySettings())
    assert (picture.width, picture.height) == (300, 200)
    seen = Image.frombytes("L", (300, 200), picture.pixels)
    assert seen.getpixel((70, 40)) == pytest.approx(0, abs=30)
    for corner in ((280, 180), (280, 20), (20, 180)):
        assert seen.getpixel(corner) == pytest.approx(255, abs=30)
