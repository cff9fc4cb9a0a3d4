"""Tesseract as a program, by ``pytesseract``: the portable engine."""

from __future__ import annotations

import pytesseract
from PIL import Image

from dossier.errors import Misconfigured, TransientFault
from dossier.ports import GreyPicture
from dossier.spine import RecognisedPage
from ocr.recognisers.language import tessdata
from ocr.recognisers.tsv import page_of


class PytesseractRecogniser:
    """Starts the program for each page.

    Args:
        language: Tesseract's name of it, such as ``vie`` or ``vie+eng``.
        seconds: how long a page may take; the program is killed then.

    Raises:
        Misconfigured: ``ocr.program-missing``, ``ocr.language-missing``.
    """

    def __init__(self, *, language: str, seconds: float = 120.0) -> None:
        self._folder = tessdata(language)
        self._language = language
        self._seconds = seconds
        try:
            self._version = str(pytesseract.get_tesseract_version()).split()[0]
        except (pytesseract.TesseractNotFoundError, OSError, SystemExit):
            raise Misconfigured(
                "ocr.program-missing", "the program tesseract is not there; install tesseract-ocr"
            ) from None

    @property
    def engine(self) -> str:
        """Name, version and language."""
        return f"pytesseract {self._version} {self._language}"

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        """The words of a page in reading order, boxes in pt.

        Raises:
            TransientFault: ``ocr.failed``, ``ocr.too-slow``.
            Misconfigured: ``ocr.program-missing``.
        """
        image = Image.frombytes("L", (picture.width, picture.height), picture.pixels)
        image.format = "PPM"  # so it is handed over without the cost of PNG
        try:
            tsv = pytesseract.image_to_data(
                image,
                lang=self._language,
                config=f'--tessdata-dir "{self._folder}" --psm 3 --dpi {round(picture.dpi)}',
                output_type=pytesseract.Output.STRING,
                timeout=self._seconds,
            )
        except pytesseract.TesseractNotFoundError:
            raise Misconfigured(
                "ocr.program-missing", "the program tesseract is not there; install tesseract-ocr"
            ) from None
        except (pytesseract.TesseractError, OSError, ValueError):
            raise TransientFault("ocr.failed", f"page {number}: Tesseract gave up") from None
        except RuntimeError:  # how pytesseract tells that the time is over
            raise TransientFault(
                "ocr.too-slow", f"page {number}: not read within {self._seconds:g} seconds"
            ) from None
        return page_of(tsv, picture, number=number)
