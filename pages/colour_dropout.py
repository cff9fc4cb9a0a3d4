"""A page without its coloured ink, such as that of a stamp. In a child.

The brightest of red, green and blue shows black ink only, but leaves red ink light grey; where red
prevails it is therefore raised to the paper's brightness. Print under a red stamp is dark in red,
too, and stays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from dossier.errors import RejectedInput
from dossier.ports import GreyPicture
from dossier.spine import MediaType
from pages.headroom import need
from pages.pictures import DAMAGE, frame_of, opened, without_empty_alpha
from pages.tiff_strips import LARGE

_BYTES_A_PIXEL = 10  # three colours, their brightest, and what resizing takes
_LEAST_EXCESS, _RAISE = 30, 0.6  # grey levels of red over green and blue; share that is added


def without_colour(
    path: Path, media_type: MediaType, number: int, *, like: GreyPicture, max_source_pixels: int
) -> GreyPicture | None:
    """The same picture as ``like`` with coloured ink gone: the brightest of red, green and blue.

    Args:
        path: the file as received.
        media_type: of the file.
        number: of the page, from 1.
        like: the page as ``pages.grey.grey`` made it, not turned.
        max_source_pixels: of a picture in the file, as in ``Limits``.

    Returns:
        A picture of equal size and resolution; None where the page has no colours or cannot be
        read in colour.
    """
    need(_BYTES_A_PIXEL * like.width * like.height)
    try:
        if media_type is MediaType.PDF:
            image = _drawn(path, number, like)
        else:
            image = _from_file(path, media_type, number, max_source_pixels)
    except (RejectedInput, EOFError, *DAMAGE):
        return None
    if image is None:
        return None
    red, green, blue = image.split()
    others = ImageChops.lighter(green, blue)
    raised = ImageChops.subtract(red, others).point(_raised)
    brightest = ImageChops.add(ImageChops.lighter(red, others), raised)
    if brightest.size != (like.width, like.height):
        brightest = brightest.resize((like.width, like.height), Image.Resampling.BICUBIC)
    return GreyPicture(like.width, like.height, like.dpi, brightest.tobytes())


def _raised(excess: int) -> float:
    """By how much a dot is raised whose red exceeds green and blue by so much, grey levels."""
    return excess * _RAISE if excess > _LEAST_EXCESS else 0


def _from_file(
    path: Path, media_type: MediaType, number: int, max_pixels: int
) -> Image.Image | None:
    with opened(path, media_type, max_pixels=max_pixels, number=number) as image:
        frame = frame_of(image, max_pixels=max_pixels)
        if image.width * image.height >= LARGE:
            return None  # a plan, not a paper of people; its colours take too much memory
        plain = without_empty_alpha(image)
        if plain.mode not in {"RGB", "YCbCr"}:
            return None
        picture = plain.convert("RGB")
    return picture if frame.transpose is None else picture.transpose(frame.transpose)


def _drawn(path: Path, number: int, like: GreyPicture) -> Image.Image | None:
    import pypdfium2  # noqa: PLC0415 - 0.15 s that only pages under a stamp need

    document: Any = None
    try:
        document = pypdfium2.PdfDocument(path)
        document.init_forms()
        page = document[number - 1]
        # pdfium knows no user units: the scale goes by pixels.
        scale = like.width / page.get_width()
        drawn = page.render(scale=scale, draw_annots=True, may_draw_forms=True)
        image: Image.Image = drawn.to_pil().convert("RGB")
    except pypdfium2.PdfiumError:
        return None
    else:
        return image
    finally:
        if document is not None:
            document.close()
