"""Looking after what was archived: every byte read back, and what does not belong there found.

OCFL's own validators look at one object after the other: they overlook an object at the wrong
place and a file that no object knows. Both are looked for here.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archive import ocfl, read
from archive.digests import digests
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import ObjectStore, RecordVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something in the record area that is not as it must be.

    Attributes:
        key: of the object, or of the stray file; as it lies there.
        code: stable.
        message: what is wrong and what to do; no personal data.
    """

    key: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies under one folder of the layout, or one stray file.

    Attributes:
        key: the object's root, or the stray file's own key.
        files: by path below the root; None for a stray file.
    """

    key: str
    files: dict[str, RecordVersion] | None


def lying(store: ObjectStore) -> Iterator[Lying]:
    """Everything in the record area but the storage root's own files, object by object, by key."""
    key, files = "", dict[str, RecordVersion]()
    for record in store.records():
        parts = record.key.split("/", 3)
        root = "/".join(parts[:3])
        if files and root != key:
            yield Lying(key, files)
            files = {}
        if len(parts) > 3 and ocfl.is_object_key(root):  # noqa: PLR2004 - two tuples, a name, a file
            key = root
            files[parts[3]] = record
        elif record.key not in ocfl.ROOT_FILES:
            yield Lying(record.key, None)
    if files:
        yield Lying(key, files)


def check(store: ObjectStore, key: str) -> read.StoredObject:
    """Read an object back, all of it.

    Raises:
        IntegrityViolation: what ``read.load`` raises, and ``object.file-missing``,
            ``object.file-changed``, ``object.stray-file``, ``object.inventories-differ``,
            ``object.bad-declaration``.
    """
    stored = read.load(store, key)
    _check(store, stored)
    return stored


def survey(
    store: ObjectStore, *, progress: Callable[[int], None] | None = None
) -> tuple[int, tuple[Alarm, ...]]:
    """Read the whole record area back.

    Args:
        store: the store.
        progress: told the number of objects seen, after each.

    Returns:
        How many objects are whole, and what is wrong, each object once and each stray file.
        An ``object.unfinished`` of a paper that is still SIGNED is no fault: it will be completed.
    """
    whole, seen, alarms = 0, 0, list[Alarm]()
    for found in lying(store):
        if found.files is None:
            alarms.append(stray(found.key))
            continue
        seen += 1
        try:
            _check(store, read.of_files(store, found.key, found.files))
        except (IntegrityViolation, WrongUse) as fault:  # WrongUse: a path no store would take
            alarms.append(Alarm(key=found.key, code=fault.code, message=fault.message))
        else:
            whole += 1
        if progress is not None:
            progress(seen)
    for key, content in ocfl.ROOT_FILES.items():
        if _content(store, key, len(content) + 1) != content:
            alarms.append(
                Alarm(
                    key=key,
                    code="root.bad-declaration",
                    message=f"{key} of the storage root is missing or was changed",
                )
            )
    return whole, tuple(alarms)


def stray(key: str) -> Alarm:
    """The alarm for a file that no object knows."""
    return Alarm(
        key=key,
        code="root.stray-file",
        message="a file lies in the record area that belongs to no record; find out who put it "
        "there",
    )


def _check(store: ObjectStore, stored: read.StoredObject) -> None:
    key, inventory = stored.key, stored.inventory
    declared = stored.files.get(ocfl.OBJECT_DECLARATION)
    if declared is None or (_content(store, declared.key, 100) != ocfl.OBJECT_DECLARATION_BYTES):
        raise IntegrityViolation(
            "object.bad-declaration", f"the object {key} has no right declaration"
        )
    if read.inventory_bytes(store, key, stored.files, folder="") != stored.raw:
        raise IntegrityViolation(
            "object.inventories-differ",
            f"the inventory at the root of the object {key} is not its newest version's; that "
            "one holds, find out who wrote the other",
        )
    known = {ocfl.OBJECT_DECLARATION, ocfl.INVENTORY, ocfl.SIDECAR, *inventory.manifest}
    for number in range(1, inventory.head + 1):
        known |= {f"v{number}/{ocfl.INVENTORY}", f"v{number}/{ocfl.SIDECAR}"}
        read.inventory_bytes(store, key, stored.files, folder=f"v{number}/")
    if set(stored.files) - known:
        raise IntegrityViolation(
            "object.stray-file", f"a file lies in the object {key} that its inventory does not know"
        )
    for path, sha512 in inventory.manifest.items():
        record = stored.files.get(path)
        if record is None:
            raise IntegrityViolation(
                "object.file-missing",
                f"{read.kind_of(path)} of the object {key} is missing; bring back the store's "
                "backup",
            )
        with store.open_record(record) as stream:
            found = digests(stream)
        sha256 = inventory.fixity.get(path, found.sha256)
        if not (
            hmac.compare_digest(found.sha512, sha512) and hmac.compare_digest(found.sha256, sha256)
        ):
            raise IntegrityViolation(
                "object.file-changed",
                f"{read.kind_of(path)} of the object {key} is not what was archived: it was "
                "changed or the disk failed; bring back the store's backup",
            )


def _content(store: ObjectStore, key: str, limit: int) -> bytes:
    """The beginning of an object of the store; empty where it is not there."""
    for record in store.records(key):
        if record.key == key:
            with store.open_record(record) as stream:
                return stream.read(limit)
    return b""
