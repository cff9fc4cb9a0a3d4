"""Making the catalogue again from the store alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from archive import fixity, package, read
from archive.fixity import Alarm
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import Catalogue, CatalogueEntry, ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What came of a rebuild.

    Attributes:
        count: how many records the catalogue holds again.
        alarms: what in the store is not as it must be; those records are not in the catalogue.
            ``object.unfinished`` of a paper that is still SIGNED is no fault.
    """

    count: int
    alarms: tuple[Alarm, ...]


def rebuild(
    store: ObjectStore,
    catalogue: Catalogue,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Rebuilt:
    """Forget the catalogue and make it again from the objects in the record area.

    Reads inventories, descriptions and words, each with its digest checked; the pictures are the
    affair of ``fixity.survey``. A damaged object is an alarm and does not stop the others. Records
    come back in the order of archiving, so that the newest stand first as before. Needs some 200
    bytes of memory a record.

    Args:
        store: where the records lie.
        catalogue: what is made again.
        progress: told how many of how many objects are done, after each.

    Raises:
        TransientFault, Misconfigured: store or database did not answer; run it again.
    """
    alarms: list[Alarm] = []
    order: list[tuple[datetime, str, str]] = []
    for found in fixity.lying(store):
        if found.files is None:
            alarms.append(fixity.stray(found.key))
            continue
        try:
            stored = read.of_files(store, found.key, found.files)
        except (IntegrityViolation, WrongUse) as fault:
            alarms.append(Alarm(key=found.key, code=fault.code, message=fault.message))
        else:
            order.append((stored.inventory.created, stored.inventory.id, found.key))
    order.sort()

    def entries() -> Iterator[CatalogueEntry]:
        for done, (_created, _id, key) in enumerate(order, 1):
            try:
                yield entry(store, key)
            except (IntegrityViolation, WrongUse) as fault:
                alarms.append(Alarm(key=key, code=fault.code, message=fault.message))
            if progress is not None:
                progress(done, len(order))

    catalogue.clear()
    catalogue.add_all(entries())
    return Rebuilt(count=catalogue.count(), alarms=tuple(alarms))


def entry(store: ObjectStore, key: str) -> CatalogueEntry:
    """The entry of the catalogue that an object in the store makes.

    Raises:
        IntegrityViolation: what it is made of is not what was archived.
    """
    stored = read.load(store, key)
    limit = package.LARGEST_JSON
    description = read.read_file(store, stored, package.DESCRIPTION, limit=limit)
    words = read.read_file(store, stored, package.WORDS, limit=limit)
    return package.entry_of(
        package.read_description(description, key=key),
        text=package.text_of_words(words, key=key),
        object_id=stored.inventory.id,
        key=key,
        version=stored.inventory.head,
    )
