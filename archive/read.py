"""Reading an object back, with every digest checked on the way.

**The newest version's own inventory (``vN/inventory.json``) is the truth; the one at the object's
root is derived from it.** On an object store with locks the first is written once, while the root's
is put anew with each version of the object, so a writer can put one over it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, cast

from archive import ocfl
from archive.digests import digests
from dossier.errors import IntegrityViolation
from dossier.ports import ObjectStore, RecordVersion
from dossier.spine import ObjectVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as it lies in the record area.

    Attributes:
        key: of its root.
        inventory: of its newest version.
        raw: that inventory's bytes.
        files: everything found under the root, by its path below it.
    """

    key: str
    inventory: ocfl.Inventory
    raw: bytes
    files: Mapping[str, RecordVersion]

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the package in its newest state, sorted."""
        return tuple(sorted(self.inventory.state))


def load(store: ObjectStore, key: str) -> StoredObject:
    """Find an object and read its inventory.

    Args:
        store: where it lies.
        key: of the object's root.

    Raises:
        IntegrityViolation: ``object.missing``; ``object.unfinished``: a deposit was broken off;
            ``object.bad-inventory``, ``object.misplaced``.
    """
    return of_files(store, key, list_files(store, key))


def list_files(store: ObjectStore, key: str) -> dict[str, RecordVersion]:
    """What lies under an object's root, by its path below it."""
    return {record.key[len(key) + 1 :]: record for record in store.records(f"{key}/")}


def of_files(store: ObjectStore, key: str, files: Mapping[str, RecordVersion]) -> StoredObject:
    """``load`` where what lies under the key is known already."""
    if not files:
        raise IntegrityViolation("object.missing", f"there is no object {key} in the store")
    if ocfl.INVENTORY not in files:
        raise IntegrityViolation(
            "object.unfinished",
            f"the deposit of the object {key} was broken off and not taken up again; if its paper "
            "is still in work, it will be",
        )
    head = 0
    while f"v{head + 1}/{ocfl.INVENTORY}" in files:
        head += 1
    if not head:
        raise IntegrityViolation(
            "object.bad-inventory", f"the object {key} has no version with an inventory"
        )
    head, raw = _newest_valid(store, key, files, head)
    inventory = ocfl.read_inventory(raw, key=key)
    if inventory.head != head:
        raise IntegrityViolation(
            "object.bad-inventory", f"the inventory v{head} of the object {key} is of another head"
        )
    if ocfl.object_key(inventory.id) != key:
        raise IntegrityViolation(
            "object.misplaced",
            f"the object at {key} belongs elsewhere by its identifier; somebody moved it",
        )
    return StoredObject(key=key, inventory=inventory, raw=raw, files=files)


def _newest_valid(
    store: ObjectStore, key: str, files: Mapping[str, RecordVersion], head: int
) -> tuple[int, bytes]:
    """The newest version that continues all before it; a later one that does not is an alarm."""
    raw = inventory_bytes(store, key, files, folder="v1/")
    for number in range(2, head + 1):
        try:
            following = inventory_bytes(store, key, files, folder=f"v{number}/")
            ocfl.read_inventory(following, key=key)
        except IntegrityViolation:
            return number - 1, raw
        if not ocfl.continues(following, raw):
            return number - 1, raw
        raw = following
    return head, raw


def inventory_bytes(
    store: ObjectStore, key: str, files: Mapping[str, RecordVersion], *, folder: str
) -> bytes:
    """An inventory whose sidecar fits; ``folder`` is ``v1/`` and so on, or empty for the root.

    Raises:
        IntegrityViolation: ``object.bad-inventory``.
    """
    raw = _small(store, key, files, folder + ocfl.INVENTORY)
    beside = _small(store, key, files, folder + ocfl.SIDECAR)
    if not hmac.compare_digest(beside, ocfl.sidecar(raw)):
        raise IntegrityViolation(
            "object.bad-inventory",
            f"the inventory {folder}{ocfl.INVENTORY} of the object {key} is not what its sidecar "
            "says: it was changed or the disk failed; bring back the store's backup",
        )
    return raw


def _small(store: ObjectStore, key: str, files: Mapping[str, RecordVersion], path: str) -> bytes:
    record = files.get(path)
    if record is None:
        raise IntegrityViolation("object.bad-inventory", f"{path} of the object {key} is missing")
    with store.open_record(record) as stream:
        content = stream.read(ocfl.LARGEST_INVENTORY + 1)
    if len(content) > ocfl.LARGEST_INVENTORY:
        raise IntegrityViolation("object.bad-inventory", f"{path} of the object {key} is too large")
    return content


