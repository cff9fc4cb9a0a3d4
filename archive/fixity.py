"""Looking after what was archived: every byte read back, and what does not belong there found.

OCFL's own validators look at one object after the other: they overlook an object at the wrong
place and a file that no object knows. Both are looked for here.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from archive import ocfl, read
from archive.digests import digests
from archive.objects import Alarm, alarm_of, list_objects, stray
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import ObjectStore


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
    for found in list_objects(store):
        if found.files is None:
            alarms.append(stray(found.key))
            continue
        seen += 1
        try:
            _check(store, read.of_files(store, found.key, found.files))
        except (IntegrityViolation, WrongUse) as fault:  # WrongUse: a path no store would take
            alarms.append(alarm_of(found.key, fault))
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
