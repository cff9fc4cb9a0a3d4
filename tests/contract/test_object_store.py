"""What every ``ObjectStore`` does, asked of the real ones and of some broken on purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from servers.minio import Minio
from servers.stores import place

from archive.file_store import FileStore
from archive.keys import aware
from archive.s3_store import S3Store, _blob_of
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


def what_is_not_there_is_told(store: ObjectStore, folder: Path) -> None:
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
        told = list(threads.map(put, range(8)))
    (kept,) = store.records()
    assert sorted(map(str, told)) == sorted(map(str, [kept] * 4 + ["record.exists"] * 4))
    expected = b"these bytes" if told[1] == kept else b"those bytes"
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
    what_is_not_there_is_told,
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
)


class Overwrites(FileStore):
    """Puts a record over what is there."""

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        self._record_path(key).unlink(missing_ok=True)
        return super().put_record(key, source, kept_until=kept_until)


class SaysItWasThere(FileStore):
    """Takes any bytes for those that are there."""

    def _same_or_refused(self, key: str, target: Path, source: Path) -> None:
        pass


class Links(FileStore):
    """Keeps a link to the source instead of its bytes."""

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        size = super().put_record(key, source, kept_until=kept_until).size
        self._record_path(key).unlink()
        self._record_path(key).hardlink_to(source)
        return RecordVersion(key=key, version="", size=size)


class LosesTheEnd(FileStore):
    """Gives a record back without what is beyond its first megabyte."""

    @contextmanager
    def open_record(self, record: RecordVersion) -> Iterator[BinaryIO]:
        with super().open_record(record) as stream:
            yield BytesIO(stream.read(1 << 20))


class ListsAnyhow(FileStore):
    """Lists what a folder holds in the order of the folder."""

    def records(self, prefix: str = "") -> Iterator[RecordVersion]:
        yield from sorted(super().records(prefix), key=lambda r: r.key.split("/"))


class ListsByFolder(FileStore):
    """Takes a prefix for a folder."""

    def records(self, prefix: str = "") -> Iterator[RecordVersion]:
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        yield from (r for r in super().records() if r.key.startswith(below))


class ForgetsToErase(FileStore):
    """Erases nothing."""

    def erase_work(self, digest: str, *, untouched_since: datetime) -> bool:
        del untouched_since
        return self._work_path(digest).exists()


class ErasesWhatCameMeanwhile(FileStore):
    """Trusts whoever says that a blob is old."""

    def erase_work(self, digest: str, *, untouched_since: datetime) -> bool:
        return super().erase_work(digest, untouched_since=max(SOON, untouched_since))


class ErasesAnyPath(FileStore):
    """Trusts a digest."""

    def _work_path(self, digest: str) -> Path:
        return self._work / digest[:2] / digest


class TrustsKeys(FileStore):
    """Trusts a key."""

    def _record_path(self, key: str) -> Path:
        return self._record / key


class ListsYoungBlobs(FileStore):
    """Hands blobs to the sweep that were put a moment ago."""

    def works(self, *, untouched_since: datetime) -> Iterator[str]:
        return super().works(untouched_since=untouched_since + timedelta(days=36500))


class NamesBlobsWrongly(FileStore):
    """Addresses a blob by something else."""

    def put_work_bytes(self, content: bytes) -> Blob:
        return super().put_work_bytes(content + b"\n")


class HasNoMissing(FileStore):
    """Gives an empty file where there is none."""

    @contextmanager
    def work_file(self, blob: Blob) -> Iterator[Path]:
        self._work.mkdir(parents=True, exist_ok=True)
        self._work_path(blob.digest).parent.mkdir(exist_ok=True)
        self._work_path(blob.digest).touch()
        with super().work_file(blob) as path:
            yield path


BROKEN = (
    Overwrites, SaysItWasThere, Links, LosesTheEnd, ListsAnyhow, ListsByFolder, ForgetsToErase,
    ErasesWhatCameMeanwhile,
    ErasesAnyPath, TrustsKeys, ListsYoungBlobs, NamesBlobsWrongly, HasNoMissing,
)  # fmt: skip


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_a_folder_keeps_the_contract(check: Check, tmp_path: Path) -> None:
    check(FileStore(tmp_path / "store"), tmp_path)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_s3_keeps_the_contract(check: Check, minio_server: Minio, tmp_path: Path) -> None:
    check(place(minio_server, tmp_path).store(), tmp_path)


class PutsBlindly(S3Store):
    """Puts without a look."""

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        with source.open("rb") as stream:
            made = self._added(key, stream, _blob_of(stream), kept_until)
        return RecordVersion(key=key, version=made, size=source.stat().st_size)


class ComparesSizes(S3Store):
    """Takes bytes of the same number for the same bytes."""

    def _same_or_refused(self, there: RecordVersion, blob: Blob) -> RecordVersion:
        return there if there.size == blob.size else super()._same_or_refused(there, blob)


class LocksForADay(S3Store):
    """Does not ask until when."""

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        return super().put_record(key, source, kept_until=min(aware(kept_until), tomorrow))


class ListsFromTheEnd(S3Store):
    """Lists anyhow."""

    def records(self, prefix: str = "") -> Iterator[RecordVersion]:
        yield from reversed(list(super().records(prefix)))


BROKEN_S3 = (PutsBlindly, ComparesSizes, LocksForADay, ListsFromTheEnd)


@pytest.mark.parametrize("adapter", BROKEN_S3, ids=lambda adapter: adapter.__name__)
def test_the_contract_catches_a_broken_s3_store(
    adapter: type[S3Store], minio_server: Minio, tmp_path: Path
) -> None:
    def made(folder: Path) -> S3Store:
        return place(minio_server, folder).store(adapter)

    assert any(_fails(check, made, tmp_path / str(n)) for n, check in enumerate(CONTRACT)), (
        "no check noticed"
    )


@pytest.mark.parametrize("adapter", BROKEN, ids=lambda adapter: adapter.__name__)
def test_the_contract_catches_a_broken_store(adapter: type[FileStore], tmp_path: Path) -> None:
    def made(folder: Path) -> FileStore:
        return adapter(folder / "store")

    assert any(_fails(check, made, tmp_path / str(n)) for n, check in enumerate(CONTRACT)), (
        "no check noticed"
    )


def _fails(check: Check, made: Callable[[Path], ObjectStore], folder: Path) -> bool:
    folder.mkdir()
    try:
        check(made(folder), folder)
    except (AssertionError, pytest.fail.Exception, IntegrityViolation, OSError, ValueError):
        return True
    return False
