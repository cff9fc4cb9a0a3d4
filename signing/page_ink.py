"""The ink of a page: what a stamp must not cover."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from dossier.ports import PageInk
from dossier.spine import MediaType
from pages.children import JobRunner
from pages.grey import GreySettings, grey

JOB = "signing.page_ink:ink_job"
DEADLINE = 60.0  # seconds

_DPI = 72.0
_CELL = 3  # px a side
# Paper is rarely white: ink is darker than the most frequent bright level by so much.
_BRIGHT = 128
_DARKER = 36  # grey levels
_LEAST = 1.5 / _CELL**2  # of a cell; one dark px is a speck


def page_ink(path: Path, *, children: JobRunner, what: str) -> PageInk:
    """The ink of page 1 of a PDF, annotations included, found in a child.

    Args:
        path: of the PDF; read by the child.
        children: the pool that runs the child.
        what: names the job in errors, such as ``paper <uuid>``.

    Raises:
        RejectedInput: the page cannot be drawn.
        TransientFault: ``child....``: the child was killed or crashed.
    """
    return ink_of(children.run(JOB, {}, reads={"path": path}, deadline=DEADLINE, what=what))


def ink_of(found: Mapping[str, Any]) -> PageInk:
    """The ink that a job found."""
    rows = tuple(int(row, 16) for row in found["rows"])
    return PageInk(cell=found["cell"], bits=found["bits"], rows=rows)


def ink_job(*, path: str) -> dict[str, Any]:
    """The job that a child runs: cell (pt), bits, and rows (hexadecimal) of ``PageInk``."""
    settings = GreySettings(dpi=_DPI, least_dpi=_DPI)
    picture = grey(Path(path), MediaType.PDF, 1, settings=settings)
    image = Image.frombytes("L", (picture.width, picture.height), picture.pixels)
    histogram = image.histogram()
    paper = max(range(_BRIGHT, 256), key=histogram.__getitem__)
    dark = image.point([255 if level < paper - _DARKER else 0 for level in range(256)])
    least = 255 * _LEAST
    cells = dark.reduce(_CELL).point([255 if level >= least else 0 for level in range(256)])
    packed = cells.convert("1", dither=Image.Dither.NONE).tobytes()
    across = (cells.width + 7) // 8
    return {
        "cell": _CELL * 72 / picture.dpi,
        "bits": 8 * across,
        "rows": [packed[i : i + across].hex() for i in range(0, len(packed), across)],
    }
