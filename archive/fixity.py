"""Checking the record area: every byte read back, and everything that does not belong there.

OCFL's own validators check one object after the other: they overlook an object at the wrong
place, a file of no object, an object that is gone, a file without a lock and a younger version.
All are alarms here.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive import ocfl, read
from archive.digests import sha256_of, sha512_of
from archive.objects import Alarm, alarm_of, list_objects, stray
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import ObjectStore, RecordVersion

LOCK_ALARM = timedelta(days=30)
"""A lock that ends sooner should have been extended."""


def check(store: ObjectStore, key: str, *, now: datetime | None = None) -> read.StoredObject:
    """Read an object back, all of it, and see that its files are locked.

    Args:
        store: where it is.
        key: of its root.
        now: aware; where given, a lock that ends within 30 days is an alarm.

    Raises:
        IntegrityViolation: what ``read.load`` raises, and ``object.file-missing``,
            ``object.file-changed``, ``object.stray-file``, ``object.inventories-differ``,
            ``object.bad-declaration``, ``object.bad-version``, ``record.not-locked``,
            ``lock.ending``.
    """
    stored = read.load(store, key)
    _check(store, stored)
    check_locks(store, stored.files.values(), now=now)
    return stored


@dataclass(slots=True)
class Survey:
    """The result of reading the whole record area.

    Attributes:
        whole: how many objects are whole.
        alarms: what is wrong, each object once and each stray file.
        versions: for each object, the SHA-512 of its versions' inventories, oldest first.
        keys: of the objects that were read.
    """

    whole: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    versions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)


def survey(
    store: ObjectStore,
    *,
    now: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Read the whole record area back.

    An ``object.unfinished`` of a paper that is still SIGNED is no fault: it will be completed.

    Args:
        store: the store.
        now: aware; where given, a lock that ends within 30 days is an alarm.
        progress: called with the number of objects read, after each.
    """
    result = Survey()
    heads: dict[str, bytes] = {}
    for found in list_objects(store):
        if found.files is None:
            result.alarms.append(stray(found.key))
            continue
        try:
            stored = read.of_files(store, found.key, found.files)
            result.versions[stored.inventory.id] = _versions(store, stored)
            if stored.inventory.head > 1:
                heads[found.key] = stored.raw
            _check(store, stored)
            check_locks(store, stored.files.values(), now=now)
        except (IntegrityViolation, WrongUse) as fault:  # WrongUse: a path no store would take
            result.alarms.append(alarm_of(found.key, fault))
        else:
            result.whole += 1
        result.keys.append(found.key)
        if progress is not None:
            progress(len(result.keys))
    result.alarms += _root_alarms(store)
    result.alarms += _covered(store, heads)
    return result


def check_locks(
    store: ObjectStore, records: Iterable[RecordVersion], *, now: datetime | None
) -> None:
    """See that every file is locked, and none for less than 30 days.

    Raises:
        IntegrityViolation: ``record.not-locked``, ``lock.ending``.
    """
    ends = [(store.kept_until(record), record.key) for record in records]
    end, key = min(ends)
    if now is not None and end < now + LOCK_ALARM:
        raise IntegrityViolation(
            "lock.ending",
            f"the lock of {key} ends on {end.date().isoformat()} and was not extended; see that "
            "`sohoa beat` or `sohoa serve` runs, and that the store lets us extend locks",
        )


def _versions(store: ObjectStore, stored: read.StoredObject) -> tuple[str, ...]:
    return tuple(version.digest for version in read.versions_of(store, stored))


def _root_alarms(store: ObjectStore) -> list[Alarm]:
    return [
        Alarm(
            key=key,
            code="root.bad-declaration",
            message=f"{key} of the storage root is missing or was changed",
        )
        for key, content in ocfl.ROOT_FILES.items()
        if _content(store, key, len(content) + 1) != content
    ]


