"""A page becomes a grey picture for the recogniser. In a child; one page at a time.

Three ways, the cheapest that is right: where the page is just one picture, that picture's own
stream is decoded straight to grey; else the page is drawn, annotations included, since the
appearance of a signature is visible content. Picture files are decoded as they are. What comes out
stands as the page is shown, has square pixels, and never more of them than requested.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from dossier.errors import Misconfigured, RejectedInput
from dossier.ports import GreyPicture
from dossier.spine import MediaType
from pages.headroom import need
from pages.pictures import DAMAGE, frame_of, opened, page_missing, to_grey, too_many_pixels
from pages.tiff_directories import page_directories
from pages.tiff_strips import is_striped, strips

_POINTS = 72.0
_CLOCKWISE = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GreySettings:
    """How a page is made grey.

    Attributes:
        dpi: what pages are drawn at, and the most that a picture keeps.
        least_dpi: a picture of fewer is enlarged to this.
        max_pixels: of the grey picture; a page that would have more gets fewer dpi.
        max_source_pixels: of a picture in the file, as in ``Limits``.
        renderer: ``pdfium``, or ``poppler`` for the portable path (``pdf2image``).
        seconds: the most that poppler may take.
    """

    dpi: float = 200.0
    least_dpi: float = 150.0
    max_pixels: int = 25_000_000
    max_source_pixels: int = 100_000_000
    renderer: str = "pdfium"
    seconds: float = 60.0


class _Broken(Exception):
    """What was thrown at a damaged page, whatever it was."""


def grey(path: Path, media_type: MediaType, number: int, *, settings: GreySettings) -> GreyPicture:
    """The page as a grey picture.

    Args:
        path: the file as received.
        media_type: of the file.
        number: of the page, from 1.
        settings: resolution and limits.

    Raises:
        RejectedInput: ``page.damaged``, ``page.missing``, ``page.too-slow``,
            ``scan.too-many-pixels``; ``scan.damaged``, ``scan.encrypted`` where the file cannot
            even be opened.
        Misconfigured: ``renderer.missing``: poppler's programs are not installed.
    """
    try:
        if media_type is not MediaType.PDF:
            image, width = _from_file(path, media_type, number, settings)
        elif settings.renderer == "poppler":
            image, width = _by_poppler(path, number, settings)
        else:
            image, width = _from_pdf(path, number, settings)
    except _Broken:
        raise RejectedInput(
            "page.damaged", f"page {number} is damaged and cannot be read; scan it again"
        ) from None
    return GreyPicture(*image.size, image.width / width * _POINTS, image.tobytes())


def turned(picture: GreyPicture, turn: int) -> GreyPicture:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees."""
    if not turn:
        return picture
    image = _image(picture).transpose(_CLOCKWISE[turn])
    return GreyPicture(*image.size, picture.dpi, image.tobytes())


def smaller(picture: GreyPicture, factor: int) -> GreyPicture:
    """The picture with a whole number of times fewer pixels a side."""
    image = _image(picture).reduce(factor)
    return GreyPicture(*image.size, image.width * picture.dpi / picture.width, image.tobytes())


def _image(picture: GreyPicture) -> Image.Image:
    return Image.frombytes("L", (picture.width, picture.height), picture.pixels)


def _from_file(
    path: Path, media_type: MediaType, number: int, settings: GreySettings
) -> tuple[Image.Image, float]:
    """The picture of a file, and the page's width in pt."""
    with opened(path, media_type, max_pixels=settings.max_source_pixels, number=number) as image:
        try:
            frame = frame_of(image, max_pixels=settings.max_source_pixels)
            if media_type is MediaType.TIFF and is_striped(image):
                picture = _grey_by_strips(path, number, image)
            else:
                # Only the brightness of a JPEG is decoded, not its colours.
                image.draft("L", None)
                picture = to_grey(image)
        except DAMAGE:
            raise _Broken from None
    if frame.transpose is not None:
        picture = picture.transpose(frame.transpose)
    return fitted(picture, (frame.width, frame.height), settings), frame.width


def _grey_by_strips(path: Path, number: int, image: Image.Image) -> Image.Image:
    """A large TIFF in grey, one byte a pixel."""
    need(image.width * image.height)
    whole = Image.new("L", image.size, 255)
    for top, strip in strips(path, page_directories(path)[number - 1], image):
        whole.paste(to_grey(strip), (0, top))
    return whole


def fitted(image: Image.Image, size: tuple[float, float], settings: GreySettings) -> Image.Image:
    """The grey picture with square pixels, within the wanted resolution and number of pixels.

    Args:
        image: mode L.
        size: of the page, in pt.
        settings: resolution and limits.
    """
    width, height = (max(side, 0.01) / _POINTS for side in size)  # inches
    dpi_x, dpi_y = image.width / width, image.height / height
    native = max(dpi_x, dpi_y)
    dpi = limited(max(min(native, settings.dpi), settings.least_dpi), size, settings)
    wanted = (max(1, round(width * dpi)), max(1, round(height * dpi)))
    # A tenth is not worth a resampling that blurs strokes; nor are pixels that are all but square.
    if native / dpi < 1.1 and dpi / native < 1.1 and 0.98 < dpi_x / dpi_y < 1.02:  # noqa: PLR2004 - as said
        return image
    smaller_now = wanted[0] <= image.width and wanted[1] <= image.height
    how = Image.Resampling.BOX if smaller_now and native / dpi > 2 else Image.Resampling.BICUBIC  # noqa: PLR2004 - where every source pixel counts
    return image.resize(wanted, how)


