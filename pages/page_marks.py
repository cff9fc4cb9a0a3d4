"""The job that looks at the pages of a file before they are read. Runs in a child."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from dossier.codes import SEPARATOR
from dossier.errors import RejectedInput
from dossier.spine import MediaType
from pages.page_quality import findings

_LONGEST_CODE = 110


def look(
    *, path: str, media_type: str, most_pages: int, seconds: float, max_source_pixels: int
) -> list[dict[str, Any]]:
    """What is seen on the pages of a file.

    Args:
        path: the file as received.
        media_type: of the file.
        most_pages: how many of its pages are looked at, the first ones.
        seconds: no further page is looked at after these.
        max_source_pixels: of a picture in the file.

    Returns:
        For each page that was looked at ``{"number": from 1, "findings": [[what, where], ...],
        "separator": text}``. A page that cannot be drawn is left out.
    """
    from pages.grey import GreySettings, grey  # noqa: PLC0415 - Pillow, in the child only

    settings = GreySettings(max_source_pixels=max_source_pixels)
    end, seen = time.monotonic() + seconds, []
    for number in range(1, most_pages + 1):
        if time.monotonic() > end:
            break
        try:
            picture = grey(Path(path), MediaType(media_type), number, settings=settings)
        except RejectedInput as error:
            if error.code == "page.damaged":
                continue
            break
        pixels = np.frombuffer(picture.pixels, np.uint8)
        page = pixels.reshape(picture.height, picture.width)
        found = [[what.value, where] for what, where in findings(page, picture.dpi)]
        seen.append({"number": number, "findings": found, "separator": _separator(page)})
        if media_type not in {MediaType.PDF, MediaType.TIFF}:
            break
    return seen


def _separator(page: Any) -> str:  # noqa: ANN401 - an array of numpy
    """The text of a separator sheet's QR code; empty where there is none."""
    import zxingcpp  # noqa: PLC0415 - in the child only

    codes = zxingcpp.read_barcodes(
        page,
        formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]),
        try_invert=False,
        try_downscale=False,
    )
    texts = [code.text for code in codes if code.text.startswith(SEPARATOR)]
    return texts[0][:_LONGEST_CODE] if texts else ""
