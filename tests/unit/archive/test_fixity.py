"""What a survey of the record area finds, each fault planted once."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from unit.archive import made

from archive import fixity, ocfl
from archive.deposit import deposit
from archive.file_store import FileStore
from archive.objects import Alarm
from dossier.errors import IntegrityViolation

COUNT = 3


@pytest.fixture
def objects(store: FileStore, root: Path) -> list[Path]:
    """The folders of some objects."""
    keys = [
        deposit(
            made.signed_record(store, number=n, ordinal=n),
            store=store,
            archived_at=made.NOON,
            kept_until=made.LATER,
        ).key
        for n in range(1, COUNT + 1)
    ]
    return [root / "record" / key for key in keys]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    _write(path, bytes(content))


def _forge_both_inventories(folder: Path) -> None:
    """Somebody who knows OCFL changes a file and what the inventories say of it."""
    content = folder / "v1" / "content" / "validation.json"
    before = hashlib.sha512(content.read_bytes()).hexdigest()
    _write(content, content.read_bytes() + b" ")
    after = hashlib.sha512(content.read_bytes()).hexdigest()
    forged = (folder / "inventory.json").read_bytes().replace(before.encode(), after.encode())
    for place in (folder, folder / "v1"):
        _write(place / "inventory.json", forged)
        _write(place / "inventory.json.sha512", ocfl.sidecar(forged))


def _root_inventory(folder: Path) -> None:
    """Another right inventory at the root only: the version's own holds."""
    raw = (folder / "inventory.json").read_bytes().replace(b"office H15", b"office H16")
    _write(folder / "inventory.json", raw)
    _write(folder / "inventory.json.sha512", ocfl.sidecar(raw))


def _link(folder: Path) -> None:
    """A link to the same bytes outside the store."""
    words = folder / "v1" / "content" / "words.json.gz"
    outside = folder.parents[3] / "words.json.gz"
    words.rename(outside)
    words.symlink_to(outside)


FAULTS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "pdf": ("object.file-changed", lambda f: _flip(f / "v1/content/signed.pdf")),
    "scan": ("object.file-changed", lambda f: _flip(f / "v1/content/received.tif")),
    "forged": ("object.file-changed", _forge_both_inventories),
    "gone": ("object.file-missing", lambda f: (f / "v1/content/words.json.gz").unlink()),
    "link": ("record.missing", _link),
    "more": ("object.stray-file", lambda f: _write(f / "v1/content/more", b"x")),
    "odd name": ("object.stray-file", lambda f: _write(f / "Nguyễn Văn A.pdf", b"x")),
    "inventory": ("object.bad-inventory", lambda f: _flip(f / "v1/inventory.json")),
    "sidecar": ("object.bad-inventory", lambda f: _flip(f / "v1/inventory.json.sha512")),
    "root inventory": ("object.inventories-differ", _root_inventory),
    "root flipped": ("object.bad-inventory", lambda f: _flip(f / "inventory.json")),
    "no version": ("object.bad-inventory", lambda f: (f / "v1/inventory.json").unlink()),
    "unfinished": ("object.unfinished", lambda f: (f / "inventory.json").unlink()),
    "declaration": ("object.bad-declaration", lambda f: _flip(f / "0=ocfl_object_1.1")),
    "undeclared": ("object.bad-declaration", lambda f: (f / "0=ocfl_object_1.1").unlink()),
    "renamed": (
        "object.misplaced",
        lambda f: f.rename(f.with_name("urn%3auuid%3a01999000-0099-7000-8000-000000000099")),
    ),
}


def _survey(
    store: FileStore, *, progress: Callable[[int], None] | None = None
) -> tuple[int, list[Alarm]]:
    result = fixity.survey(store, progress=progress)
    return result.whole, result.alarms


def test_a_whole_store_gives_no_alarm(store: FileStore, objects: list[Path]) -> None:
    seen: list[int] = []
    assert _survey(store, progress=seen.append) == (COUNT, [])
    assert seen == [1, 2, 3]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_hides_no_other_object(
    store: FileStore, objects: list[Path], fault: str
) -> None:
    code, plant = FAULTS[fault]
    plant(objects[1])
    whole, alarms = _survey(store)
    assert [alarm.code for alarm in alarms] == [code]
    assert whole == COUNT - 1
    assert "Nguy" not in alarms[0].message
    if fault != "renamed":
        key = "/".join(objects[1].parts[-3:])
        assert alarms[0].key == key
        with pytest.raises(IntegrityViolation) as caught:
            fixity.check(store, key)
        assert caught.value.code == code


def test_an_object_copied_elsewhere_is_found(
    store: FileStore, objects: list[Path], root: Path
) -> None:
    shutil.copytree(objects[0], root / "record" / "00" / "00" / objects[0].name)
    whole, alarms = _survey(store)
    assert (whole, [alarm.code for alarm in alarms]) == (COUNT, ["object.misplaced"])


@pytest.mark.parametrize(
    "place", ["Thumbs.db", "ab/note.txt", "ab/cd/file", "x/y/z/file", "logs/a"]
)
def test_a_file_that_no_object_knows_is_found(
    store: FileStore, objects: list[Path], root: Path, place: str
) -> None:
    _write(root / "record" / place, b"x")
    whole, alarms = _survey(store)
    assert (whole, [(a.code, a.key) for a in alarms]) == (COUNT, [("root.stray-file", place)])


@pytest.mark.parametrize("name", list(ocfl.ROOT_FILES))
@pytest.mark.parametrize("change", [_flip, Path.unlink])
def test_a_changed_declaration_of_the_root_is_found(
    store: FileStore, root: Path, name: str, change: Callable[[Path], None]
) -> None:
    change(root / "record" / name)
    _whole, alarms = _survey(store)
    assert [(a.code, a.key) for a in alarms] == [("root.bad-declaration", name)]


def test_a_lock_that_ends_soon_is_found(store: FileStore, objects: list[Path]) -> None:
    now = made.LATER - timedelta(days=29)
    assert [a.code for a in fixity.survey(store, now=now).alarms] == ["lock.ending"] * COUNT
    assert fixity.survey(store, now=now - timedelta(days=2)).alarms == []
