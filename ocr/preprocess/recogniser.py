"""A recogniser that prepares pages for another one and reads doubtful parts again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dossier.ports import GreyPicture, Recogniser
from dossier.spine import RecognisedPage
from ocr.preprocess.colour_dropout import needs_colour_dropout, read_without_colour
from ocr.preprocess.deskew import deskewed, rotated
from ocr.preprocess.dots import remove_dot_leaders
from ocr.preprocess.dotted_lines import reread_dotted_lines
from ocr.preprocess.second_reading import DigitReader, reread_numbers
from ocr.preprocess.smoothing import smoothed
from ocr.preprocess.unread_ink import Ink, ink_of, legible_letters

FEW_WORDS = "page.few-words"

# Standard deviations of the smoothing, in px at 200 dpi, that a page with unread ink is tried with.
_SMOOTHINGS = (1.0, 1.6)


class PreprocessingRecogniser:
    """Deskews a page, removes dot leaders, and reads parts of it again. Runs in a child.

    A page whose ink was hardly read is smoothed and read again: error diffusion hides letters from
    the engine. A page of people with unread ink or bad words is read again without its coloured
    ink. Lines with dot leaders that stayed, and numbers of people, are read a second time.

    Args:
        recogniser: what recognises pages.
        digits: what reads numbers a second time.
    """

    def __init__(self, recogniser: Recogniser, *, digits: DigitReader) -> None:
        self._recogniser = recogniser
        self._digits = digits

    @property
    def engine(self) -> str:
        """Name, version and language of the recogniser within."""
        return self._recogniser.engine

    def recognise(
        self,
        picture: GreyPicture,
        *,
        number: int,
        without_colour: Callable[[], GreyPicture | None] | None = None,
    ) -> RecognisedPage:
        """The words of a page in reading order, boxes in pt on the page as received.

        Args:
            picture: the upright page.
            number: the page's number, from 1.
            without_colour: makes the same picture, of the same size, without its coloured ink;
                called only for pages that may need it. None where the page has no colours.

        Returns:
            The page; with the doubt ``page.few-words`` where much of its ink was not read.

        Raises:
            TransientFault: as the recogniser within.
        """
        level = deskewed(picture)
        clean = remove_dot_leaders(level.picture)
        page = self._recogniser.recognise(clean, number=number)
        ink = ink_of(page, clean)
        if ink.hardly_read:
            page, clean, ink = self._smoothed(page, clean, ink)
        if without_colour is not None and needs_colour_dropout(page, ink):
            colourless = without_colour()
            if colourless is not None:
                colourless = remove_dot_leaders(rotated(colourless, level.degrees))
                read = read_without_colour(page, clean, colourless, recogniser=self._recogniser)
                if read is not page:
                    page, clean, ink = read, colourless, ink_of(read, colourless)
        page = reread_dotted_lines(page, clean, recogniser=self._recogniser)
        page = reread_numbers(page, clean, read_digits=self._digits)
        if ink.hardly_read:
            page = replace(page, doubts=(*page.doubts, FEW_WORDS))
        return level.restored(page)

    def _smoothed(
        self, page: RecognisedPage, picture: GreyPicture, ink: Ink
    ) -> tuple[RecognisedPage, GreyPicture, Ink]:
        """The reading that finds the most letters, its picture, and the ink left unread."""
        best = page, picture, ink
        for radius in _SMOOTHINGS:
            tried = smoothed(picture, radius)
            read = self._recogniser.recognise(tried, number=page.number)
            if legible_letters(read) > legible_letters(best[0]):
                best = read, tried, ink_of(read, tried)
            if not best[2].hardly_read:
                break
        return best
