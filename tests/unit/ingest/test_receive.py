"""A file comes in: what it is, where it goes, what is refused."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.errors import RejectedInput, TransientFault
from dossier.ports import ObjectStore
from dossier.spine import Blob, MediaType, Page, Paper, RecognisedPaper, Scan
from ingest.receive import Limits, clean_source, inspect, receive, split
from ocr.reading import ReadingSettings, recognise
from pages.children import ChildCrashed, ChildFailed, ChildOutOfMemory, Children, ChildTimedOut
from pages.media import media_type

FIXTURES = Path(__file__).parents[2] / "fixtures"
GOV = FIXTURES / "vn-gov" / "288-ttg.pdf"
NOW = datetime(2026, 10, 8, 2, 15, tzinfo=UTC)


class Standing:
    """A clock that stands, and ids that count."""

    def now(self) -> datetime:
        return NOW

    def new(self) -> UUID:
        return UUID(int=7)


class Store:
    """Remembers what was put; may grow it on the way."""

    def __init__(self, grown: int = 0) -> None:
        self.put: list[Path] = []
        self._grown = grown

    def put_work(self, source: Path) -> Blob:
        self.put.append(source)
        return Blob("ab" * 32, source.stat().st_size + self._grown)


def take(path: Path, store: Store | None = None, **limits: Any) -> Scan:  # noqa: ANN401 - numbers
    return receive(
        path,
        source="Giấy khai sinh.PDF",
        office="H15",
        store=cast("ObjectStore", store or Store()),
        limits=Limits(**limits),
        clock=Standing(),
        ids=Standing(),
    )


def refused(path: Path, store: Store | None = None, **limits: Any) -> str:  # noqa: ANN401 - numbers
    with pytest.raises(RejectedInput) as caught:
        take(path, store, **limits)
    assert path.name not in caught.value.message
    return caught.value.code


def test_a_file_becomes_a_scan() -> None:
    store = Store()
    scan = take(GOV, store)
    assert scan == Scan(
        id=UUID(int=7),
        office="H15",
        blob=Blob("ab" * 32, GOV.stat().st_size),
        media_type=MediaType.PDF,
        source="Giấy khai sinh.PDF",
        received_at=NOW,
    )
    assert store.put == [GOV]


def test_what_is_refused_is_not_copied(tmp_path: Path) -> None:
    store = Store()
    empty, strange = tmp_path / "empty.pdf", tmp_path / "strange.pdf"
    empty.touch()
    strange.write_text("not a scan")
    os.mkfifo(tmp_path / "pipe.pdf")
    assert refused(empty, store) == "scan.empty"
    assert refused(strange, store) == "scan.not-a-known-type"
    assert refused(tmp_path, store) == "scan.not-a-file"
    assert refused(tmp_path / "pipe.pdf", store) == "scan.not-a-file"
    assert refused(tmp_path / "nothing.pdf", store) == "scan.unreadable"
    assert refused(tmp_path / ("n" * 300), store) == "scan.unreadable"
    assert refused(GOV, store, max_bytes=1000) == "scan.too-large"
    assert store.put == []


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ESTALE, errno.ENOMEM])
def test_what_our_machine_cannot_read_just_now_is_not_turned_away(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    store = Store()

    def broken(_path: Path) -> MediaType:
        raise OSError(number, "")

    monkeypatch.setattr("ingest.receive.media_type", broken)
    with pytest.raises(TransientFault) as caught:
        take(GOV, store)
    assert caught.value.code == "machine.fault"
    assert store.put == []


def test_a_file_that_grows_while_it_is_copied_is_refused() -> None:
    size = GOV.stat().st_size
    assert refused(GOV, Store(grown=1), max_bytes=size) == "scan.too-large"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\scans\\to khai.pdf", "to khai.pdf"),
        ("Giâ\u0301y.pdf", "Giấy.pdf"),
        ("a\x00b\nc\u202egnp.exe", "abcgnp.exe"),
        ("\udcff.pdf", ".pdf"),
        ("   ", "unnamed"),
        ("", "unnamed"),
        ("x" * 300 + ".pdf", "x" * 195 + "….pdf"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(name: str, clean: str) -> None:
    assert clean_source(name) == clean


@given(st.text())
def test_any_name_is_short_and_visible(name: str) -> None:
    clean = clean_source(name)
    assert 0 < len(clean) <= 200
    assert clean.isprintable()
    assert "/" not in clean
    assert clean_source(clean) == clean
    clean.encode()


class Scripted:
    """Children that do what the test says, one answer after the other."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)

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
        assert prepare == ("pages.preload:preload", {})
        assert job == "pages.inspect:inspect"
        assert arguments["media_type"] == "application/pdf"
        assert deadline > 0
        assert what == f"scan {UUID(int=7)}"
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


