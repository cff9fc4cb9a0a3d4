"""What a clerk would see at once: blurred, dark, cut, folded, turned and blank pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from dossier.reports import PageFinding
from dossier.spine import MediaType
from pages.grey import GreySettings, grey
from pages.page_quality import findings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

SAMPLES = Path(__file__).parents[3] / "samples"
PAGES = ("000.00.01.H26-260930-0012/01-to-khai-khai-sinh.jpg",
         "H15.50.05.13-261009-0012/04-cong-van.jpg")  # fmt: skip


@cache
def page(name: str) -> Grey:
    """A good page at 200 dpi."""
    picture = grey(SAMPLES / name, MediaType.JPEG, 1, settings=GreySettings())
    return np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width)


def _blurred(good: Grey, sigma: float = 2.5) -> Grey:
    return np.asarray(Image.fromarray(good).filter(ImageFilter.GaussianBlur(sigma)))


def _blurred_below(good: Grey) -> Grey:
    split = good.shape[0] // 3
    return np.concatenate((good[:split], _blurred(good)[split:]))


def _folded(good: Grey) -> Grey:
    image = Image.fromarray(good)
    ImageDraw.Draw(image).polygon([(0, 0), (190, 0), (0, 170)], fill=120)
    return np.asarray(image)


def _cut(good: Grey) -> Grey:
    first = int(np.percentile(np.nonzero(good < 120)[1], 12))
    return np.ascontiguousarray(good[:, first:])


def _blank_back(good: Grey) -> Grey:
    """A back with punch holes, and the grain of paper."""
    grain = np.random.default_rng(1).normal(246, 3, good.shape)
    image = Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8))
    for y in (900, 1500):
        ImageDraw.Draw(image).ellipse((60, y, 104, y + 44), fill=40)
    return np.asarray(image)


def _scaled(factor: float, top: int) -> Callable[[Grey], Grey]:
    return lambda good: np.clip(top - (255.0 - good) * factor, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", PAGES)
def test_a_good_page_has_no_findings(name: str) -> None:
    assert findings(page(name), 200) == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("damage", "what", "where"),
    [
        (_blurred, PageFinding.BLURRED, ""),
        (lambda good: (good * 0.55).astype(np.uint8), PageFinding.DARK, ""),
        (_scaled(0.15, 235), PageFinding.FAINT, ""),
        (_cut, PageFinding.CUT, "left"),
        (_folded, PageFinding.FOLDED, "top-left"),
        (lambda good: np.rot90(_folded(good), 2), PageFinding.FOLDED, "bottom-right"),
        (lambda good: np.rot90(good, 2), PageFinding.UPSIDE_DOWN, ""),
        (lambda good: np.rot90(good, 1), PageFinding.SIDEWAYS, ""),
        (lambda good: np.rot90(good, 3), PageFinding.SIDEWAYS, ""),
        (_blank_back, PageFinding.BLANK, ""),
    ],
)
def test_damage_is_found_and_named(
    name: str, damage: Callable[[Grey], Grey], what: PageFinding, where: str
) -> None:
    assert (what, where) in findings(np.ascontiguousarray(damage(page(name))), 200)


def test_a_page_that_is_blurred_in_part_is_not_called_blurred_as_a_whole() -> None:
    found = [where for what, where in findings(_blurred_below(page(PAGES[1])), 200)
             if what is PageFinding.BLURRED]  # fmt: skip
    assert len(found) == 1
    assert "top" not in found[0]


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (40, 40)])
def test_a_page_of_a_few_pixels_is_no_trouble(size: tuple[int, int]) -> None:
    assert findings(np.full(size, 255, np.uint8), 200) in ([], [(PageFinding.BLANK, "")])
