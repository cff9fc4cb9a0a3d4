"""The package as a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from unit.archive import made

from archive.deposit import deposit
from archive.export import export, ocfl_folder
from archive.file_store import FileStore
from dossier.errors import IntegrityViolation, WrongUse
from dossier.spine import ArchivedRecord


@pytest.fixture
def archived(store: FileStore) -> ArchivedRecord:
    signed = made.signed_record(store)
    return deposit(signed, store=store, archived_at=made.NOON, kept_until=made.LATER)


def test_the_package_holds_every_file(
    store: FileStore, archived: ArchivedRecord, tmp_path: Path
) -> None:
    package = export(archived.key, tmp_path / "out" / "deep", store=store)
    assert package.name == archived.object_id.replace(":", "_")
    found = {
        p.relative_to(package).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in package.rglob("*")
        if p.is_file()
    }
    assert found == dict(archived.digests)
    (signed,) = (package / "representations" / "rep1" / "data").iterdir()
    assert signed.name == "H15.50.05.13-261008-0975.001.pdf"
    assert hashlib.sha256(signed.read_bytes()).hexdigest() == archived.signed.pdf.digest


def test_again_is_harmless(store: FileStore, archived: ArchivedRecord, tmp_path: Path) -> None:
    package = export(archived.key, tmp_path, store=store)
    before = {p: p.stat().st_mtime_ns for p in package.rglob("*")}
    assert export(archived.key, tmp_path, store=store) == package
    assert {p: p.stat().st_mtime_ns for p in package.rglob("*")} == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("difference", ["changed", "added", "missing", "link", "file"])
def test_another_folder_of_that_name_is_left_alone(
    store: FileStore, archived: ArchivedRecord, tmp_path: Path, difference: str
) -> None:
    package = tmp_path / "out" / ocfl_folder(archived.object_id)
    if difference == "file":
        package.parent.mkdir()
        package.write_bytes(b"mine")
    else:
        export(archived.key, package.parent, store=store)
        words = package / "documentation" / "words.json.gz"
        if difference == "changed":
            words.write_bytes(words.read_bytes() + b" ")
        elif difference == "added":
            (package / "mine").write_bytes(b"mine")
        elif difference == "missing":
            words.unlink()
        else:
            words.rename(tmp_path / "words.json.gz")
            words.symlink_to(tmp_path / "words.json.gz")
    with pytest.raises(WrongUse) as caught:
        export(archived.key, package.parent, store=store)
    assert caught.value.code == "export.exists"
    if difference == "added":
        assert (package / "mine").read_bytes() == b"mine"


def test_a_file_is_no_place_to_export_to(
    store: FileStore, archived: ArchivedRecord, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WrongUse) as caught:
        export(archived.key, tmp_path / "file", store=store)
    assert caught.value.code == "export.not-a-folder"


def test_a_changed_object_is_not_exported(
    store: FileStore, root: Path, archived: ArchivedRecord, tmp_path: Path
) -> None:
    path = root / "record" / archived.key / "v1" / "content" / "signed.pdf"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"judged", b"forged"))
    with pytest.raises(IntegrityViolation) as caught:
        export(archived.key, tmp_path / "out", store=store)
    assert caught.value.code == "object.file-changed"
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unknown_object_is_told(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(IntegrityViolation) as caught:
        export("00/00/urn%3auuid%3ax", tmp_path, store=store)
    assert caught.value.code == "object.missing"


def test_an_identifier_that_is_a_path_names_no_folder() -> None:
    for identifier in ("..", "a/b", "", "urn:\n"):
        with pytest.raises(WrongUse):
            ocfl_folder(identifier)
