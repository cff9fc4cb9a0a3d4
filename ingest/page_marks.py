"""Looks at the pages of a scan as soon as it is received: quality, and separator sheets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dossier.reports import PageFinding, PageMarks
from dossier.spine import Scan
from pages.children import PRELOAD, JobRunner

_MOST_PAGES = 60
_SECONDS = 8.0
_DEADLINE = 20.0


def look_at_pages(
    scan: Scan, file: Path, *, children: JobRunner, max_pixels: int
) -> tuple[PageMarks, ...]:
    """What is seen on the first pages of a scan; a page that was not looked at is left out.

    Args:
        scan: as received.
        file: its bytes.
        children: where hostile files are opened.
        max_pixels: of a picture in the file.

    Raises:
        TransientFault: the child failed.
    """
    seen = children.run(
        "pages.page_marks:look",
        {
            "media_type": scan.media_type.value,
            "most_pages": _MOST_PAGES,
            "seconds": _SECONDS,
            "max_source_pixels": max_pixels,
        },
        reads={"path": file},
        prepare=PRELOAD,
        deadline=_DEADLINE,
        what=f"scan {scan.id}",
    )
    return _marks(seen)


def _marks(seen: Any) -> tuple[PageMarks, ...]:  # noqa: ANN401 - any JSON value
    """The marks of a child's answer, which is not trusted."""
    try:
        return tuple(
            PageMarks(
                int(page["number"]),
                tuple((PageFinding(what), str(where)[:20]) for what, where in page["findings"]),
                str(page["separator"])[:120],
            )
            for page in seen
        )
    except (TypeError, ValueError, KeyError):
        return ()
