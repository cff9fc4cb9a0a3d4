"""A one-page paper that is quick to read: a few lines on a sheet of A6 at 150 dpi.

It is a certified copy, a kind that requires no value, so that it can be accepted as found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

_FONT = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"
_SIZE = (620, 874)
_DPI = 150


def draw(path: Path, number: int = 1, *, pages: int = 1) -> Path:
    """Draw a paper; each number gives other bytes. Many pages need a TIFF or PDF."""
    font = ImageFont.truetype(_FONT, 26)
    sheets = []
    for page in range(1, pages + 1):
        sheet = Image.new("L", _SIZE, "white")
        draw_on = ImageDraw.Draw(sheet)
        lines = ("CHỨNG THỰC BẢN SAO", f"Số: {number}/BN", f"Trang {page}", "Đã nhận đủ hồ sơ.")
        for line, text in enumerate(lines):
            draw_on.text((60, 260 + 60 * line), text, fill="black", font=font)
        sheets.append(sheet)
    more: dict[str, Any] = {}
    if path.suffix == ".pdf":
        more = {"save_all": True, "append_images": sheets[1:], "resolution": _DPI}
    elif path.suffix == ".tif":
        more = {"save_all": True, "append_images": sheets[1:], "compression": "tiff_lzw"}
    sheets[0].save(path, dpi=(_DPI, _DPI), **more)
    return path
