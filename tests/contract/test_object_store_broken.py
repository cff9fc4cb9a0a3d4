"""Object stores that are broken on purpose: the contract must catch each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from contract.test_object_store import CONTRACT, SOON, Check
from servers.minio import Minio
from servers.stores import place

from archive.file_store import FileStore
from archive.keys import aware
from archive.s3_store import S3Store
from archive.s3_work import blob_of
from dossier.errors import IntegrityViolation
from dossier.ports import ObjectStore, RecordVersion
from dossier.spine import Blob


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
    """Trusts the caller's list of old blobs."""

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


class PutsBlindly(S3Store):
    """Puts without a look."""

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        with source.open("rb") as stream:
            made = self._added(key, stream, blob_of(stream), kept_until)
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
