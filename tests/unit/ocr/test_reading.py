"""Pages are read side by side in children; one that cannot be read does not lose the paper."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from dossier.errors import Misconfigured, RejectedInput, SohoaError, TransientFault
from dossier.spine import Blob, MediaType, Page, Paper, RecognisedPaper, Scan
from ocr.reading import Engine, ReadingSettings, recognise
from pages.children import ChildCrashed, ChildFailed, ChildOutOfMemory, Children, ChildTimedOut

GOV = Path(__file__).parents[2] / "fixtures" / "vn-gov" / "288-ttg.pdf"
SIZES = ((602.0, 844.0), (599.0, 843.0))


def paper(pages: int, media_type: MediaType = MediaType.PDF) -> Paper:
    scan = Scan(
        id=UUID(int=1),
        office="H15",
        blob=Blob("0" * 64, 1),
        media_type=media_type,
        source="scan",
        received_at=datetime(2026, 10, 8, tzinfo=UTC),
    )
    return Paper(
        id=UUID(int=2),
        office="H15",
        dossier="H15-1",
        ordinal=1,
        scan=scan,
        pages=tuple(Page(n + 1, *SIZES[n % 2]) for n in range(pages)),
    )


class Scripted:
    """Children that do what the test says."""

    size = 2

    def __init__(self, answer: Callable[[int, int], Any]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self.asked: dict[int, int] = {}

    def run(
        self,
        job: str,
        arguments: dict[str, Any],
        *,
        deadline: float,
        what: str,
        reads: Mapping[str, Path | bytes],
        prepare: tuple[str, dict[str, Any]],
    ) -> Any:  # noqa: ANN401 - any JSON value
        assert reads == {"path": GOV}
        assert prepare[0] == "ocr.reading:load_engine"
        assert job == "ocr.reading:read_page"
        assert deadline == 30
        number = arguments["number"]
        assert what == f"paper {UUID(int=2)} page {number}"
        with self._lock:
            self.asked[number] = self.asked.get(number, 0) + 1
            attempt = self.asked[number]
        return self._answer(number, attempt)


def good(number: int) -> dict[str, Any]:
    word = ["chữ", 1, 2, 3, 4, 0.9, 0]
    page = {"number": number, "width": 602, "height": 844, "turn": 0, "unread": "", "words": [word]}
    return {"page": page, "engine": "scripted 1 vie"}


def read(children: Scripted | Children, pages: int) -> RecognisedPaper:
    return recognise(
        paper(pages),
        GOV,
        children=cast("Children", children),
        settings=ReadingSettings(page_seconds=30),
    )


def test_pages_are_returned_in_order_and_reported_when_done() -> None:
    children = Scripted(lambda number, _: good(number))
    done: list[int] = []
    settings = ReadingSettings(page_seconds=30)
    recognised = recognise(
        paper(9), GOV, children=cast("Children", children), settings=settings,
        page_read=done.append,
    )  # fmt: skip
    assert [page.number for page in recognised.pages] == list(range(1, 10))
    assert sorted(done) == list(range(1, 10))
    assert recognised.engine == "scripted 1 vie"
    assert recognised.text().count("\f") == 8


@pytest.mark.parametrize(
    ("error", "unread", "asked"),
    [
        (ChildCrashed("child.crashed", ""), "page.crashed", 2),
        (ChildOutOfMemory("child.out-of-memory", ""), "page.out-of-memory", 2),
        (ChildFailed("child.failed", ""), "page.failed", 2),
        (TransientFault("ocr.failed", ""), "page.failed", 2),
        (ChildTimedOut("child.timed-out", ""), "page.too-slow", 1),
        (RejectedInput("page.damaged", ""), "page.damaged", 1),
    ],
)
def test_a_page_that_cannot_be_read_does_not_lose_the_paper(
    error: SohoaError, unread: str, asked: int
) -> None:
    def answer(number: int, _: int) -> Any:  # noqa: ANN401 - any JSON value
        if number == 2:
            raise error
        return good(number)

    children = Scripted(answer)
    recognised = read(children, 3)
    assert [page.unread for page in recognised.pages] == ["", unread, ""]
    assert recognised.pages[1].words == ()
    assert (recognised.pages[1].width, recognised.pages[1].height) == SIZES[1]
    assert children.asked == {1: 1, 2: asked, 3: 1}


def test_a_page_that_crashed_once_is_read_by_the_next_child() -> None:
    def answer(number: int, attempt: int) -> Any:  # noqa: ANN401 - any JSON value
        if attempt == 1:
            raise ChildCrashed("child.crashed", "")
        return good(number)

    assert [page.unread for page in read(Scripted(answer), 2).pages] == ["", ""]


@pytest.mark.parametrize(
    "error",
    [
        Misconfigured("ocr.language-missing", ""),
        TransientFault("child.closed", ""),
        TransientFault("child.not-started", ""),
    ],
)
def test_what_is_the_machines_fault_is_not_put_on_the_page(error: SohoaError) -> None:
    def answer(_: int, __: int) -> Any:  # noqa: ANN401 - any JSON value
        raise error

    with pytest.raises(type(error)) as caught:
        read(Scripted(answer), 3)
    assert caught.value.code == error.code


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        [],
        {},
        "page",
        {"page": {}, "engine": "x"},
        {**good(1), "page": {**good(1)["page"], "number": 2}},
        {**good(1), "page": {**good(1)["page"], "words": [["a", 1]]}},
        {**good(1), "page": {**good(1)["page"], "width": "wide"}},
    ],
)
def test_nonsense_from_a_child_is_no_page(nonsense: object) -> None:
    recognised = read(Scripted(lambda *_: nonsense), 1)
    assert recognised.pages[0].unread == "page.failed"
    assert recognised.engine == "tesserocr vie"


def test_a_paper_without_pages_is_no_trouble() -> None:
    assert read(Scripted(lambda *_: None), 0).pages == ()


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children(size=2, memory_bytes=600_000_000) as pool:
        yield pool


@pytest.mark.parametrize("engine", list(Engine))
def test_a_scan_is_read_by_both_engines(engine: Engine) -> None:
    settings = ReadingSettings(engine=engine, dpi=200)
    programs = engine is Engine.PYTESSERACT
    with Children(size=2, memory_bytes=600_000_000, programs=programs) as children:
        recognised = recognise(paper(2), GOV, children=children, settings=settings)
    assert recognised.engine.startswith(engine.value)
    for page, size in zip(recognised.pages, SIZES, strict=True):
        assert (page.unread, page.turn, (page.width, page.height)) == ("", 0, size)
        assert all(0 <= w.box.left < w.box.right <= size[0] + 0.1 for w in page.words)
        assert all(0 <= w.box.top < w.box.bottom <= size[1] + 0.1 for w in page.words)
    assert "Độc lập - Tự do - Hạnh phúc" in recognised.pages[0].text()
    assert "Thủ tướng Chính phủ" in recognised.pages[1].text()


def test_a_language_that_is_missing_stops_the_paper(children: Children) -> None:
    with pytest.raises(Misconfigured) as caught:
        recognise(paper(2), GOV, children=children, settings=ReadingSettings(language="xyz"))
    assert caught.value.code == "ocr.language-missing"


def test_a_page_that_needs_too_much_memory_is_reported() -> None:
    with Children(size=1, memory_bytes=140_000_000) as small:
        settings = ReadingSettings(dpi=300)
        large = recognise(paper(1), GOV, children=small, settings=settings)
    assert large.pages[0].unread == "page.out-of-memory"


def test_of_a_paper_that_only_takes_time_no_more_pages_are_tried() -> None:
    def answer(number: int, _attempt: int) -> dict[str, Any]:
        if number == 2:
            return good(number)
        raise ChildTimedOut("child.timed-out", "")

    children = Scripted(answer)
    found = read(children, 40)
    assert [page.number for page in found.pages] == list(range(1, 41))
    assert [page.unread for page in found.pages] == ["page.too-slow", "", *["page.too-slow"] * 38]
    # Two are read side by side, so that one more may have begun.
    assert len(children.asked) <= 6
