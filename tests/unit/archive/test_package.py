"""The description and the words of a package, and such as nobody of us wrote."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.archive import made

from archive import package, read
from archive.deposit import deposit
from archive.file_store import FileStore
from archive.recall import recall
from dossier.errors import IntegrityViolation, WrongUse
from dossier.spine import (
    ArchivedRecord,
    Box,
    MediaType,
    Provenance,
    RecognisedPage,
    RecognisedPaper,
    Word,
)
from dossier.written import words_to_json

WORDS = st.builds(
    Word,
    text=st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=5),
    box=st.just(Box(1.0, 2.0, 3.0, 4.0)),
    confidence=st.just(0.5),
    line=st.integers(0, 4),
)
PAGES = st.lists(st.lists(WORDS, max_size=8), max_size=4)


@given(PAGES)
def test_the_text_is_the_papers_text(words: list[list[Word]]) -> None:
    pages = tuple(
        RecognisedPage(number=n, width=10.0, height=10.0, words=tuple(page))
        for n, page in enumerate(words, 1)
    )
    paper: Any = None
    expected = RecognisedPaper(paper=paper, pages=pages, engine=made.ENGINE).text()
    written = words_to_json(pages, engine=made.ENGINE)
    assert package.text_of_words(written, key="k") == expected


@pytest.mark.parametrize(
    "words",
    [b"", b"{}", b"[]", b'{"format":2,"pages":[]}', b'{"format":1}', b'{"format":1,"pages":[1]}',
     b'{"format":1,"pages":[{"words":[["a"]]}]}', b"[" * 100_000,
     b'{"format":1,"pages":[{"words":[[1,2,3,4,5,6,7]]}]}'],
)  # fmt: skip
def test_words_that_are_none_are_refused(words: bytes) -> None:
    with pytest.raises(IntegrityViolation) as caught:
        package.text_of_words(words, key="k")
    assert caught.value.code == "object.bad-words"


@pytest.fixture
def description(store: FileStore) -> dict[str, Any]:
    signed = made.signed_record(store)
    written = package.description_of(
        signed, archived_at=made.NOON, kept_until=made.LATER, provenance=made.PROVENANCE
    )
    read: dict[str, Any] = json.loads(written)
    return read


def test_times_are_written_in_utc(store: FileStore) -> None:
    signed = made.signed_record(store)
    hanoi = timezone(timedelta(hours=7))
    one = package.description_of(
        signed, archived_at=made.NOON, kept_until=made.LATER, provenance=Provenance()
    )
    other = package.description_of(
        signed,
        archived_at=made.NOON.astimezone(hanoi),
        kept_until=made.LATER.astimezone(hanoi),
        provenance=Provenance(),
    )
    assert one == other


@pytest.fixture
def archived(store: FileStore) -> ArchivedRecord:
    """A record in the store, whose description a test replaces."""
    return deposit(
        made.signed_record(store),
        store=store,
        archived_at=made.NOON,
        kept_until=made.LATER,
        provenance=made.PROVENANCE,
    )


def _recalled(store: FileStore, root: Path, archived: ArchivedRecord, content: bytes) -> object:
    """The record whose object says this; manifest and sidecar agree with it."""
    made.replace_content(root / "record" / archived.key, "description.json", content)
    return recall(store, read.load(store, archived.key))


def test_a_description_is_read(
    store: FileStore, root: Path, archived: ArchivedRecord, description: dict[str, Any]
) -> None:
    recalled = _recalled(store, root, archived, json.dumps(description).encode())
    assert isinstance(recalled, ArchivedRecord)
    assert recalled.provenance == made.PROVENANCE
    assert recalled.signed.record.paper.scan.source == "Nguyễn Văn Đức - khai sinh.tif"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("format",), 3),
        (("paper",), "x"),
        (("paper",), "01999000-0099-7000-8000-000000000099"),
        (("office",), "no office"),
        (("dossier",), "../x"),
        (("ordinal",), "one"),
        (("pages",), None),
        (("received", "media_type"), "text/html"),
        (("description", "values"), [{}]),
        (("description", "format"), 2),
        (("signatures",), []),
        (("archived_at",), "2026-10-08"),
        (("kept_until",), 5),
        (("provenance", "events"), [["2026-10-08"]]),
    ],
)
def test_a_description_of_something_else_is_refused(
    store: FileStore,
    root: Path,
    archived: ArchivedRecord,
    description: dict[str, Any],
    *,
    path: tuple[str, ...],
    to: object,
) -> None:
    inner = description
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    with pytest.raises(IntegrityViolation) as caught:
        _recalled(store, root, archived, json.dumps(description).encode())
    assert caught.value.code == "object.bad-description"
    assert caught.value.__cause__ is None


def test_compressed_that_unpack_to_too_much_are_refused(
    store: FileStore, root: Path, archived: ArchivedRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "LARGEST_JSON", 2_000)
    packed = package.compressed(b" " * 1_000_000)
    assert len(packed) < 2_000
    made.replace_content(root / "record" / archived.key, "words.json.gz", packed)
    with pytest.raises(IntegrityViolation) as caught:
        package.read_words(store, read.load(store, archived.key))
    assert caught.value.code == "object.bad-words"


def test_paths_are_named_as_the_field_does(store: FileStore) -> None:
    paper = made.signed_record(store, ordinal=12).record.paper
    assert package.signed_path(paper) == (
        "representations/rep1/data/H15.50.05.13-261008-0975.012.pdf"
    )
    assert package.received_path(MediaType.PDF) == "representations/rep2/data/received.pdf"
    with pytest.raises(WrongUse):
        package.signed_path(made.signed_record(store, dossier="a/b").record.paper)
