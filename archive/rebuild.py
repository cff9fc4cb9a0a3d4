"""Reading every archived record back, to rebuild catalogue and ledger from the store alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from archive import ocfl, package, read
from archive.objects import Alarm, ObjectFiles, alarm_of, list_objects, stray
from archive.recall import recall
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import CatalogueEntry, ObjectStore
from dossier.spine import ArchivedRecord

_BATCH = 200
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
    created: datetime
    id: str
    key: str


class RecordReader:
    """Reads all records of a store in the order of archiving, each with its digests checked.

    A damaged object becomes an alarm and never stops the others. Pictures and PDFs are not read:
    that is the work of ``fixity.survey``. Takes some 300 bytes of memory a record.

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
            skip = known([ocfl.paper_of(one.id) for one in part])
            yield list(self._read(one for one in part if ocfl.paper_of(one.id) not in skip))
            done(start + len(part))

    def _locate(self) -> Iterator[_Located]:
        for found in list_objects(self._store):
            if found.files is None:
                self.alarms.append(stray(found.key))
                continue
            try:
                inventory = self._load(found).inventory
            except (IntegrityViolation, WrongUse) as fault:
                self.alarms.append(alarm_of(found.key, fault))
            else:
                if ocfl.day_of_register(inventory.id) is not None:
                    self.registers.append(found.key)
                if ocfl.is_dossier(inventory.id):
                    self.dossiers.append(found.key)
                if ocfl.is_paper(inventory.id):
                    yield _Located(inventory.created, inventory.id, found.key)

    def _load(self, found: ObjectFiles) -> read.StoredObject:
        """Load a listed object; list it again where a deposit may have been under way."""
        try:
            return read.of_files(self._store, found.key, found.files or {})
        except IntegrityViolation as fault:
            if fault.code not in _NOT_YET_WHOLE:
                raise
            return read.load(self._store, found.key)

    def _read(self, located: Iterator[_Located]) -> Iterator[StoredRecord]:
        for one in located:
            try:
                yield read_record(self._store, one.key)
            except (IntegrityViolation, WrongUse) as fault:
                self.alarms.append(alarm_of(one.key, fault))


def read_record(store: ObjectStore, key: str) -> StoredRecord:
    """Read one record from its object: description, words and validation reports.

    Raises:
        IntegrityViolation: a file of it is not what was archived.
    """
    stored = read.load(store, key)
    archived = recall(store, stored)
    return StoredRecord(
        archived=archived,
        entry=package.entry_of(
            archived, text=package.text_of_words(package.read_words(store, stored), key=key)
        ),
    )
