"""What every ``ObjectStore`` does, asked of the real ones and of some broken on purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from servers.minio import Minio

from archive.file_store import FileStore
from archive.s3_setup import least_policy, make_buckets
from archive.s3_store import S3Store
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
    store.erase_work(blob.digest)
    store.erase_work(blob.digest)
    with pytest.raises(IntegrityViolation, match=blob.digest) as caught, store.work_file(blob):
        pass
    assert caught.value.code == "work.missing"
    with store.work_file(kept) as path:
        assert path.read_bytes() == b"kept"


def only_untouched_blobs_are_listed(store: ObjectStore, folder: Path) -> None:
    blobs = {store.put_work_bytes(b"%d" % n).digest for n in range(5)}
    assert set(store.works(untouched_since=datetime.now(UTC) + timedelta(hours=1))) == blobs
    assert set(store.works(untouched_since=LONG_AGO)) == set()


def a_digest_is_no_path(store: ObjectStore, folder: Path) -> None:
    record = store.put_record("a/b", _file(folder, b"kept"), kept_until=SOON)
    for digest in ("../record/a/b", "", "AB" * 32, "ab/../" + "0" * 58):
        with pytest.raises(WrongUse):
            store.erase_work(digest)
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
    for other in (b"other", b"", b"first and more"):
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
    store.erase_work(blob.digest)
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
    only_untouched_blobs_are_listed,
    a_digest_is_no_path,
    a_record_comes_back,
    the_same_record_again_adds_nothing,
    other_bytes_at_a_key_are_refused,
    what_is_not_there_is_told,
    records_are_listed_by_key_and_prefix,
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

    def erase_work(self, digest: str) -> None:
        self._work_path(digest)


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
    ErasesAnyPath, TrustsKeys, ListsYoungBlobs, NamesBlobsWrongly, HasNoMissing,
)  # fmt: skip


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_a_folder_keeps_the_contract(check: Check, tmp_path: Path) -> None:
    check(FileStore(tmp_path / "store"), tmp_path)


def s3_store(minio: Minio, folder: Path) -> S3Store:
    """A store in new buckets, with no more rights than the service has."""
    address = f"s3+http://{minio.address}/{minio.new_bucket_name()}"
    make_buckets(address, access_key=minio.user, secret_key=minio.password)
    access, secret = minio.new_user(least_policy(address))
    return S3Store(address, access_key=access, secret_key=secret, scratch=folder / "scratch")


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_s3_keeps_the_contract(check: Check, minio_server: Minio, tmp_path: Path) -> None:
    check(s3_store(minio_server, tmp_path), tmp_path)


class PutsBlindly(S3Store):
    """Does not look whether a record is there."""

    def _oldest(self, key: str) -> RecordVersion | None:
        del key
        return None


class ListsKeysByFolder(S3Store):
    """Lists keys in the order of folders, not of their letters."""

    def records(self, prefix: str = "") -> Iterator[RecordVersion]:
        yield from sorted(super().records(prefix), key=lambda r: r.key.split("/"))


@pytest.mark.parametrize("adapter", [PutsBlindly, ListsKeysByFolder])
def test_the_contract_catches_a_broken_s3_store(
    adapter: type[S3Store], minio_server: Minio, tmp_path: Path
) -> None:
    def fails(check: Check, folder: Path) -> bool:
        folder.mkdir()
        store = s3_store(minio_server, folder)
        store.__class__ = adapter
        try:
            check(store, folder)
        except (AssertionError, pytest.fail.Exception, IntegrityViolation, OSError):
            return True
        return False

    assert any(fails(check, tmp_path / str(n)) for n, check in enumerate(CONTRACT))


@pytest.mark.parametrize("adapter", BROKEN, ids=lambda adapter: adapter.__name__)
def test_the_contract_catches_a_broken_store(adapter: type[FileStore], tmp_path: Path) -> None:
    assert any(_fails(check, adapter, tmp_path / str(n)) for n, check in enumerate(CONTRACT)), (
        "no check noticed"
    )


def _fails(check: Check, adapter: type[FileStore], folder: Path) -> bool:
    folder.mkdir()
    try:
        check(adapter(folder / "store"), folder)
    except (AssertionError, pytest.fail.Exception, IntegrityViolation, OSError, ValueError):
        return True
    return False
