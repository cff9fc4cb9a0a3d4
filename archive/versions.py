"""Writing objects of small files, and further versions of objects."""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from archive import ocfl, read
from archive.deposit import ObjectWriter
from archive.file_faults import translated
from dossier.errors import IntegrityViolation
from dossier.ports import ObjectStore
from dossier.spine import ObjectVersion


def write_version(
    store: ObjectStore,
    identifier: str,
    files: Mapping[str, bytes],
    note: ocfl.VersionNote,
    *,
    before: read.StoredObject | None,
    kept_until: datetime,
    scratch: Path | None = None,
    names: Mapping[str, str] | None = None,
) -> ObjectVersion:
    """Write an object's first version, or one after another, and read it back.

    Safe to be killed: the inventory comes after the content and the one at the root last. The
    same call again completes it; on S3 the root's inventory gets a younger version each time,
    which readers do not trust beyond ``vN/inventory.json``.

    Args:
        store: where to.
        identifier: of the object.
        files: the new or changed files by their path in the package; the others stay.
        note: of the version.
        before: the object as it is; None for a new one.
        kept_until: the end of the lock.
        scratch: a folder for temporary files.
        names: under which files are stored, by their path; by default the path's last part.

    Raises:
        IntegrityViolation: ``record.exists``: another version of this number was begun;
            ``record.not-as-written``.
    """
    number = 1 if before is None else before.inventory.head + 1
    kept_until = datetime.fromtimestamp(math.ceil(kept_until.timestamp()), UTC)
    names = names or {}
    contents = {
        path: _content(path, data, names.get(path, path.rpartition("/")[2]))
        for path, data in files.items()
    }
    unchanged = {} if before is None else _unchanged(before, set(files))
    state = (*contents.values(), *unchanged.values())
    if before is None:
        stored = set[str]()
        inventory = ocfl.first_inventory(identifier, state, note)
    else:
        stored = set(before.inventory.manifest.values())
        inventory = ocfl.next_inventory(before.raw, state, note)
    with (
        translated(f"a file of the object {identifier}"),
        tempfile.TemporaryDirectory(dir=scratch) as folder,
    ):
        key = ocfl.object_key(identifier)
        writer = ObjectWriter(
            store, key, Path(folder), kept_until, there=read.list_files(store, key)
        )
        new = {
            f"v{number}/content/{contents[path].path}": data
            for path, data in files.items()
            if contents[path].sha512 not in stored
        }
        _write(writer, number, new, inventory)
    written = read.load(store, ocfl.object_key(identifier))
    if written.raw != inventory:
        raise IntegrityViolation(
            "record.not-as-written",
            f"the object {written.key} is not what was written a moment ago; the store is failing",
        )
    return ObjectVersion(
        number=number, digest=hashlib.sha512(inventory).hexdigest(), created_at=note.created
    )


def derive_root(store: ObjectStore, key: str, *, scratch: Path | None = None) -> None:
    """Put the inventory of the newest version at the root, as a killed process may not have.

    Args:
        store: where to.
        key: of the object's root.
        scratch: a folder for temporary files.
    """
    stored = read.load(store, key)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        until = read.locked_until(store, stored)
        there = read.list_files(store, key)
        writer = ObjectWriter(store, key, Path(folder), until, there=there)
        for file in writer.inventory_files("", stored.raw):
            writer.replace(file)


def _write(writer: ObjectWriter, number: int, new: Mapping[str, bytes], inventory: bytes) -> None:
    """Write a version: its first two files, its others, its inventory, that of the root.

    A new PDF comes before the description, the description before all that follows from it.
    """
    files = [writer.made(path, data) for path, data in new.items()]
    if number == 1:
        files.append(writer.made(ocfl.OBJECT_DECLARATION, ocfl.OBJECT_DECLARATION_BYTES))
    sidecar, newest = writer.inventory_files(f"v{number}/", inventory)
    for file in files[:2]:
        writer.put([file])
    writer.put([*files[2:], sidecar])
    writer.put([newest])
    for file in writer.inventory_files("", inventory):
        if number == 1:
            writer.put([file])
        else:
            writer.replace(file)
    writer.compare(whole=number == 1)


def _content(path: str, data: bytes, name: str) -> ocfl.Content:
    return ocfl.Content(
        logical=path,
        path=name,
        sha512=hashlib.sha512(data).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )


def _unchanged(before: read.StoredObject, changed: set[str]) -> dict[str, ocfl.Content]:
    """The files of the newest state that stay as they are; their sizes are not needed."""
    return {
        logical: ocfl.Content(
            logical=logical,
            path=place.rpartition("/")[2],
            sha512=before.inventory.manifest[place],
            sha256=before.inventory.fixity.get(place, ""),
            size=0,
        )
        for logical, place in before.inventory.state.items()
        if logical not in changed
    }