GOOD = {"pages": [[602, 844]], "signed": True}
CRASH = ChildCrashed("child.crashed", "")


def facts(*answers: object) -> tuple[Page, ...]:
    children = cast("Children", Scripted(*answers))
    return inspect(take(GOV), GOV, children=children, limits=Limits(max_pages=2)).pages


def test_a_crash_is_tried_again_once() -> None:
    assert facts(CRASH, GOOD) == (Page(1, 602, 844),)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([CRASH, CRASH], "scan.unreadable"),
        ([ChildFailed("child.failed", ""), CRASH], "scan.unreadable"),
        ([ChildTimedOut("child.timed-out", "")], "scan.too-slow"),
        ([ChildOutOfMemory("child.out-of-memory", "")], "scan.too-much-memory"),
        ([RejectedInput("scan.encrypted", "")], "scan.encrypted"),
    ],
)
def test_a_file_that_overcomes_its_reader_is_refused(answers: list[object], code: str) -> None:
    with pytest.raises(RejectedInput) as caught:
        facts(*answers)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        {},
        {"pages": [], "signed": False},
        {"pages": [[1]], "signed": False},
        {"pages": [[0, 1]], "signed": False},
        {"pages": [["wide", 1]], "signed": False},
        {"pages": [[1, 1]] * 3, "signed": False},
    ],
)
def test_nonsense_from_a_child_is_not_believed(nonsense: object) -> None:
    with pytest.raises(TransientFault):
        facts(nonsense)


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children(size=2, memory_bytes=600_000_000) as pool:
        yield pool


def whole_way(path: Path, children: Children) -> RecognisedPaper:
    """From the file to its words, as the pipeline goes."""
    scan = take(path)
    paper = Paper(id=UUID(int=8), office="H15", dossier="H15-1", ordinal=1, scan=scan, pages=())
    paper = split(paper, path, children=children, limits=Limits())
    return recognise(paper, path, children=children, settings=ReadingSettings(page_seconds=60))


def test_a_signed_paper_is_known_as_one(children: Children) -> None:
    recognised = whole_way(GOV, children)
    assert recognised.paper.arrived_signed
    assert [page.unread for page in recognised.pages] == ["", ""]


HOSTILE = sorted(p for p in (FIXTURES / "hostile").rglob("*.*") if p.suffix != ".md")


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.name[:40])
def test_a_hostile_file_ends_as_words_unread_pages_or_a_refusal(
    path: Path, children: Children
) -> None:
    try:
        recognised = whole_way(path, children)
    except RejectedInput as error:
        ended = error.code
    else:
        ended = recognised.pages[0].unread or "read"
    prefixes = ("scan.", "page.", "read")
    assert ended.startswith(prefixes)
    assert ended not in {"page.failed", "page.crashed", "scan.unreadable"}


def test_the_hostile_files_are_there() -> None:
    assert len(HOSTILE) > 25
    kinds = {media_type(path) for path in HOSTILE if path.suffix not in {".gif", ".webp"}}
    assert kinds == set(MediaType)
