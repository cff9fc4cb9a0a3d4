"""The index of a host: it is derived, follows the catalogue, and survives kills and a full disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from unit.archive import made

from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.finding import abbreviations
from archive.finding.engine import Writer
from archive.finding.search_index import SearchIndex
from archive.identity import IdentityKeys
from dossier.errors import TransientFault
from dossier.finding import FoundPage, TextQuery

FIVE = 5
KEYS = IdentityKeys(bytes(range(32)))

FOLLOWER = """
import os, resource, signal, sys
from pathlib import Path
import sqlalchemy as sa
sys.path.insert(0, "tests")
from unit.archive.finding.test_search_index import opened
from archive.finding import engine, vocabulary

def killed(*_a, **_k):
    os.kill(os.getpid(), signal.SIGKILL)

def after(what):
    def run(*a, **k):
        what(*a, **k)
        killed()
    return run

at = sys.argv[3]
if at == "vocabulary":
    vocabulary.Vocabulary.save = killed
elif at == "words":
    vocabulary.Vocabulary.save = after(vocabulary.Vocabulary.save)
elif at == "record":
    engine.Writer._remove = killed
elif at == "commit":
    engine.Writer.put = after(engine.Writer.put)
elif at == "disk":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
opened(sa.create_engine(sys.argv[1]), Path(sys.argv[2])).follow()
"""


def opened(engine: sa.Engine, folder: Path) -> SqlCatalogue:
    index = SearchIndex(
        KEYS, folder, title_of=lambda kind: kind, abbreviations=abbreviations.load()
    )
    return SqlCatalogue(engine, KEYS, index=index)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "search"


@pytest.fixture
def catalogue(engine: sa.Engine, folder: Path) -> SqlCatalogue:
    catalogue = opened(engine, folder)
    catalogue.add_all(made.entry(n) for n in range(1, FIVE + 1))
    return catalogue


def _search(catalogue: SqlCatalogue, words: str = "Trần Thị Hoà") -> FoundPage:
    return catalogue.search(TextQuery(words=words, offices=(made.OFFICE,)))


def _all_found(catalogue: SqlCatalogue) -> bool:
    page = _search(catalogue)
    return page.behind == 0 and [row.paper for row in page.rows] == [
        made.paper_id(n) for n in range(FIVE, 0, -1)
    ]


@pytest.mark.parametrize("at", ["vocabulary", "words", "record", "commit"])
def test_a_killed_indexer_loses_nothing(
    catalogue: SqlCatalogue, engine: sa.Engine, folder: Path, at: str
) -> None:
    command = [sys.executable, "-c", FOLLOWER, str(engine.url), str(folder), at]
    ended = subprocess.run(command, cwd=Path(__file__).parents[4], check=False)
    assert ended.returncode == -9
    assert _all_found(catalogue)
    # The words for corrections are there as well.
    assert _search(opened(engine, folder), "Trần Thị Hao").total == FIVE


def test_a_full_disk_is_reported_and_made_up_for(
    catalogue: SqlCatalogue, engine: sa.Engine, folder: Path
) -> None:
    command = [sys.executable, "-c", FOLLOWER, str(engine.url), str(folder), "disk"]
    ended = subprocess.run(
        command, cwd=Path(__file__).parents[4], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "was not written" in ended.stderr
    assert made.MOTHER not in ended.stderr
    assert _all_found(catalogue)


def test_a_commit_that_fails_leaves_the_catalogue_whole(
    catalogue: SqlCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_remove", _fails)
        with pytest.raises(TransientFault) as caught:
            catalogue.follow()
        assert caught.value.code == "search.not-written"
        assert catalogue.behind() == FIVE
    assert catalogue.follow() == 0
    assert _all_found(catalogue)


def _fails(*_args: object) -> None:
    raise ValueError("An IO error occurred: 'No space left on device'")


def _removed(folder: Path) -> None:
    shutil.rmtree(folder)


def _damaged(folder: Path) -> None:
    for meta in folder.rglob("meta.json"):
        meta.write_text("{")


@pytest.mark.parametrize("harm", [_removed, _damaged])
def test_an_index_that_is_gone_is_made_again(
    catalogue: SqlCatalogue, engine: sa.Engine, folder: Path, harm: Callable[[Path], None]
) -> None:
    catalogue.follow()
    harm(folder)
    again = opened(engine, folder)
    again.follow()
    assert _all_found(again)


def test_processes_of_a_host_share_an_index(
    catalogue: SqlCatalogue, engine: sa.Engine, folder: Path
) -> None:
    other = opened(engine, folder)
    assert catalogue.follow() == 0
    assert other.behind() == 0
    assert _all_found(other)
    other.add(made.entry(FIVE, text="chỉ có ở đây"))
    assert _search(catalogue, "chỉ có ở đây").total == 1
    catalogue.clear()
    assert _search(other).total == 0
    assert len(list(folder.iterdir())) == 1


def test_no_word_of_a_paper_is_on_the_disk(catalogue: SqlCatalogue, folder: Path) -> None:
    catalogue.follow()
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert len(files) > 5
    for file in files:
        content = file.read_bytes()
        for hidden in (made.MOTHER, "012345678", "Trần", "trần", "hoa", "chung"):
            assert hidden.encode() not in content, file.name
