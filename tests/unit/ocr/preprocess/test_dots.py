"""Rows of dots go; what is no row of dots stays, to the pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from dossier.ports import GreyPicture
from ocr.preprocess.dots import remove_dot_leaders

WIDTH, HEIGHT = 1654, 700  # a part of A4 at 200 dpi
SIDE, PITCH = 4, 9  # px: a full stop in 13 pt and the next one


def paper() -> npt.NDArray[np.uint8]:
    return np.full((HEIGHT, WIDTH), 250, dtype=np.uint8)


def dot(page: npt.NDArray[np.uint8], x: int, y: int) -> None:
    page[y : y + SIDE, x : x + SIDE] = 10


def row(page: npt.NDArray[np.uint8], y: int, *, left: int = 200, count: int = 100) -> None:
    for n in range(count):
        dot(page, left + n * PITCH, y)


def cleaned(page: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    picture = GreyPicture(WIDTH, HEIGHT, 200.0, page.tobytes())
    clean = remove_dot_leaders(picture)
    assert (clean.width, clean.height, clean.dpi) == (WIDTH, HEIGHT, 200.0)
    return np.frombuffer(clean.pixels, dtype=np.uint8).reshape(HEIGHT, WIDTH)


def stroke(page: npt.NDArray[np.uint8], x: int, y: int) -> None:
    """The upright of a letter that stands on a line: 30 px, too tall for a dot."""
    page[y - 26 : y + SIDE, x : x + 5] = 10


def test_a_row_of_dots_is_painted_over_and_strokes_on_it_stay() -> None:
    page, letters = paper(), paper()
    row(page, 300)
    for n in range(8):
        page[295:310, 298 + n * 36 : 312 + n * 36] = 250
        stroke(page, 303 + n * 36, 300)
        stroke(letters, 303 + n * 36, 300)
    assert ((cleaned(page) < 128) == (letters < 128)).all()


@pytest.mark.parametrize("tilt", [0.0, 0.004])
def test_a_row_may_still_be_a_little_tilted(tilt: float) -> None:
    page = paper()
    for n in range(120):
        dot(page, 200 + n * PITCH, round(300 + tilt * n * PITCH))
    assert not (cleaned(page) < 128).any()


def test_the_colon_before_a_row_stays_whole() -> None:
    page = paper()
    row(page, 300)
    dot(page, 180, 300)
    dot(page, 180, 288)
    clean = cleaned(page)
    assert (clean[300:304, 180:184] == 10).all()
    assert (clean[288:292, 180:184] == 10).all()
    assert not (clean[:, 200:] < 128).any()


def test_a_dot_below_a_letter_stays_beneath_a_row() -> None:
    page = paper()
    row(page, 300)
    dot(page, 600, 309)
    assert (cleaned(page)[309:313, 600:604] == 10).all()


def test_full_stops_and_short_runs_stay() -> None:
    page = paper()
    for y in range(100, 600, 40):
        row(page, y, count=5)  # ".....", an empty value
        for x in range(400, 1500, 60):
            dot(page, x, y)
    picture = GreyPicture(WIDTH, HEIGHT, 200.0, page.tobytes())
    assert remove_dot_leaders(picture) is picture


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (40, 4)])
def test_pictures_smaller_than_a_dot_are_given_back(size: tuple[int, int]) -> None:
    picture = GreyPicture(*size, 200.0, b"\x00" * (size[0] * size[1]))
    assert remove_dot_leaders(picture) is picture


def test_a_screen_of_dots_is_no_row() -> None:
    page = paper()
    page[::4, ::4] = 10
    picture = GreyPicture(WIDTH, HEIGHT, 200.0, page.tobytes())
    assert remove_dot_leaders(picture) is picture
