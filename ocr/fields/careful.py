"""A recogniser that takes care of what fields need: straight pages, dotted lines, numbers."""

from __future__ import annotations

from dossier.ports import GreyPicture, Recogniser
from dossier.spine import RecognisedPage
from ocr.fields.leaders import leaders_read_again
from ocr.fields.second_look import DigitReader, numbers_read_again
from ocr.fields.straight import straightened


class CarefulRecogniser:
    """Another recogniser, looked over the shoulder. Runs in a child.

    A skewed page is straightened first; lines of dotted leaders are read again without their dots;
    numbers of people are read a second time by other means, and their confidence tells the outcome.

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

    def recognise(self, picture: GreyPicture, *, number: int) -> RecognisedPage:
        """The words of a page in reading order, boxes in pt on the page as received.

        Raises:
            TransientFault: as the recogniser within.
        """
        straight = straightened(picture)
        page = self._recogniser.recognise(straight.picture, number=number)
        page = leaders_read_again(page, straight.picture, recogniser=self._recogniser)
        page = numbers_read_again(page, straight.picture, reader=self._digits)
        return straight.turned_back(page)
