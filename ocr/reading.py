"""A paper becomes a recognised paper: its pages read side by side, each in a child."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dossier import written
from dossier.errors import Misconfigured, RejectedInput, TransientFault
from dossier.ports import GreyPicture, Recogniser
from dossier.spine import Box, MediaType, Page, Paper, RecognisedPage, RecognisedPaper
from ocr.orientation import read_upright
from ocr.reading_order import in_reading_order
from pages.children import (
    BudgetExceeded,
    ChildCrashed,
    ChildFailed,
    ChildFault,
    ChildKilled,
    ChildOutOfMemory,
    ChildTimedOut,
    JobRunner,
)
from pages.headroom import need
from pages.preload import preload

if TYPE_CHECKING:
    from ocr.preprocess.recogniser import PreprocessingRecogniser
    from ocr.preprocess.second_reading import TesseractDigits

_BYTES_A_PIXEL = 12  # Tesseract on noise; 5 on text


class Engine(StrEnum):
    """The engines there are."""

    TESSEROCR = "tesserocr"
    PYTESSERACT = "pytesseract"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingSettings:
    """How pages are read.

    Attributes:
        engine: ``tesserocr`` in process, or ``pytesseract`` with ``pdf2image``, the portable path.
        language: Tesseract's name of it.
        dpi: what pages are drawn at, and the most that pictures keep.
        page_seconds: how long a page may take.
        max_source_pixels: of a picture in the file, as in ``Limits``.
    """

    engine: Engine = Engine.TESSEROCR
    language: str = "vie"
    dpi: float = 200.0
    page_seconds: float = 120.0
    max_source_pixels: int = 100_000_000


_UNREAD: dict[type[TransientFault], str] = {
    ChildTimedOut: "page.too-slow",
    ChildCrashed: "page.crashed",
    ChildOutOfMemory: "page.out-of-memory",
    ChildFailed: "page.failed",
}
_MOST_CRASHES = 2
_MOST_KILLS = 5
_MOST_SLOW = 3
_engines: dict[tuple[str, str, float], PreprocessingRecogniser] = {}


def recognise(
    paper: Paper,
    scan_file: Path,
    *,
    children: JobRunner,
    settings: ReadingSettings,
    page_read: Callable[[int], None] | None = None,
) -> RecognisedPaper:
    """Read all pages of a paper.

    A page that cannot be read loses its words, not the paper: its ``unread`` tells why.

    Args:
        paper: with its pages.
        scan_file: the bytes of its scan.
        children: as many pages are read side by side as there may be children.
        settings: engine, language, resolution, time.
        page_read: called with the number of each finished page, from several threads.

    Raises:
        Misconfigured: a program, a language file or a setting is missing or wrong.
        TransientFault: the children are being ended, or cannot be started; ``child.cancelled``.
        BudgetExceeded: the paper takes more CPU time than it may.
    """
    slow = _SlowInARow()

    def one(page: Page) -> tuple[RecognisedPage, str]:
        if slow.too_often:
            read = _unread(page, _UNREAD[ChildTimedOut])
        else:
            read = _read(paper, page, scan_file, children=children, settings=settings)
            slow.note(read[0])
        if page_read is not None:
            page_read(page.number)
        return read

    threads = min(children.size, max(len(paper.pages), 1))
    pool = ThreadPoolExecutor(threads, thread_name_prefix="read")
    try:
        read = list(pool.map(one, paper.pages))
    finally:
        pool.shutdown(cancel_futures=True)
    engines = {engine for _, engine in read if engine}
    return RecognisedPaper(
        paper=paper,
        pages=tuple(page for page, _ in read),
        engine=min(engines, default=f"{settings.engine} {settings.language}"),
    )


def _read(
    paper: Paper, page: Page, scan_file: Path, *, children: JobRunner, settings: ReadingSettings
) -> tuple[RecognisedPage, str]:
    """One page and the engine that read it; the engine is empty where none could."""
    arguments: dict[str, Any] = {
        "media_type": paper.scan.media_type.value,
        "number": page.number,
        "size": [page.width, page.height],
        "turn": page.turn,
        "engine": settings.engine.value,
        "language": settings.language,
        "dpi": settings.dpi,
        "seconds": settings.page_seconds,
        "max_source_pixels": settings.max_source_pixels,
    }
    engine = {name: arguments[name] for name in ("engine", "language", "seconds")}
    what = f"paper {paper.id} page {page.number}"
    unread, crashed = "page.failed", 0
    # One failure may be the child's age or our machine; another in a fresh child is the page's.
    for number in range(1, _MOST_KILLS + 1):
        try:
            answer = children.run(
                "ocr.reading:read_page",
                arguments,
                reads={"path": scan_file},
                prepare=("ocr.reading:load_engine", engine),
                deadline=settings.page_seconds,
                what=what,
            )
            return _answer(answer, page, what=what)
        except BudgetExceeded:
            raise
        except RejectedInput as error:
            unread = error.code
            break
        except ChildTimedOut:
            unread = _UNREAD[ChildTimedOut]
            break
        except ChildKilled:
            # Not the page's fault, however often; but not for ever either.
            if number == _MOST_KILLS:
                raise
        except TransientFault as error:
            if not isinstance(error, ChildFault) and not error.code.startswith("ocr."):
                raise
            crashed += 1
            unread = _UNREAD.get(type(error), "page.failed")
        if crashed == _MOST_CRASHES:
            break
    return _unread(page, unread)


def _unread(page: Page, why: str) -> tuple[RecognisedPage, str]:
    width, height = _upright((page.width, page.height), page.turn)
    return RecognisedPage(page.number, width, height, (), turn=page.turn, unread=why), ""


class _SlowInARow:
    """How many pages, one after the other, took too long: of so many more the next would too."""

    def __init__(self) -> None:
        self._count = 0

    def note(self, read: RecognisedPage) -> None:
        """Take in how a page ended; which of those side by side is first does not matter."""
        self._count = self._count + 1 if read.unread == _UNREAD[ChildTimedOut] else 0

    @property
    def too_often(self) -> bool:
        """Whether it is no use to try the next."""
        return self._count >= _MOST_SLOW


def _answer(answer: Any, page: Page, *, what: str) -> tuple[RecognisedPage, str]:  # noqa: ANN401 - any JSON value
    """The page of a child's answer, which is not trusted."""
    try:
        read, engine = written.page_from_json(answer["page"]), str(answer["engine"])
    except (TypeError, ValueError, KeyError, IndexError):
        read, engine = None, ""
    if read is None or read.number != page.number:
        raise ChildFailed("child.failed", f"{what}: its reader answered nonsense")
    return read, engine


