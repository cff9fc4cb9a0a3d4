"""What happens to a sheet between the printer and the file: seals, a pen, and a scanner.

Two scanners: a clean one at 300 dpi, and one at 200 dpi that feeds askew, blurs, lights unevenly
and packs as JPEG of quality 75.
"""

from __future__ import annotations

import io
import math
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bench.heldout.fonts import font
from bench.heldout.sheet import PRINT_DPI, Colour

_PT = PRINT_DPI / 72
_SEAL_RED: Colour = (214, 48, 52)
_PEN_BLUE: Colour = (38, 60, 150)


def _noise(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _seal_mask(text: str, middle: str, rng: Random) -> Image.Image:
    """A round seal of 36 mm as a mask, 255 where there is ink; worn and unevenly inked."""
    side = round(104 * _PT)
    mask = Image.new("L", (side, side), 0)
    pen, centre = ImageDraw.Draw(mask), side / 2
    for radius, width in ((51.0, 1.8), (48.0, 0.7), (31.0, 0.7)):
        r = radius * _PT
        pen.ellipse(
            (centre - r, centre - r, centre + r, centre + r), outline=255, width=round(width * _PT)
        )
    letters = font("heros-cn", "bold", round(10.5 * _PT))
    step = min(math.radians(17), math.radians(330) / len(text))
    for number, letter in enumerate(text):
        angle = (number - (len(text) - 1) / 2) * step
        tile = Image.new("L", (round(16 * _PT),) * 2, 0)
        ImageDraw.Draw(tile).text(
            (tile.width / 2, tile.height / 2), letter, font=letters, fill=255, anchor="mm"
        )
        tile = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
        x = centre + 39.5 * _PT * math.sin(angle) - tile.width / 2
        y = centre - 39.5 * _PT * math.cos(angle) - tile.height / 2
        mask.paste(tile, (round(x), round(y)), tile)
    star = [
        (
            centre + (r := (13.0 if k % 2 == 0 else 5.2) * _PT) * math.sin(k * math.pi / 5),
            centre - 9 * _PT - r * math.cos(k * math.pi / 5),
        )
        for k in range(10)
    ]
    pen.polygon(star, fill=255)
    pen.text(
        (centre, centre + 15 * _PT),
        middle,
        font=font("heros-cn", "bold", round(7.5 * _PT)),
        fill=255,
        anchor="mm",
        align="center",
    )
    mask = mask.rotate(rng.uniform(-14, 14), Image.Resampling.BICUBIC)
    worn = _noise(rng.getrandbits(32)).uniform(0.25, 1.0, (26, 26)).astype(np.float32)
    wear = Image.fromarray((worn * 255).astype(np.uint8)).resize(
        mask.size, Image.Resampling.BICUBIC
    )
    inked = np.asarray(mask, np.float32) * np.clip(np.asarray(wear, np.float32) / 255, 0.3, 0.85)
    return Image.fromarray(inked.astype(np.uint8))


def seal(sheet: Image.Image, at: tuple[float, float], text: str, middle: str, rng: Random) -> None:
    """Press a red seal on a sheet, its centre at a point in pt; the print shows through."""
    mask = _seal_mask(text, middle, rng)
    left = round(at[0] * _PT - mask.width / 2)
    top = round(at[1] * _PT - mask.height / 2)
    area = (left, top, left + mask.width, top + mask.height)
    paper = np.asarray(sheet.crop(area), np.float32)
    share = np.asarray(mask, np.float32)[..., None] / 255
    # Ink lets light through: it multiplies, so black print stays black beneath it.
    ink = np.array(_SEAL_RED, np.float32) / 255
    inked = paper * (1 - share + share * ink)
    sheet.paste(Image.fromarray(inked.astype(np.uint8)), (left, top))


def signature(sheet: Image.Image, at: tuple[float, float], rng: Random) -> None:
    """A scrawl with a blue pen, its left end at a point in pt."""
    x, y = at
    points = [(x, y)]
    for _ in range(rng.randrange(7, 11)):
        x += rng.uniform(-6, 19)
        points.append((x, at[1] + rng.uniform(-24, 18)))
    curve = []
    for a, b, c in zip(points, points[1:], points[2:], strict=False):
        for k in range(12):
            t = k / 12
            start, end = (
                ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2),
                ((b[0] + c[0]) / 2, (b[1] + c[1]) / 2),
            )
            curve.append(
                tuple(
                    ((1 - t) ** 2 * start[i] + 2 * t * (1 - t) * b[i] + t * t * end[i]) * _PT
                    for i in (0, 1)
                )
            )
    ImageDraw.Draw(sheet).line(curve, fill=_PEN_BLUE, width=round(1.1 * _PT), joint="curve")


def photocopied(sheet: Image.Image, rng: Random) -> Image.Image:
    """The sheet as a photocopier repeats it: grey, a little coarser, with specks."""
    grey = sheet.convert("L").filter(ImageFilter.GaussianBlur(1.1))
    pixels = np.asarray(grey, np.float32)
    pixels = np.clip((pixels - 128) * 1.35 + 146, 0, 255)
    noise = _noise(rng.getrandbits(32))
    for _ in range(rng.randrange(10, 40)):
        x, y = noise.integers(0, grey.width - 6), noise.integers(0, grey.height - 6)
        pixels[y : y + 4, x : x + 4] = 60
    return Image.fromarray(pixels.astype(np.uint8)).convert("RGB")


def clean_scan(sheet: Image.Image, rng: Random) -> Image.Image:
    """300 dpi, straight within a fifth of a degree, slight noise."""
    turned = _fed(sheet, rng.uniform(-0.2, 0.2), 300)
    return _lit(turned, rng, blur=0, noise=2.5, uneven=0.01)


def hard_scan(sheet: Image.Image, rng: Random) -> Image.Image:
    """200 dpi, up to two degrees askew, mildly blurred, noisy, unevenly lit, JPEG of quality 75."""
    turned = _fed(sheet, rng.uniform(-2, 2), 200)
    dimmed = _lit(turned, rng, blur=rng.uniform(0.4, 0.75), noise=rng.uniform(4, 8), uneven=0.12)
    packed = io.BytesIO()
    dimmed.save(packed, "JPEG", quality=75)
    return Image.open(packed).convert("RGB")


def _fed(sheet: Image.Image, degrees: float, dpi: int) -> Image.Image:
    size = (round(sheet.width * dpi / PRINT_DPI), round(sheet.height * dpi / PRINT_DPI))
    askew = abs(degrees) > 0.5
    return sheet.resize(size, Image.Resampling.BOX if askew else Image.Resampling.BICUBIC).rotate(
        degrees,
        Image.Resampling.BICUBIC if askew else Image.Resampling.BILINEAR,
        fillcolor=(236, 236, 234) if askew else (252, 252, 252),
    )


def _lit(
    image: Image.Image, rng: Random, *, blur: float, noise: float, uneven: float
) -> Image.Image:
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    pixels = np.array(image, np.float32)
    source = _noise(rng.getrandbits(32))
    across = np.linspace(-1, 1, image.width, dtype=np.float32)[None, :]
    along = np.linspace(-1, 1, image.height, dtype=np.float32)[:, None]
    slope = rng.uniform(-1, 1) * across + rng.uniform(-1, 1) * along
    light = 1 - uneven * (slope - slope.min()) / max(float(np.ptp(slope)), 1e-6)
    grain = source.standard_normal(pixels.shape[:2], np.float32) * np.float32(noise)
    pixels *= light.astype(np.float32)[..., None]
    pixels += grain[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255, out=pixels).astype(np.uint8))
