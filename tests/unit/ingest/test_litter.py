"""Files that programs leave in shared folders are no papers."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from api.desk.intake import files_under
from dossier.errors import WrongUse
from ingest.litter import is_litter


@pytest.mark.parametrize(
    "name",
    [
        "Thumbs.db", "THUMBS.DB", "desktop.ini", "scan.tmp", "scan0001.pdf.part", "~$don.docx",
        ".DS_Store", "a.pdf.crdownload", "a.pdf.filepart", ".~lock.don.odt#", "~WRL0001.tmp",
        "__MACOSX/a.pdf", "$RECYCLE.BIN/a.pdf", ".git/a.pdf", "sub/Thumbs.db",
    ],
)  # fmt: skip
def test_litter_is_known_by_its_name(name: str) -> None:
    assert is_litter(PurePath(name))


@pytest.mark.parametrize(
    "name", ["scan.pdf", "Đơn xin.tif", "thumbs.db.pdf", "part.pdf", "sub/desktop.jpg", "x~$.png"]
)
def test_scans_are_no_litter(name: str) -> None:
    assert not is_litter(PurePath(name))


def test_a_folder_gives_its_scans_and_not_its_litter(tmp_path: Path) -> None:
    for name in ("b.pdf", "a.tif", "Thumbs.db", "c.pdf.part", "~$a.docx"):
        (tmp_path / name).write_bytes(b"x")
    assert [file.name for file in files_under([tmp_path])] == ["a.tif", "b.pdf"]


def test_a_folder_of_litter_alone_has_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    with pytest.raises(WrongUse) as caught:
        list(files_under([tmp_path]))
    assert caught.value.code == "ingest.nothing-there"


def test_a_file_that_is_named_is_taken_whatever_its_name(tmp_path: Path) -> None:
    (named := tmp_path / "scan.tmp").write_bytes(b"x")
    assert list(files_under([named])) == [named]