def locked_until(store: ObjectStore, stored: StoredObject) -> datetime:
    """The end of an object's lock: that of the inventory of its newest version.

    Locks are extended file by file, this inventory last.

    Raises:
        IntegrityViolation: ``record.missing``, ``record.not-locked``.
    """
    return store.kept_until(stored.files[f"v{stored.inventory.head}/{ocfl.INVENTORY}"])


def versions_of(store: ObjectStore, stored: StoredObject) -> tuple[ObjectVersion, ...]:
    """The versions of an object, oldest first.

    Raises:
        IntegrityViolation: ``object.bad-inventory``.
    """
    inventory = stored.inventory
    versions = []
    for number, created_at in enumerate(inventory.created_at, 1):
        raw = stored.raw
        if number != inventory.head:
            raw = inventory_bytes(store, stored.key, stored.files, folder=f"v{number}/")
        versions.append(
            ObjectVersion(
                number=number, digest=hashlib.sha512(raw).hexdigest(), created_at=created_at
            )
        )
    return tuple(versions)


def read_file(store: ObjectStore, stored: StoredObject, path: str, *, limit: int) -> bytes:
    """One file of the package, whole, its digest checked.

    Args:
        store: where it lies.
        stored: the object.
        path: in the package.
        limit: bytes; more are not read.

    Raises:
        IntegrityViolation: ``object.file-missing``, ``object.file-changed``.
    """
    record, sha512 = _where(stored, path)
    with store.open_record(record) as stream:
        content = stream.read(limit + 1)
    if not hmac.compare_digest(hashlib.sha512(content).hexdigest(), sha512):
        raise _changed(stored.key, path)
    return content


def copy_file(store: ObjectStore, stored: StoredObject, path: str, *, to: BinaryIO) -> None:
    """Copy one file of the package out in bounded memory, its digest checked on the way.

    What was copied before the fault was seen is to be thrown away.

    Raises:
        IntegrityViolation: ``object.file-missing``, ``object.file-changed``.
    """
    record, sha512 = _where(stored, path)
    with store.open_record(record) as stream:
        copied = digests(stream, to=to)
    if not hmac.compare_digest(copied.sha512, sha512):
        raise _changed(stored.key, path)


@contextmanager
def open_file(store: ObjectStore, stored: StoredObject, path: str) -> Iterator[BinaryIO]:
    """Read one file of the package as a stream; its digest is checked at its end.

    Raises:
        IntegrityViolation: ``object.file-missing``, ``object.file-changed``.
    """
    record, sha512 = _where(stored, path)
    with store.open_record(record) as stream:
        checked = _Checked(stream, sha512, stored.key, path)
        yield cast("BinaryIO", checked)


class _Checked:
    """A stream that compares its digest at its end."""

    def __init__(self, stream: BinaryIO, sha512: str, key: str, path: str) -> None:
        self._stream, self._sha512 = stream, sha512
        self._key, self._path = key, path
        self._hash = hashlib.sha512()

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._hash.update(chunk)
        if (not chunk or size < 0) and not hmac.compare_digest(
            self._hash.hexdigest(), self._sha512
        ):
            raise _changed(self._key, self._path)
        return chunk


def size_and_sha256(stored: StoredObject, path: str) -> tuple[int, str]:
    """Bytes and SHA-256 of a file of the package, as listing and inventory have them.

    Raises:
        IntegrityViolation: ``object.file-missing``; ``object.bad-inventory``: it has no SHA-256.
    """
    record, _ = _where(stored, path)
    sha256 = stored.inventory.fixity.get(stored.inventory.state[path])
    if sha256 is None:
        raise IntegrityViolation(
            "object.bad-inventory", f"the inventory of the object {stored.key} lacks a SHA-256"
        )
    return record.size, sha256


def _where(stored: StoredObject, path: str) -> tuple[RecordVersion, str]:
    place = stored.inventory.state.get(path)
    record = None if place is None else stored.files.get(place)
    if place is None or record is None:
        raise IntegrityViolation(
            "object.file-missing",
            f"{kind_of(path)} of the object {stored.key} is missing; bring back the store's backup",
        )
    return record, stored.inventory.manifest[place]


def _changed(key: str, path: str) -> IntegrityViolation:
    return IntegrityViolation(
        "object.file-changed",
        f"{kind_of(path)} of the object {key} is not what was archived: it was changed or the disk "
        "failed; bring back the store's backup",
    )


def kind_of(path: str) -> str:
    """How a message names a file: ours by its path, anything else only by its folder."""
    folder, _, name = path.rpartition("/")
    return path if name.isascii() and " " not in name else f"a file in {folder or 'the root'}"