def read_page(
    *,
    path: str,
    media_type: str,
    number: int,
    size: list[float],
    engine: str,
    language: str,
    dpi: float,
    seconds: float,
    max_source_pixels: int,
    turn: int = 0,
) -> dict[str, Any]:
    """The job: make one page grey and recognise it. Runs in a child.

    Args:
        path: the file as received.
        media_type: of the file.
        number: of the page, from 1.
        size: width and height of the page as shown, pt.
        engine: one of ``Engine``.
        language: Tesseract's name of it.
        dpi: what pages are drawn at, and the most that pictures keep.
        seconds: the most that a program may take.
        max_source_pixels: of a picture in the file.
        turn: degrees clockwise by which a person turned the page before it is read.

    Returns:
        ``{"page": ..., "engine": ...}``, the page as ``dossier.written.page_to_json`` writes it.

    Raises:
        RejectedInput: the codes of ``pages.grey.grey``.
        Misconfigured: ``ocr.language-missing``, ``ocr.program-missing``, ``renderer.missing``.
        TransientFault: ``ocr.failed``, ``ocr.too-slow``.
    """
    # Pillow and what stands on it, in the child only.
    from pages.colour_dropout import without_colour  # noqa: PLC0415 - as said
    from pages.completeness import doubts  # noqa: PLC0415 - as said
    from pages.grey import GreySettings, grey  # noqa: PLC0415 - as said

    settings = GreySettings(
        dpi=dpi,
        max_source_pixels=max_source_pixels,
        renderer="poppler" if engine == Engine.PYTESSERACT else "pdfium",
        seconds=seconds,
    )
    kind = MediaType(media_type)
    picture = grey(Path(path), kind, number, settings=settings)
    recogniser = _engine(engine, language, seconds)
    need(_BYTES_A_PIXEL * picture.width * picture.height)

    def colourless() -> GreyPicture | None:
        return without_colour(
            Path(path), kind, number, like=picture, max_source_pixels=max_source_pixels
        )

    read = _recognised(picture, recogniser, number=number, turn=turn, colourless=colourless)
    missing = doubts(Path(path), kind, number, max_pixels=max_source_pixels)
    read = replace(
        read, doubts=(*read.doubts, *missing), attachments=_attachments(Path(path), kind, number)
    )
    read = in_reading_order(_sized(read, *_upright((size[0], size[1]), read.turn)))
    return {"page": written.page_to_json(read), "engine": recogniser.engine}


