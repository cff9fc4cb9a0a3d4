"""A store by S3 that is down, slow, full or busy, cuts or loses what is said; on real MinIO."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.minio import Minio
from servers.proxy import Fault, Proxy, proxy
from servers.stores import Place, place

from archive.s3_store import S3Store
from dossier.errors import IntegrityViolation, TransientFault
from dossier.ports import RecordVersion
from dossier.spine import Blob

KEY = "ab/cd/urn%3auuid%3a1/v1/inventory.json"
SOON = datetime(2036, 1, 1, tzinfo=UTC)
SMALL, LARGE = b"the record", bytes(range(256)) * (80 << 10)  # the large one is sent in parts

CODES = {
    Fault.DOWN: "store.no-answer",
    Fault.SILENT: "store.no-answer",
    Fault.BUSY: "store.busy",
    Fault.FULL: "store.full",
    Fault.BAD_GATEWAY: "store.no-answer",
    Fault.CUTS_REQUEST: "store.no-answer",
    Fault.CUTS_ANSWER: "store.no-answer",
    Fault.LOSES_ANSWER: "store.no-answer",
}


@pytest.fixture
def here(minio_server: Minio, tmp_path: Path) -> Place:
    return place(minio_server, tmp_path)


@pytest.fixture
def between(minio_server: Minio) -> Iterator[Proxy]:
    with proxy(minio_server.address) as between:
        yield between


@pytest.fixture
def store(here: Place, between: Proxy) -> S3Store:
    return here.store(host=between.address, read_seconds=1.0)


def _content(store: S3Store, key: str) -> bytes:
    (record,) = store.records(key)
    with store.open_record(record) as stream:
        return stream.read()


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["whole", "in parts"])
@pytest.mark.parametrize("fault", CODES, ids=lambda fault: fault.name.lower())
def test_a_record_that_could_not_be_put_is_put_once(
    here: Place, between: Proxy, store: S3Store, fault: Fault, content: bytes
) -> None:
    """It is unknown whether the store did it; a retry stores it once."""
    only = "PUT" if fault in {Fault.LOSES_ANSWER, Fault.CUTS_REQUEST, Fault.SILENT} else ""
    with between.misbehaving(fault, only=only):
        with pytest.raises(TransientFault) as caught:
            store.put_record(KEY, here.file(content), kept_until=SOON)
        assert caught.value.code == CODES[fault]
    record = store.put_record(KEY, here.file(content), kept_until=SOON)
    # What came too late, because the store was silent, has been dealt with too.
    between.settle()
    assert between.played >= (fault is not Fault.DOWN)
    assert here.versions(KEY) == 1
    assert list(store.records()) == [record]
    assert list(store.covered()) == []
    assert _content(store, KEY) == content


@pytest.mark.parametrize("fault", CODES, ids=lambda fault: fault.name.lower())
def test_what_is_read_is_whole_or_not_read(
    here: Place, between: Proxy, store: S3Store, fault: Fault
) -> None:
    record = here.store().put_record(KEY, here.file(LARGE), kept_until=SOON)
    blob = here.store().put_work_bytes(LARGE)
    with between.misbehaving(fault):
        with pytest.raises(TransientFault) as caught, store.open_record(record) as stream:
            stream.read()
        assert caught.value.code == CODES[fault]
        with pytest.raises(TransientFault) as caught, store.work_file(blob):
            pass
        assert caught.value.code == CODES[fault]
    assert _content(store, KEY) == LARGE
    with store.work_file(blob) as copy:
        assert copy.read_bytes() == LARGE
    # Nothing half is left where copies are made.
    assert list((here.folder / "scratch").iterdir()) == []


# The answer to a PUT has no body that could be cut.
@pytest.mark.parametrize(
    "fault", [f for f in CODES if f is not Fault.CUTS_ANSWER], ids=lambda f: f.name.lower()
)
def test_a_blob_that_could_not_be_put_is_put_again(
    here: Place, between: Proxy, store: S3Store, fault: Fault
) -> None:
    with between.misbehaving(fault), pytest.raises(TransientFault) as caught:
        store.put_work_bytes(SMALL)
    assert caught.value.code == CODES[fault]
    blob = store.put_work_bytes(SMALL)
    between.settle()
    later = datetime.now(UTC) + timedelta(hours=1)
    assert list(here.store().works(untouched_since=later)) == [blob.digest]
    with store.work_file(blob) as copy:
        assert copy.read_bytes() == SMALL


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.BUSY, Fault.CUTS_ANSWER, Fault.BAD_GATEWAY])
def test_a_list_is_whole_or_none(here: Place, between: Proxy, store: S3Store, fault: Fault) -> None:
    for number in range(3):
        here.store().put_record(f"a/{number}", here.file(SMALL), kept_until=SOON)
    with between.misbehaving(fault):
        for asked in (store.records, store.covered):
            with pytest.raises(TransientFault) as caught:
                list(asked())
            assert caught.value.code == CODES[fault]
    assert [record.key for record in store.records()] == ["a/0", "a/1", "a/2"]


def test_a_store_without_the_condition_is_asked_without_it(
    here: Place, between: Proxy, store: S3Store
) -> None:
    with between.misbehaving(Fault.KNOWS_NO_CONDITION):
        store.put_record(KEY, here.file(SMALL), kept_until=SOON)
    assert between.played == 1
    assert _content(store, KEY) == SMALL


def test_where_the_condition_is_lost_who_comes_second_is_refused(
    here: Place, between: Proxy, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = here.store().put_record(KEY, here.file(b"first"), kept_until=SOON)
    look, looks = store._oldest, iter([True])

    def blind_at_first(key: str) -> RecordVersion | None:
        """As one that looked before the other's was to be seen."""
        return None if next(looks, False) else look(key)

    monkeypatch.setattr(store, "_oldest", blind_at_first)
    with between.misbehaving(Fault.FORGETS_CONDITION), pytest.raises(IntegrityViolation) as caught:
        store.put_record(KEY, here.file(b"second"), kept_until=SOON)
    assert caught.value.code == "record.exists"
    assert between.played == 1
    assert here.versions(KEY) == 2
    assert store._oldest(KEY) == first
    assert _content(here.store(), KEY) == b"first"
    assert len(list(here.store().covered())) == 1


def test_without_the_condition_the_writer_of_the_record_succeeds(
    here: Place, between: Proxy, store: S3Store
) -> None:
    files = [here.folder / f"{n}" for n in range(6)]
    for n, file in enumerate(files):
        file.write_bytes(b"%d" % n)

    def put(file: Path) -> bool:
        try:
            store.put_record(KEY, file, kept_until=SOON)
        except IntegrityViolation as error:
            return error.code != "record.exists"
        return True

    with between.misbehaving(Fault.FORGETS_CONDITION), ThreadPoolExecutor(6) as threads:
        done = list(threads.map(put, files))
    # Another may have come to its end before an older one was to be seen.
    written = [file.read_bytes() for file, its in zip(files, done, strict=True) if its]
    assert _content(here.store(), KEY) in written
    # Other accepted writes are newer versions over it, and are reported.
    assert len(list(here.store().covered())) == here.versions(KEY) - 1


def test_a_blob_of_nothing_goes_through(store: S3Store, between: Proxy) -> None:
    """The proxy does no harm by itself."""
    blob = store.put_work_bytes(b"")
    assert blob == Blob(blob.digest, 0)
    with store.work_file(blob) as copy:
        assert copy.read_bytes() == b""
    assert between.played == 0
