"""A recogniser that takes care of what fields need: straight pages, dotted lines, numbers."""

from __future__ import annotations

from collections.abc import Callable

from dossier.ports import GreyPicture, Recogniser
from dossier.spine import RecognisedPage
from ocr.preprocess.black_ink import needs_black_ink, read_by_black_ink
from ocr.preprocess.deskew import straightened, turned_by
from ocr.preprocess.dots import without_dots
from ocr.preprocess.leaders import leaders_read_again
from ocr.preprocess.second_reading import DigitReader, numbers_read_again


class CarefulRecogniser:
    """Another recogniser, looked over the shoulder. Runs in a child.

    A skewed page is straightened first, and rows of dots are painted over; a page of people under
    a coloured stamp is read by its black ink as well; lines whose dots would not go are read again
    without them; numbers of people are read a second time by other means, and their confidence
    tells the outcome.

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
        black_ink: Callable[[], GreyPicture | None] | None = None,
    ) -> RecognisedPage:
        """The words of a page in reading order, boxes in pt on the page as received.

        Args:
            picture: the upright page.
            number: the page's number, from 1.
            black_ink: makes the same picture, of the same size, with coloured ink gone; asked only
                for a page that names people and came out badly, None where it has no colours.

        Raises:
            TransientFault: as the recogniser within.
        """
        straight = straightened(picture)
        level = without_dots(straight.picture)
        page = self._recogniser.recognise(level, number=number)
        if black_ink is not None and needs_black_ink(page):
            black = black_ink()
            if black is not None:
                black = without_dots(turned_by(black, straight.degrees))
                by_black = read_by_black_ink(page, level, black, recogniser=self._recogniser)
                page, level = by_black, black if by_black is not page else level
        page = leaders_read_again(page, level, recogniser=self._recogniser)
        page = numbers_read_again(page, level, read_digits=self._digits)
        return straight.turned_back(page)