def _recognised(
    picture: GreyPicture,
    recogniser: PreprocessingRecogniser,
    *,
    number: int,
    turn: int,
    colourless: Callable[[], GreyPicture | None],
) -> RecognisedPage:
    """A page, upright: as a person turned it, else as its text shows."""
    from pages.grey import smaller, turned  # noqa: PLC0415 - Pillow, in the child only

    if turn:
        read = recogniser.recognise(
            turned(picture, turn),
            number=number,
            without_colour=lambda: _turned_alike(colourless(), picture, turn),
        )
        return replace(read, turn=turn)
    read = recogniser.recognise(
        picture, number=number, without_colour=lambda: _turned_alike(colourless(), picture, 0)
    )
    return read_upright(
        picture, recogniser, first=read, number=number, turned=turned, smaller=smaller
    )


def _turned_alike(picture: GreyPicture | None, like: GreyPicture, turn: int) -> GreyPicture | None:
    """A picture turned clockwise; None where it is not as large as the one it stands for."""
    if picture is None or (picture.width, picture.height) != (like.width, like.height):
        return None
    from pages.grey import turned  # noqa: PLC0415 - Pillow, in the child only

    return turned(picture, turn)


def _attachments(path: Path, kind: MediaType, number: int) -> tuple[str, ...]:
    """The files attached to a PDF, reported with its first page."""
    if kind is not MediaType.PDF or number != 1:
        return ()
    from pages.beside import attachments  # noqa: PLC0415 - pikepdf, in the child only

    return attachments(path)


def load_engine(*, engine: str, language: str, seconds: float) -> None:
    """Import what ``read_page`` needs and load the engine. Runs before a process forks for a page.

    Raises:
        Misconfigured: as ``engine_name``.
    """
    preload()
    _engine(engine, language, seconds)
    _digits().load()


def engine_name(*, engine: str, language: str, seconds: float) -> str:
    """The job: load an engine and tell its name, so that it is known to be there.

    Raises:
        Misconfigured: ``ocr.language-missing``, ``ocr.program-missing``, ``ocr.engine-unknown``.
    """
    return _engine(engine, language, seconds).engine


def _engine(engine: str, language: str, seconds: float) -> PreprocessingRecogniser:
    """The engine, and what reads numbers a second time, loaded once in each fork server."""
    from ocr.preprocess.recogniser import PreprocessingRecogniser  # noqa: PLC0415 - in the child only

    key = (engine, language, seconds)
    if key not in _engines:
        recogniser = _bare_engine(engine, language, seconds)
        _engines[key] = PreprocessingRecogniser(recogniser, digits=_digits().digits)
    return _engines[key]


@cache
def _digits() -> TesseractDigits:
    """What reads numbers a second time."""
    from ocr.preprocess.second_reading import TesseractDigits  # noqa: PLC0415 - in the child only
    from ocr.recognisers.language import tessdata  # noqa: PLC0415 - the same

    return TesseractDigits(str(tessdata("eng")))


def _bare_engine(engine: str, language: str, seconds: float) -> Recogniser:
    if engine == Engine.TESSEROCR:
        from ocr.recognisers.tesserocr_engine import TesserocrRecogniser  # noqa: PLC0415 - child

        return TesserocrRecogniser(language=language)
    if engine == Engine.PYTESSERACT:
        from ocr.recognisers.pytesseract_engine import (  # noqa: PLC0415 - child
            PytesseractRecogniser,
        )

        return PytesseractRecogniser(language=language, seconds=seconds)
    raise Misconfigured(
        "ocr.engine-unknown", "the engine of recognition is tesserocr or pytesseract"
    )


def _upright(size: tuple[float, float], turn: int) -> tuple[float, float]:
    """Width and height after a turn."""
    return size if turn % 180 == 0 else (size[1], size[0])


def _sized(page: RecognisedPage, width: float, height: float) -> RecognisedPage:
    """The page with its true size, its boxes stretched from that of whole pixels."""
    across, down = width / page.width, height / page.height
    return replace(
        page,
        width=width,
        height=height,
        words=tuple(
            replace(
                word,
                box=Box(
                    word.box.left * across,
                    word.box.top * down,
                    word.box.right * across,
                    word.box.bottom * down,
                ),
            )
            for word in page.words
        ),
    )
