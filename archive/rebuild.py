"""Reading every archived record back, to rebuild catalogue and ledger from the store alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from archive import ocfl, package, read
from archive.objects import Alarm, alarm_of, list_objects, stray
from archive.recall import recall
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import CatalogueEntry, ObjectStore, RecordVersion
from dossier.spine import ArchivedRecord

_BATCH = 500
# Files of an object that no rebuild reads.
_NOT_READ = (".pdf", ".tif", ".jpg", ".png", ".xml", ".xml.gz", ocfl.OBJECT_DECLARATION)
_NOT_YET_WHOLE = frozenset({"object.unfinished", "object.bad-inventory"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """One record as its object holds it.

    Attributes:
        archived: the spine, for the ledger.
        entry: for the catalogue.
    """

    archived: ArchivedRecord
    entry: CatalogueEntry


@dataclass(frozen=True, slots=True, order=True)
class _Located:
    """A paper's object, and of its files those that are read."""

    created: str
    key: str
    paper: UUID = field(compare=False)
    files: Mapping[str, RecordVersion] = field(compare=False)


class RecordReader:
    """Reads all records of a store in the order of archiving, each with its digests checked.

    A damaged object becomes an alarm and never stops the others. Pictures and PDFs are not read:
    that is the work of ``fixity.survey``. The store is listed once. Takes some 2 KB of memory a
    record.

    Args:
        store: where the records are.

    Attributes:
        total: how many objects of papers the store holds.
        alarms: damaged objects and stray files met so far.
        registers: keys of the registers, after the first batch.
        dossiers: keys of the objects of dossiers, after the first batch.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.total = 0
        self.alarms: list[Alarm] = []
        self.registers: list[str] = []
        self.dossiers: list[str] = []

    def batches(
        self, *, known: Callable[[Sequence[UUID]], set[UUID]], done: Callable[[int], None]
    ) -> Iterator[list[StoredRecord]]:
        """The records in batches of a transaction's size.

        Args:
            known: which of these papers need not be read again (an interrupted rebuild wrote
                them).
            done: called after each batch was used, with the number of objects handled so far.

        Raises:
            TransientFault, Misconfigured: the store did not answer.
        """
        located = sorted(self._locate())
        self.total = len(located)
        for start in range(0, len(located), _BATCH):
            part = located[start : start + _BATCH]
            skip = known([one.paper for one in part])
            yield list(self._read(one for one in part if one.paper not in skip))
            done(start + len(part))

    def _locate(self) -> Iterator[_Located]:
        for found in list_objects(self._store):
            if found.files is None:
                self.alarms.append(stray(found.key))
                continue
            try:
                located = self._located(found.key, found.files)
            except (IntegrityViolation, WrongUse) as fault:
                self.alarms.append(alarm_of(found.key, fault))
            else:
                if located is not None:
                    yield located

    def _located(self, key: str, files: Mapping[str, RecordVersion]) -> _Located | None:
        """A paper's object; None for any other, which is noted by its kind.

        By its folder's name: what the inventory says is checked when the object is read.
        """
        identifier = ocfl.identifier_of(key)
        if ocfl.is_paper(identifier):
            record = files.get(f"v1/{ocfl.INVENTORY}")
            created = ""
            if record is not None:
                with self._store.open_record(record) as stream:
                    created = ocfl.created_of(stream.read(ocfl.LARGEST_INVENTORY))
            wanted = {sys.intern(path): files[path] for path in files if _is_read(path)}
            return _Located(created, key, ocfl.paper_of(identifier), wanted)
        identifier = self._load(key, files).inventory.id
        if ocfl.day_of_register(identifier) is not None:
            self.registers.append(key)
        if ocfl.is_dossier(identifier):
            self.dossiers.append(key)
        return None

    def _load(self, key: str, files: Mapping[str, RecordVersion]) -> read.StoredObject:
        """Load a listed object; list it again where a deposit may have been under way."""
        try:
            return read.of_files(self._store, key, files)
        except IntegrityViolation as fault:
            if fault.code not in _NOT_YET_WHOLE:
                raise
            return read.load(self._store, key)

    def _read(self, located: Iterator[_Located]) -> Iterator[StoredRecord]:
        for one in located:
            try:
                yield _record_of(self._store, self._load(one.key, one.files))
            except (IntegrityViolation, WrongUse) as fault:
                self.alarms.append(alarm_of(one.key, fault))


def _is_read(path: str) -> bool:
    return not path.endswith(_NOT_READ)


def read_record(store: ObjectStore, key: str) -> StoredRecord:
    """Read one record from its object: description, words and validation reports.

    Raises:
        IntegrityViolation: a file of it is not what was archived.
    """
    return _record_of(store, read.load(store, key))


def _record_of(store: ObjectStore, stored: read.StoredObject) -> StoredRecord:
    archived = recall(store, stored)
    text = package.text_of_words(package.read_words(store, stored), key=stored.key)
    return StoredRecord(archived=archived, entry=package.entry_of(archived, text=text))
