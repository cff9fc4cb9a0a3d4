"""Makes one PDF of pages of two files, by way of a child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dossier.spine import MediaType
from pages.children import PRELOAD, JobRunner

_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """A file that gives pages.

    Attributes:
        path: of the file.
        media_type: detected from content.
        pages: number, width and height in pt as shown, and turn in degrees clockwise, in order.
    """

    path: Path
    media_type: MediaType
    pages: tuple[tuple[int, float, float, int], ...]


def compose(
    first: PageSource,
    second: PageSource,
    order: Sequence[tuple[int, int]],
    out: Path,
    *,
    children: JobRunner,
    max_pixels: int,
    what: str,
) -> None:
    """Write a PDF of pages of two files, in a child.

    Args:
        first: a file as received.
        second: another one.
        order: of the pages: 0 or 1 for the file, and the index in its ``pages``.
        out: where to write.
        children: where the work is done.
        max_pixels: of one picture.
        what: is composed, for errors.

    Raises:
        RejectedInput: ``scan.damaged``, ``scan.encrypted``, ``scan.too-many-pixels``.
        TransientFault: the child did not come to its end.
    """
    children.run(
        "ocr.pdfa.compose_job:write_composed",
        {
            "kinds": [first.media_type.value, second.media_type.value],
            "pages": [[list(page) for page in one.pages] for one in (first, second)],
            "order": [list(one) for one in order],
            "max_pixels": max_pixels,
        },
        reads={"first": first.path, "second": second.path},
        writes={"out": out},
        prepare=PRELOAD,
        deadline=_SECONDS,
        what=what,
    )
