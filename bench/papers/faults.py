"""What a scanner, an official's stamp and a folder do to a sheet."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from bench.papers import sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Which faults and how much of each.

    Attributes:
        skew: degrees.
        noise: standard deviation in grey levels.
        stamp: centre of a red round stamp as shares of width and height, or None.
        fold: a fold across the page at this share of the height, or None.
        light: how many grey levels one side is darker.
        blur: radius in px at 300 dpi.
        jpeg: quality the picture went through once, or None.
        bitonal: whether the scanner made black and white of it.
    """

    skew: float = 0.0
    noise: float = 0.0
    stamp: tuple[float, float] | None = None
    fold: float | None = None
    light: float = 0.0
    blur: float = 0.0
    jpeg: int | None = None
    bitonal: bool = False


def some_faults(rng: random.Random) -> Faults:
    """Faults as they come on a bad day: a skew and a stamp always."""
    return Faults(
        skew=rng.choice((-1, 1)) * rng.uniform(0.3, 2.2),
        noise=rng.uniform(0, 12),
        stamp=(rng.uniform(0.2, 0.85), rng.uniform(0.25, 0.9)),
        fold=rng.choice((None, rng.uniform(0.3, 0.7))),
        light=rng.uniform(0, 50),
        blur=rng.uniform(0, 1.0),
        jpeg=rng.choice((None, 60, 75, 85)),
        bitonal=rng.random() < 0.15,
    )


def scanned(page: Image.Image, faults: Faults, *, dpi: int, rng: random.Random) -> Image.Image:
    """The sheet as the scanner gives it, RGB or, where bitonal, 1 bit."""
    picture = page
    if faults.stamp:
        picture = _stamped(picture, faults.stamp, dpi=dpi, rng=rng)
    if faults.skew:
        picture = picture.rotate(faults.skew, Image.Resampling.BICUBIC, fillcolor=(250, 250, 250))
    if faults.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(faults.blur * dpi / 300))
    pixels = np.asarray(picture, dtype=np.float32)
    height, width = pixels.shape[:2]
    if faults.light:
        angle = rng.uniform(0, 2 * math.pi)
        x, y = np.linspace(-0.5, 0.5, width), np.linspace(-0.5, 0.5, height)
        slope = (np.cos(angle) * x[None, :] + np.sin(angle) * y[:, None] + 0.7) / 1.4
        pixels = pixels - (faults.light * slope)[..., None].astype(np.float32)
    if faults.fold is not None:
        away = np.abs(np.arange(height) - faults.fold * height) / (dpi / 40)
        pixels = pixels - (70 * np.exp(-(away**2)))[:, None, None].astype(np.float32)
    if faults.noise:
        noise = np.random.default_rng(rng.randrange(2**32)).normal(0, faults.noise, (height, width))
        pixels = pixels + noise[..., None].astype(np.float32)
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if faults.jpeg:
        squeezed = io.BytesIO()
        picture.save(squeezed, "JPEG", quality=faults.jpeg)
        picture = Image.open(squeezed).convert("RGB")
    if faults.bitonal:
        return picture.convert("L").point(lambda v: 255 if v > 165 else 0).convert("1")
    return picture


def _stamped(
    page: Image.Image, at: tuple[float, float], *, dpi: int, rng: random.Random
) -> Image.Image:
    """A red round stamp over what is printed: ink darkens, it does not cover."""
    size = round(36 / 25.4 * dpi)
    stamp = Image.new("RGB", (size, size), "white")
    draw = ImageDraw.Draw(stamp)
    red, wide = (rng.randint(195, 225), rng.randint(30, 70), rng.randint(40, 80)), max(2, dpi // 75)
    draw.ellipse((wide, wide, size - wide, size - wide), outline=red, width=wide)
    draw.ellipse((size * 0.2, size * 0.2, size * 0.8, size * 0.8), outline=red, width=wide // 2 + 1)
    star = [
        (size / 2 + r * math.sin(i * math.pi / 5), size / 2 - r * math.cos(i * math.pi / 5))
        for i, r in enumerate([size * 0.14, size * 0.06] * 5)
    ]
    draw.polygon(star, fill=red)
    font: ImageFont.FreeTypeFont = sheet.Sheet(dpi, sheet.Style(size=9)).font(sheet.BOLD)
    words = "ỦY BAN NHÂN DÂN XÃ IA GRAI * TỈNH GIA LAI * "
    for i, letter in enumerate(words):
        turn = 360 * i / len(words)
        tile = Image.new("RGB", (size, size), "white")
        ImageDraw.Draw(tile).text((size / 2, size * 0.05), letter, font=font, fill=red, anchor="ma")
        stamp = ImageChops.multiply(stamp, tile.rotate(-turn, fillcolor=(255, 255, 255)))
    stamp = stamp.rotate(rng.uniform(-25, 25), fillcolor=(255, 255, 255))
    place = Image.new("RGB", page.size, "white")
    place.paste(
        stamp, (round(at[0] * page.width - size / 2), round(at[1] * page.height - size / 2))
    )
    return ImageChops.multiply(page, place)
