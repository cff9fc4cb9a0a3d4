"""Tesseract in process, by ``tesserocr``: the fast engine, and the default."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import tesserocr

from dossier.errors import Misconfigured, TransientFault
from dossier.ports import GreyPicture
from dossier.spine import RecognisedPage
from ocr.recognisers.language import tessdata
from ocr.recognisers.tsv import page_of


class TesserocrRecogniser:
    """One engine with its language loaded, kept for many pages.

    Args:
        language: Tesseract's name of it, such as ``vie`` or ``vie+eng``.
        variables: Tesseract's own settings, by name.

    Raises:
        Misconfigured: ``ocr.language-missing``.
    """

    def __init__(self, *, language: str, variables: Mapping[str, str] | None = None) -> None:
        # The wheel's own default folder is wrong, so it is always passed.
        folder = tessdata(language)
        self._language = language
        try:
            self._api = tesserocr.PyTessBaseAPI(
                path=str(folder), lang=language, psm=tesserocr.PSM.AUTO
            )
        except RuntimeError:
            raise Misconfigured(
                "ocr.language-missing",
                f"Tesseract cannot load its files for {language}; install them again",
            ) from None
        for name, value in (variables or {}).items():
            self._api.SetVariable(name, value)

    @property
    def engine(self) -> str:
        """Name, version and language."""
        version = tesserocr.tesseract_version().split()[1]
        return f"tesserocr {version} {self._language}"

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        """The words of a page in reading order, boxes in pt.

        Raises:
            TransientFault: ``ocr.failed``: Tesseract gave up on the page.
        """
        try:
            self._api.SetImageBytes(picture.pixels, picture.width, picture.height, 1, picture.width)
            self._api.SetSourceResolution(round(picture.dpi))
            if not self._api.Recognize():
                raise TransientFault("ocr.failed", f"page {number}: Tesseract gave up")
            tsv = self._api.GetTSVText(0)
        except RuntimeError:
            raise TransientFault("ocr.failed", f"page {number}: Tesseract gave up") from None
        finally:
            self._api.Clear()
        return page_of(tsv, picture, number=number)

    def close(self) -> None:
        """Free the engine."""
        self._api.End()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
