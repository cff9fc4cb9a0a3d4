"""Smoothing of pages whose grey tones are screened: error diffusion, halftones, salt and pepper.

Tesseract takes the dots of a screen for strokes and finds no line. Measured on a government page
made bitonal by error diffusion over a grey ground (170 of 255): at 300 dpi no word is read, after
smoothing by one pixel 173 of 170; at 200 dpi 5, and then 171.
"""

from __future__ import annotations

from dossier.ports import GreyPicture

_DPI = 200.0  # at which the radius holds


def smoothed(picture: GreyPicture, radius: float) -> GreyPicture:
    """The picture under a Gaussian blur.

    Args:
        picture: the page in grey.
        radius: standard deviation in px at 200 dpi.
    """
    from PIL import Image, ImageFilter  # noqa: PLC0415 - in the child only

    image = Image.frombytes("L", (picture.width, picture.height), picture.pixels)
    blurred = image.filter(ImageFilter.GaussianBlur(radius * picture.dpi / _DPI))
    return GreyPicture(picture.width, picture.height, picture.dpi, blurred.tobytes())
