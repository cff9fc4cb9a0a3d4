"""What every ``ObjectStore`` does, asked of the real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.minio import Minio
from servers.stores import place

from archive.file_store import FileStore
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import ObjectStore, RecordVersion
from dossier.spine import Blob

SOON = datetime(2036, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "source"
    path.write_bytes(content)
    return path


def _record(store: ObjectStore, record: RecordVersion) -> bytes:
    with store.open_record(record) as stream:
        return stream.read()


def a_blob_is_addressed_by_its_bytes(store: ObjectStore, folder: Path) -> None:
    content = b"some bytes" * 300_000
    blob = store.put_work(_file(folder, content))
    assert blob == Blob(hashlib.sha256(content).hexdigest(), len(content))
    assert store.put_work_bytes(content) == blob
    with store.work_file(blob) as path:
        assert path.read_bytes() == content


def an_empty_blob_is_a_blob(store: ObjectStore, folder: Path) -> None:
    blob = store.put_work_bytes(b"")
    with store.work_file(blob) as path:
        assert path.read_bytes() == b""


def an_erased_blob_is_gone_and_may_be_erased_again(store: ObjectStore, folder: Path) -> None:
    kept, blob = store.put_work_bytes(b"kept"), store.put_work_bytes(b"gone")
    assert store.erase_work(blob.digest, untouched_since=SOON)
    assert not store.erase_work(blob.digest, untouched_since=SOON)
    with pytest.raises(IntegrityViolation, match=blob.digest) as caught, store.work_file(blob):
        pass
    assert caught.value.code == "work.missing"
    with store.work_file(kept) as path:
        assert path.read_bytes() == b"kept"


def a_blob_that_was_put_meanwhile_is_not_erased(store: ObjectStore, folder: Path) -> None:
    blob = store.put_work_bytes(b"again")
    assert not store.erase_work(blob.digest, untouched_since=LONG_AGO)
    with store.work_file(blob) as path:
        assert path.read_bytes() == b"again"


def only_untouched_blobs_are_listed(store: ObjectStore, folder: Path) -> None:
    blobs = {store.put_work_bytes(b"%d" % n).digest for n in range(5)}
    assert set(store.works(untouched_since=datetime.now(UTC) + timedelta(hours=1))) == blobs
    assert set(store.works(untouched_since=LONG_AGO)) == set()


def a_digest_is_no_path(store: ObjectStore, folder: Path) -> None:
    record = store.put_record("a/b", _file(folder, b"kept"), kept_until=SOON)
    for digest in ("../record/a/b", "", "AB" * 32, "ab/../" + "0" * 58):
        with pytest.raises(WrongUse):
            store.erase_work(digest, untouched_since=SOON)
    assert _record(store, record) == b"kept"


def a_record_comes_back(store: ObjectStore, folder: Path) -> None:
    content = b"a record" * 300_000
    record = store.put_record("ab/cd/x%3a1/v1/f", _file(folder, content), kept_until=SOON)
    assert (record.key, record.size) == ("ab/cd/x%3a1/v1/f", len(content))
    assert _record(store, record) == content


def the_same_record_again_adds_nothing(store: ObjectStore, folder: Path) -> None:
    first = store.put_record("a/b", _file(folder, b"same"), kept_until=SOON)
    again = store.put_record("a/b", _file(folder, b"same"), kept_until=SOON)
    assert again == first
    assert list(store.records()) == [first]


def other_bytes_at_a_key_are_refused(store: ObjectStore, folder: Path) -> None:
    record = store.put_record("a/b", _file(folder, b"first"), kept_until=SOON)
    for other in (b"other", b"", b"first and more", b"sixth", b"First"):
        with pytest.raises(IntegrityViolation) as caught:
            store.put_record("a/b", _file(folder, other), kept_until=SOON)
        assert caught.value.code == "record.exists"
    assert _record(store, record) == b"first"


def several_are_put_and_read_back(store: ObjectStore, folder: Path) -> None:
    sources = []
    for number in range(9):
        source = folder / f"several-{number}"
        source.write_bytes(b"%d" % number * 1000)
        sources.append((f"a/{number}", source))
    before = store.put_record("a/3", sources[3][1], kept_until=SOON)
    made = store.put_records(sources, kept_until=SOON)
    assert list(store.records("a/")) == made
    assert made[3] == before
    assert list(store.covered()) == []
    assert {store.kept_until(record) for record in made} == {SOON}
    expected = [hashlib.sha512(source.read_bytes()).hexdigest() for _, source in sources]
    assert store.sha512_of(made) == expected
    assert store.sha512_of(made[:1]) == expected[:1]
    with pytest.raises(IntegrityViolation) as caught:
        store.put_records([("b", sources[0][1]), ("a/1", sources[2][1])], kept_until=SOON)
    assert caught.value.code == "record.exists"
    with pytest.raises(IntegrityViolation):
        store.sha512_of([RecordVersion(key="a/none", version="", size=1)])


def a_missing_object_is_reported(store: ObjectStore, folder: Path) -> None:
    store.put_record("a/b", _file(folder, b"kept"), kept_until=SOON)
    for key in ("a/c", "a", "a/b/c"):
        missing = RecordVersion(key=key, version="", size=1)
        with pytest.raises(IntegrityViolation) as caught:
            _record(store, missing)
        assert caught.value.code == "record.missing"


def records_are_listed_by_key_and_prefix(store: ObjectStore, folder: Path) -> None:
    keys = ["a/b-c/x", "a/b/x", "a/b/y/z", "a/b0", "b"]
    made = {k: store.put_record(k, _file(folder, k.encode()), kept_until=SOON) for k in keys[::-1]}
    assert list(store.records()) == [made[k] for k in sorted(keys)]
    for prefix in ("a/", "a/b", "a/b/", "a/b/y", "b", "c/", "a/b0/"):
        expected = [k for k in sorted(keys) if k.startswith(prefix)]
        assert [r.key for r in store.records(prefix)] == expected, prefix


def an_escaped_key_is_a_key_like_others(store: ObjectStore, folder: Path) -> None:
    key = "ab/cd/urn%3auuid%3a1/v1/content/a.b_c=d-e"
    made = [store.put_record(key, _file(folder, b"same"), kept_until=SOON) for _ in range(2)]
    assert list(store.records("ab/cd/urn%3auuid%3a1/")) == [made[0]] == [made[1]]


def one_of_many_at_one_key_is_kept(store: ObjectStore, folder: Path) -> None:
    def put(number: int) -> RecordVersion | str:
        source = folder / f"source-{number}"
        source.write_bytes(b"these bytes" if number % 2 else b"those bytes")
        try:
            return store.put_record("a/b", source, kept_until=SOON)
        except IntegrityViolation as fault:
            return fault.code

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(put, range(8)))
    (kept,) = store.records()
    assert sorted(map(str, results)) == sorted(map(str, [kept] * 4 + ["record.exists"] * 4))
    expected = b"these bytes" if results[1] == kept else b"those bytes"
    assert _record(store, kept) == expected
    assert list(store.covered()) == []


def a_record_is_kept_until_then(store: ObjectStore, folder: Path) -> None:
    term = SOON + timedelta(microseconds=1)
    record = store.put_record("a/b", _file(folder, b"same"), kept_until=term)
    assert store.kept_until(record) == SOON + timedelta(seconds=1)
    store.put_record("a/b", _file(folder, b"same"), kept_until=SOON + timedelta(days=9))
    by_key = RecordVersion(key="a/b", version="", size=4)
    assert store.kept_until(by_key) == SOON + timedelta(seconds=1)
    with pytest.raises(IntegrityViolation) as caught:
        store.kept_until(RecordVersion(key="a/c", version="", size=4))
    assert caught.value.code == "record.missing"


def a_term_that_has_passed_is_no_reason_to_refuse(store: ObjectStore, folder: Path) -> None:
    record = store.put_record("a/b", _file(folder, b"late"), kept_until=LONG_AGO)
    assert _record(store, record) == b"late"


def nothing_covers_a_record_of_ours(store: ObjectStore, folder: Path) -> None:
    for _ in range(2):
        store.put_record("a/b", _file(folder, b"same"), kept_until=SOON)
    assert list(store.covered()) == []
    assert list(store.covered("a/")) == []


def a_bad_key_is_refused(store: ObjectStore, folder: Path) -> None:
    source = _file(folder, b"x")
    for key in ("", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\0b", "a b", "á", "a/" * 600):
        with pytest.raises(WrongUse) as caught:
            store.put_record(key, source, kept_until=SOON)
        assert caught.value.code == "record.bad-key"
    assert list(store.records()) == []


def a_term_needs_a_zone(store: ObjectStore, folder: Path) -> None:
    with pytest.raises(WrongUse):
        store.put_record("a", _file(folder, b"x"), kept_until=SOON.replace(tzinfo=None))


def erasing_work_leaves_records_alone(store: ObjectStore, folder: Path) -> None:
    source = _file(folder, b"in both areas")
    blob, record = store.put_work(source), store.put_record("a", source, kept_until=SOON)
    assert store.erase_work(blob.digest, untouched_since=SOON)
    assert _record(store, record) == b"in both areas"


def a_record_outlives_its_source(store: ObjectStore, folder: Path) -> None:
    source = _file(folder, b"first")
    record = store.put_record("a", source, kept_until=SOON)
    source.write_bytes(b"later")
    assert _record(store, record) == b"first"


def a_lock_is_extended_and_never_shortened(store: ObjectStore, folder: Path) -> None:
    record = store.put_record("a", _file(folder, b"kept"), kept_until=SOON)
    store.extend_lock(record, until=SOON + timedelta(days=3650))
    assert store.kept_until(record) == SOON + timedelta(days=3650)
    store.extend_lock(record, until=SOON)
    assert store.kept_until(record) == SOON + timedelta(days=3650)


def only_a_derived_inventory_is_replaced(store: ObjectStore, folder: Path) -> None:
    key = "ab/cd/object/inventory.json"
    store.put_record(key, _file(folder, b"first"), kept_until=SOON)
    store.replace_derived(key, _file(folder, b"second"), kept_until=SOON)
    versions = [*store.records(key), *store.covered(key)]
    assert b"second" in {_record(store, version) for version in versions}
    for other in ("ab/cd/object/v1/inventory.json", "ab/cd/object/signed.pdf", "inventory.json"):
        with pytest.raises(WrongUse) as caught:
            store.replace_derived(other, _file(folder, b"x"), kept_until=SOON)
        assert caught.value.code == "record.not-derived"


Check = Callable[[ObjectStore, Path], None]
CONTRACT: tuple[Check, ...] = (
    a_blob_is_addressed_by_its_bytes,
    an_empty_blob_is_a_blob,
    an_erased_blob_is_gone_and_may_be_erased_again,
    a_blob_that_was_put_meanwhile_is_not_erased,
    only_untouched_blobs_are_listed,
    a_digest_is_no_path,
    a_record_comes_back,
    the_same_record_again_adds_nothing,
    other_bytes_at_a_key_are_refused,
    several_are_put_and_read_back,
    a_missing_object_is_reported,
    records_are_listed_by_key_and_prefix,
    an_escaped_key_is_a_key_like_others,
    one_of_many_at_one_key_is_kept,
    a_record_is_kept_until_then,
    a_term_that_has_passed_is_no_reason_to_refuse,
    nothing_covers_a_record_of_ours,
    a_bad_key_is_refused,
    a_term_needs_a_zone,
    erasing_work_leaves_records_alone,
    a_record_outlives_its_source,
    a_lock_is_extended_and_never_shortened,
    only_a_derived_inventory_is_replaced,
)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_a_folder_keeps_the_contract(check: Check, tmp_path: Path) -> None:
    check(FileStore(tmp_path / "store"), tmp_path)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_s3_keeps_the_contract(check: Check, minio_server: Minio, tmp_path: Path) -> None:
    check(place(minio_server, tmp_path).store(), tmp_path)