def _covered(store: ObjectStore, heads: Mapping[str, bytes]) -> list[Alarm]:
    """An alarm for each younger version and delete marker over a record.

    A root inventory or sidecar of an object with several versions may have younger versions that
    agree with the newest ``vN/inventory.json``, or with one before it.
    """
    alarms = []
    for record in store.covered():
        root, _, name = record.key.rpartition("/")
        if (
            root in heads
            and name in {ocfl.INVENTORY, ocfl.SIDECAR}
            and _is_derived(store, record, heads[root], name)
        ):
            continue
        alarms.append(
            Alarm(
                key=record.key,
                code="record.covered",
                message=f"somebody wrote over the object {record.key} or hid it; what was archived "
                "is still there and still read: find out who may write to the store",
            )
        )
    return alarms


def _is_derived(store: ObjectStore, record: RecordVersion, head: bytes, name: str) -> bool:
    expected = head if name == ocfl.INVENTORY else ocfl.sidecar(head)
    try:
        with store.open_record(record) as stream:
            return stream.read(len(expected) + 1) == expected
    except IntegrityViolation:
        return False


def _check(store: ObjectStore, stored: read.StoredObject) -> None:
    key, inventory = stored.key, stored.inventory
    declared = stored.files.get(ocfl.OBJECT_DECLARATION)
    if declared is None or _read(store, declared, 100) != ocfl.OBJECT_DECLARATION_BYTES:
        raise IntegrityViolation(
            "object.bad-declaration", f"the object {key} has no right declaration"
        )
    _check_root_inventory(store, stored)
    known = {ocfl.OBJECT_DECLARATION, ocfl.INVENTORY, ocfl.SIDECAR, *inventory.manifest}
    for number in range(1, inventory.head + 1):
        known |= {f"v{number}/{ocfl.INVENTORY}", f"v{number}/{ocfl.SIDECAR}"}
    if f"v{inventory.head + 1}/{ocfl.INVENTORY}" in stored.files:
        raise IntegrityViolation(
            "object.bad-version",
            f"the object {key} has a version after v{inventory.head} that does not continue it; "
            f"v{inventory.head} holds, find out who wrote the other",
        )
    if set(stored.files) - known:
        raise IntegrityViolation(
            "object.stray-file", f"the object {key} holds a file that its inventory does not list"
        )
    for path, sha512 in inventory.manifest.items():
        _check_file(store, stored, path, sha512)


def _check_file(store: ObjectStore, stored: read.StoredObject, path: str, sha512: str) -> None:
    record = stored.files.get(path)
    if record is None:
        raise IntegrityViolation(
            "object.file-missing",
            f"{read.kind_of(path)} of the object {stored.key} is missing; bring back the store's "
            "backup",
        )
    # The SHA-256 that the inventory records beside the SHA-512 says the same at a third of the
    # cost; the inventory itself is bound by its sidecar.
    sha256 = stored.inventory.fixity.get(path)
    with store.open_record(record) as stream:
        found = sha512_of(stream) if sha256 is None else sha256_of(stream)
    if not hmac.compare_digest(found, sha256 or sha512):
        raise IntegrityViolation(
            "object.file-changed",
            f"{read.kind_of(path)} of the object {stored.key} is not what was archived: it was "
            "changed or the disk failed; bring back the store's backup",
        )


def _check_root_inventory(store: ObjectStore, stored: read.StoredObject) -> None:
    """The inventory at the root is the newest version's; on S3, a younger version of it may be."""
    if read.inventory_bytes(store, stored.key, stored.files, folder="") == stored.raw:
        return
    for record in store.covered(f"{stored.key}/{ocfl.INVENTORY}"):
        if record.key == f"{stored.key}/{ocfl.INVENTORY}" and _is_derived(
            store, record, stored.raw, ocfl.INVENTORY
        ):
            return
    raise IntegrityViolation(
        "object.inventories-differ",
        f"the inventory at the root of the object {stored.key} is not its newest version's; that "
        "one holds, find out who wrote the other",
    )


def _content(store: ObjectStore, key: str, limit: int) -> bytes:
    """The beginning of an object of the store; empty where it is not there."""
    for record in store.records(key):
        if record.key == key:
            return _read(store, record, limit)
    return b""


def _read(store: ObjectStore, record: RecordVersion, limit: int) -> bytes:
    with store.open_record(record) as stream:
        return stream.read(limit)
