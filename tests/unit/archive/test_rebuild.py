"""The catalogue made again from the store alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from unit.archive import made

from archive import package
from archive.catalogue import rows
from archive.catalogue.models import RECORD, RECORD_PERSON
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.deposit import deposit
from archive.file_store import FileStore
from archive.identity import IdentityKeys
from archive.objects import Alarm
from archive.rebuild import RecordReader, read_record
from dossier.finding import FoundPage, TextQuery
from dossier.spine import ArchivedRecord
from dossier.written import description_from_json, description_to_json, words_to_json

COUNT = 5
OFFICES = (made.OFFICE,)


@dataclass(frozen=True)
class Rebuilt:
    """The result of reading a store into an empty catalogue."""

    count: int
    alarms: tuple[Alarm, ...]


def rebuilt(
    store: FileStore,
    catalogue: SqlCatalogue,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Rebuilt:
    catalogue.clear()
    reader = RecordReader(store)
    for batch in reader.batches(known=catalogue.known, done=progress):
        catalogue.add_all([record.entry for record in batch])
    return Rebuilt(catalogue.count(), tuple(reader.alarms))


@pytest.fixture
def archived(store: FileStore, catalogue: SqlCatalogue) -> list[ArchivedRecord]:
    """Records laid down and catalogued as the pipeline does it, newer ones with older papers."""
    records = []
    for n in range(COUNT, 0, -1):
        text = f"{made.TEXT} tờ số {n}"
        described = made.description(
            values=(*made.description().values, made.value("paper.subject", f"việc thứ {n}"))
        )
        signed = made.signed_record(store, number=n, ordinal=n, text=text, described=described)
        at = made.NOON.replace(hour=12 - n)
        record = deposit(signed, store=store, archived_at=at, kept_until=made.LATER)
        words = words_to_json(made.pages_of(text), engine=made.ENGINE)
        catalogue.add(package.entry_of(record, text=package.text_of_words(words, key=record.key)))
        records.append(record)
    return records


def _opened(engine: sa.Engine, keys: IdentityKeys) -> list[dict[str, Any]]:
    """Everything the catalogue holds, opened."""
    with engine.connect() as connection:
        records = connection.execute(sa.select(RECORD).order_by(RECORD.c.id)).mappings().all()
        people = (
            connection.execute(
                sa.select(RECORD_PERSON, RECORD.c.paper)
                .join(RECORD, RECORD.c.id == RECORD_PERSON.c.record_id)
                .order_by(RECORD_PERSON.c.id_hash, RECORD.c.id, RECORD_PERSON.c.role)
            )
            .mappings()
            .all()
        )
    opened = [
        {
            **row,
            "description": rows.description_of(row, keys),
            "text": rows._open(keys, row["text"], b"text", row["paper"]),
        }
        for row in records
    ]
    for row in people:
        paper = row["paper"].bytes
        opened.append(
            {
                **row,
                "number": keys.decrypt(row["number"], context=b"number" + paper),
                "name": keys.decrypt(row["name"], context=b"name" + paper),
            }
        )
    return opened


def _found(catalogue: SqlCatalogue, words: str) -> FoundPage:
    return catalogue.search(TextQuery(words=words, offices=OFFICES, limit=9))


def test_the_catalogue_comes_back_as_it_was(
    store: FileStore,
    catalogue: SqlCatalogue,
    engine: sa.Engine,
    keys: IdentityKeys,
    archived: list[ArchivedRecord],
) -> None:
    before = _opened(engine, keys)
    found = _found(catalogue, "tran thi hoa")
    assert len(before) == COUNT * 5
    progress: list[int] = []
    outcome = rebuilt(store, catalogue, progress=progress.append)
    assert (outcome.count, outcome.alarms) == (COUNT, ())
    assert progress == [COUNT]
    assert _opened(engine, keys) == before
    assert _found(catalogue, "tran thi hoa") == found


def test_a_rebuild_with_a_new_key_finds_the_same(
    store: FileStore,
    catalogue: SqlCatalogue,
    engine: sa.Engine,
    archived: list[ArchivedRecord],
) -> None:
    found = catalogue.by_citizen_id(made.MOTHER, offices=OFFICES, limit=9)
    other = SqlCatalogue(engine, IdentityKeys(b"o" * 32))
    assert rebuilt(store, other).count == COUNT
    assert other.by_citizen_id(made.MOTHER, offices=OFFICES, limit=9) == found


def test_what_the_store_does_not_hold_is_forgotten(
    store: FileStore, catalogue: SqlCatalogue, archived: list[ArchivedRecord]
) -> None:
    catalogue.add(made.entry(99))
    assert rebuilt(store, catalogue).count == COUNT
    assert catalogue.get(made.paper_id(99), offices=OFFICES) is None


def test_an_empty_store_makes_an_empty_catalogue(store: FileStore, catalogue: SqlCatalogue) -> None:
    catalogue.add(made.entry(1))
    assert rebuilt(store, catalogue).count == 0


@pytest.mark.parametrize(
    "fault",
    [
        ("v1/content/description.json", "object.file-changed"),
        ("v1/content/words.json.gz", "object.file-changed"),
        ("v1/content/validation.json", "object.file-changed"),
        ("v1/inventory.json", "object.bad-inventory"),
        ("v1/inventory.json.sha512", "object.bad-inventory"),
    ],
)
def test_a_damaged_object_is_an_alarm_and_stops_no_other(
    store: FileStore,
    root: Path,
    catalogue: SqlCatalogue,
    archived: list[ArchivedRecord],
    *,
    fault: tuple[str, str],
) -> None:
    path, code = fault
    place = root / "record" / archived[2].key / path
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.chmod(0o644)
    place.write_bytes(content)
    outcome = rebuilt(store, catalogue)
    assert outcome.count == COUNT - 1
    assert [(a.key, a.code) for a in outcome.alarms] == [(archived[2].key, code)]
    assert catalogue.get(archived[2].signed.record.paper.id, offices=OFFICES) is None
    assert _found(catalogue, "người làm chứng").total == COUNT - 1


def test_an_inventory_on_top_is_not_believed(
    store: FileStore, root: Path, catalogue: SqlCatalogue, archived: list[ArchivedRecord]
) -> None:
    place = root / "record" / archived[0].key / "inventory.json"
    place.unlink()
    place.write_bytes(b"{}")
    assert rebuilt(store, catalogue).count == COUNT


def test_a_stray_file_is_an_alarm(
    store: FileStore, root: Path, catalogue: SqlCatalogue, archived: list[ArchivedRecord]
) -> None:
    (root / "record" / "note.txt").write_bytes(b"x")
    outcome = rebuilt(store, catalogue)
    assert (outcome.count, [a.code for a in outcome.alarms]) == (COUNT, ["root.stray-file"])


def test_a_record_is_the_same_from_the_store_as_from_the_spine(
    store: FileStore, archived: list[ArchivedRecord]
) -> None:
    for record in archived:
        with store.work_file(record.signed.record.words) as words:
            text = package.text_of_words(words.read_bytes(), key=record.key)
        read = read_record(store, record.key)
        assert read.entry.text == text
        assert read.archived == _rounded(replace(record, digests=()))
        assert read.archived.signed.record.paper.scan.source.endswith(".tif")


def _rounded(record: ArchivedRecord) -> ArchivedRecord:
    """The record as its written form keeps it: confidences and boxes with fewer digits."""
    described = record.signed.record.description
    kept = description_from_json(description_to_json(described))
    return replace(
        record,
        signed=replace(record.signed, record=replace(record.signed.record, description=kept)),
    )


def test_the_term_is_that_of_the_lock(
    store: FileStore, root: Path, archived: list[ArchivedRecord]
) -> None:
    later = made.LATER + timedelta(days=3650)
    folder = root / "record" / archived[0].key / "v1"
    seconds = int(later.timestamp())
    # The modification time stays in the past: else a read may renew the access time (relatime).
    inventory = folder / "inventory.json"
    os.utime(inventory, (seconds, inventory.stat().st_mtime))
    assert read_record(store, archived[0].key).entry.kept_until == later.replace(microsecond=0)


def test_records_that_are_known_are_not_read_again(
    store: FileStore, root: Path, catalogue: SqlCatalogue, archived: list[ArchivedRecord]
) -> None:
    """A rebuild that is resumed goes on where it ended."""
    made.flip(root / "record" / archived[0].key / "v1/content/description.json")
    reader = RecordReader(store)
    batches = list(reader.batches(known=catalogue.known, done=lambda _: None))
    assert (batches, reader.alarms, reader.total) == ([[]], [], COUNT)
