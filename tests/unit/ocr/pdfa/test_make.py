"""The parent's side: what is asked of the child, and what is done with its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from judges.scans import page

from dossier.errors import IntegrityViolation, RejectedInput
from dossier.spine import Blob, MediaType, Page, Paper, RecognisedPaper, Scan
from dossier.written import words_from_json
from ocr.pdfa.make import make_pdfa
from pages.children import PRELOAD

AT = datetime(2026, 10, 8, 2, 15, tzinfo=UTC)
PAPER = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
GOOD = {"flavour": "2u", "validator": "v", "findings": [], "drawn_anew": [2]}


class Answering:
    """Writes a file at the requested path, and returns one answer."""

    size = 1

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.sent: dict[str, Any] = {}
        self.words: list[str] = []

    def run(
        self,
        job: str,
        arguments: dict[str, Any],
        *,
        deadline: float,
        what: str,
        reads: Mapping[str, Path | bytes] | None = None,
        writes: Mapping[str, Path] | None = None,
        scratch: str | None = None,
        prepare: tuple[str, dict[str, Any]] | None = None,
    ) -> object:
        assert reads is not None
        assert writes is not None
        assert (scratch, prepare) == ("work", PRELOAD)
        words = reads["words"]
        assert isinstance(words, bytes)
        self.sent = {
            "job": job,
            "deadline": deadline,
            "what": what,
            "scan": str(reads["scan"]),
            **arguments,
        }
        pages, _ = words_from_json(words)
        self.words = [p.text() for p in pages]
        writes["out"].write_bytes(b"made")
        return self.answer


def recognised(*numbers: int) -> RecognisedPaper:
    scan = Scan(
        id=PAPER,
        office="H15",
        blob=Blob("0" * 64, 1),
        media_type=MediaType.TIFF,
        source="Nguyễn Văn An.tif",
        received_at=AT,
    )
    paper = Paper(
        id=PAPER,
        office="H15",
        dossier="H15.50.05.13-261008-0975",
        ordinal=3,
        scan=scan,
        pages=(Page(1, 300, 420), Page(2, 300, 420)),
    )
    return RecognisedPaper(paper=paper, pages=tuple(page(n) for n in numbers), engine="none")


def ask(folder: Path, answer: object, *numbers: int) -> tuple[Answering, Any]:
    children = Answering(answer)
    report = make_pdfa(
        recognised(*numbers),
        folder / "scan",
        folder / "out.pdf",
        children=children,
        created=AT,
        deadline=9,
        max_pixels=7,
    )
    return children, report


def test_the_child_gets_its_arguments_and_nothing_of_people(tmp_path: Path) -> None:
    children, report = ask(tmp_path, GOOD, 1, 2)
    assert report.passed
    assert report.drawn_anew == (2,)
    sent = children.sent
    assert (sent["title"], sent["created"]) == (
        "H15.50.05.13-261008-0975.3",
        "2026-10-08T02:15:00+00:00",
    )
    assert (sent["media_type"], sent["max_pixels"], sent["deadline"]) == ("image/tiff", 7, 9)
    assert sent["what"] == f"paper {PAPER}"
    assert "Nguyễn" not in str(sent)
    assert children.words == [page().text()] * 2
    assert [file.name for file in tmp_path.iterdir()] == ["out.pdf"]


def test_what_does_not_conform_is_rejected_and_not_left(tmp_path: Path) -> None:
    with pytest.raises(RejectedInput) as error:
        ask(tmp_path, GOOD | {"findings": ["ISO_19005_2:6.2.8-3"]}, 1, 2)
    assert error.value.code == "pdfa.not-conformant"
    assert str(PAPER) in error.value.message
    assert "6.2.8-3" in error.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", [None, [], "2u", {"flavour": "2u"}, GOOD | {"findings": 1}])
def test_an_answer_that_is_none_is_an_alarm(tmp_path: Path, answer: object) -> None:
    with pytest.raises(IntegrityViolation):
        ask(tmp_path, answer, 1, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("numbers", [(1,), (1, 3), (2, 1), ()])
def test_pages_that_are_not_those_of_the_paper_are_an_alarm(
    tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    with pytest.raises(IntegrityViolation) as error:
        ask(tmp_path, GOOD, *numbers)
    assert error.value.code == "pdfa.words-of-another-paper"
