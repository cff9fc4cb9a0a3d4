"""Plain one-page papers, drawn: what benchmarks of the machinery, not of reading, hand in.

They are certified copies, a kind that requires no value, so that they are accepted as found.
"""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_FONT = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"
_WORDS = "giấy khai sinh trích lục hộ tịch quê quán thường trú uỷ ban nhân dân xã phường"


def drawn_pages(number: int) -> list[bytes]:
    """JPEGs of an A4 page at 200 dpi, 24 bit, each with other words."""
    made = []
    font = ImageFont.truetype(_FONT, 36)
    for seed in range(number):
        rng = random.Random(seed)
        page = Image.new("RGB", (1654, 2339), "white")
        draw = ImageDraw.Draw(page)
        draw.text((150, 102), "CHỨNG THỰC BẢN SAO", 0, font=font)
        for line in range(34):
            draw.text(
                (150, 160 + 58 * line), " ".join(rng.choices(_WORDS.split(), k=11)), 0, font=font
            )
        out = io.BytesIO()
        page.save(out, "JPEG", quality=70, dpi=(200, 200))
        made.append(out.getvalue())
    return made


def draw_papers(folder: Path, number: int) -> None:
    """So many different papers as files in a new folder."""
    folder.mkdir()
    for index, page in enumerate(drawn_pages(number)):
        (folder / f"{index:04}.jpg").write_bytes(page)