def limited(dpi: float, size: tuple[float, float], settings: GreySettings) -> float:
    """The resolution, lowered where the page would have too many pixels."""
    pixels = max(size[0], 1.0) * max(size[1], 1.0) * (dpi / _POINTS) ** 2
    return dpi if pixels <= settings.max_pixels else dpi * math.sqrt(settings.max_pixels / pixels)


def _from_pdf(path: Path, number: int, settings: GreySettings) -> tuple[Image.Image, float]:
    from pages.only_picture import cover, decoded, weight_of_pictures  # noqa: PLC0415 - pikepdf, for PDF alone
    from pages.pdf import PDF_DAMAGE, opened_pdf, rotation, shown_size  # noqa: PLC0415 - the same

    with opened_pdf(path) as pdf:
        try:
            if not 1 <= number <= len(pdf.pages):
                raise page_missing(number)
            page = pdf.pages[number - 1]
            size, turn = shown_size(page), rotation(page)
            found = cover(page, max_pixels=settings.max_source_pixels)
            weight = weight_of_pictures(page)
            image = None
            if found is not None and found.alone:
                image = decoded(found, max_pixels=settings.max_source_pixels)
        except PDF_DAMAGE:
            raise _Broken from None
    if image is not None:
        image = to_grey(image)
        if turn:
            image = image.transpose(_CLOCKWISE[turn])
        return fitted(image, size, settings), size[0]
    dpi = settings.dpi
    if found is not None:
        # More than the picture has would cost time and gain nothing.
        across = found.width if turn % 180 == 0 else found.height
        native = across / size[0] * _POINTS
        dpi = max(min(dpi, native), settings.least_dpi)
    dpi = limited(dpi, size, settings)
    # A byte a pixel drawn, and as much again for what is laid over it.
    need(weight + round(2 * size[0] * size[1] * (dpi / _POINTS) ** 2))
    return _by_pdfium(path, number, size, dpi), size[0]


def _by_pdfium(path: Path, number: int, size: tuple[float, float], dpi: float) -> Image.Image:
    import pypdfium2  # noqa: PLC0415 - 0.15 s that most scans do not need

    document: Any = None
    try:
        document = pypdfium2.PdfDocument(path)
        document.init_forms()
        page = document[number - 1]
        width = page.get_width()
        # pdfium knows no user units: the scale makes up for it.
        unit = size[0] / width if width > 0 else 1.0
        bitmap = page.render(
            scale=dpi / _POINTS * unit, grayscale=True, draw_annots=True, may_draw_forms=True
        )
        return Image.frombuffer(
            "L", (bitmap.width, bitmap.height), bytes(bitmap.buffer), "raw", "L", bitmap.stride, 1
        )
    except (pypdfium2.PdfiumError, *DAMAGE):
        raise _Broken from None
    finally:
        if document is not None:
            document.close()


def _by_poppler(path: Path, number: int, settings: GreySettings) -> tuple[Image.Image, float]:
    import pdf2image  # noqa: PLC0415 - the portable path only
    from pdf2image import exceptions  # noqa: PLC0415 - the same

    from pages.pdf import PDF_DAMAGE, opened_pdf, shown_size  # noqa: PLC0415 - the same

    with opened_pdf(path) as pdf:
        try:
            if not 1 <= number <= len(pdf.pages):
                raise page_missing(number)
            size = shown_size(pdf.pages[number - 1])
        except PDF_DAMAGE:
            raise _Broken from None
    dpi = limited(settings.dpi, size, settings)
    Image.MAX_IMAGE_PIXELS = settings.max_source_pixels
    try:
        drawn = pdf2image.convert_from_path(
            path,
            dpi=round(dpi),  # overruled by size
            first_page=number,
            last_page=number,
            grayscale=True,
            use_cropbox=True,
            size=(max(1, round(size[0] / _POINTS * dpi)), max(1, round(size[1] / _POINTS * dpi))),
            timeout=max(1, round(settings.seconds)),
        )
    except exceptions.PDFInfoNotInstalledError:
        raise Misconfigured(
            "renderer.missing", "pdftoppm is not there; install poppler-utils, or use pdfium"
        ) from None
    except exceptions.PDFPopplerTimeoutError:
        raise RejectedInput(
            "page.too-slow", f"page {number} takes too long to draw; print and scan it"
        ) from None
    except Image.DecompressionBombError:
        raise too_many_pixels(settings.max_source_pixels) from None
    except (exceptions.PDFPageCountError, exceptions.PDFSyntaxError, *DAMAGE):
        raise _Broken from None
    if not drawn:
        raise _Broken
    return to_grey(drawn[0]), size[0]
