"""What a file and a page may be at most. Checked from headers, before anything is decoded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dossier.errors import Misconfigured, RejectedInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one received file.

    Attributes:
        max_bytes: of the file.
        max_pages: in the file.
        max_pixels: of one picture in it, width times height; an A3 sheet at 600 dpi has 70 million.
        max_paper_pixels: of all pages together; 1,000 A4 pages at 300 dpi have 9 billion.
        max_side: pt, the longer side of a page; A0 is 3370.
    """

    max_bytes: int = 200_000_000
    max_pages: int = 500
    max_pixels: int = 100_000_000
    max_paper_pixels: int = 10_000_000_000
    max_side: float = 14_400.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value <= 0:
                raise Misconfigured("limits.bad-value", f"the limit {name} must be above zero")

    def to_json(self) -> dict[str, Any]:
        """As the arguments of a job."""
        return asdict(self)


def too_costly(limits: Limits) -> RejectedInput:
    """The error for a file whose pages have too many pixels together."""
    return RejectedInput(
        "scan.too-costly",
        f"the pages of the file have more than {limits.max_paper_pixels / 1e9:g} billion pixels "
        "together; scan the paper at a lower resolution (200 to 300 dpi will do), or send it in "
        "parts",
    )


def too_large(limits: Limits) -> RejectedInput:
    """The error for a file beyond the limit."""
    return RejectedInput(
        "scan.too-large",
        f"the file is larger than {limits.max_bytes / 1e6:.0f} MB; send it in parts, or scan it at "
        "a lower resolution (200 to 300 dpi will do)",
    )
