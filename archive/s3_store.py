"""The object store in two buckets of any S3 that has Object Lock.

    BUCKET-work     blobs in work, ``ab/abcd...`` by their SHA-256; erased once safe
    BUCKET          the record area, an OCFL storage root: versioned, each object locked

A writer can put another version over a record, or hide it under a delete marker; neither removes
it. So a record is always **the oldest version of its key, and read by its version id**; newer
versions are reported by ``covered``, as an alarm.

A PUT whose answer was lost may have succeeded, or may still succeed. So a record is looked up
before it is put, a PUT is never repeated here (a retry starts with the lookup), and it is
conditional (``If-None-Match``). A store without conditional writes may hold two versions after
concurrent PUTs of one key; a second lookup shows which is older, and the writer of the newer one
fails. A writer whose lookup misses the older version reports success; its version is a covering
one, an alarm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.datatypes import Object
from minio.error import S3Error
from minio.retention import Retention

from archive.digests import digests, sha512_of
from archive.file_faults import translated as locally
from archive.keys import aware, require_derived, segments_of
from archive.s3_faults import NOT_KNOWN, NOT_OVER, missing, not_locked, translated
from archive.s3_reading import Sent, reading
from archive.s3_work import PART, S3Work, blob_of
from dossier.errors import IntegrityViolation
from dossier.ports import RecordVersion
from dossier.spine import Blob

_DIGEST_NOTE = "sha256"
_AT_ONCE = 4
_In = TypeVar("_In")
_Out = TypeVar("_Out")
_SHORTEST = timedelta(days=1)  # a store locks nothing until a time that has passed


class S3Store(S3Work):
    """An ``ObjectStore`` (dossier/ports.py) by S3. Safe for many threads, processes and machines.

    Args:
        address: ``s3+http[s]://HOST:PORT/BUCKET``.
        access_key: of the service's own user, who needs no right to delete a record.
        secret_key: of the same.
        scratch: a folder for local copies of blobs; made when it is needed.
        read_seconds: how long the store may be silent in the middle of an answer.

    All methods raise:
        TransientFault: ``store.no-answer``, ``store.busy``, ``store.full``, ``store.clock``.
        Misconfigured: ``store.refused``, ``store.not-made``.
    """

    # The record area

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        """Add an object to the record area, locked until then.

        The same bytes at a key that holds them already is a success that adds nothing.

        Raises:
            IntegrityViolation: ``record.exists``: the key holds other bytes.
            WrongUse: ``record.bad-key``, ``time.naive``.
        """
        segments_of(key)
        until = _lock_end(kept_until)
        with locally("a file that is being sent to the store"), source.open("rb") as stream:
            blob = blob_of(stream)
            there = self._oldest(key)
            if there is None:
                made = self._added(key, stream, blob, until)
                there = self._oldest(key)
                if there is not None and there.version == made:
                    return there
        if there is None:
            raise missing(key)
        return self._same_or_refused(there, blob)

    def put_records(
        self, files: Sequence[tuple[str, Path]], *, kept_until: datetime
    ) -> list[RecordVersion]:
        """Add objects where a listing showed nothing, without looking at each key again.

        The store itself refuses a PUT over an object (``If-None-Match``). It does not where that
        object is hidden by a delete marker: hence the caller's listing afterwards.

        Raises:
            IntegrityViolation: ``record.exists``.
        """

        def put(one: tuple[str, Path]) -> RecordVersion:
            key, source = one
            made = self._put_new(key, source, kept_until) if self._conditional else None
            return made or self.put_record(key, source, kept_until=kept_until)

        return self._at_once(put, files)

    def _put_new(self, key: str, source: Path, kept_until: datetime) -> RecordVersion | None:
        """Put an object on the store's condition that there is none; None where it refused."""
        segments_of(key)
        until = _lock_end(kept_until)
        with locally("a file that is being sent to the store"), source.open("rb") as stream:
            blob = blob_of(stream)
            with translated(f"the object {key}"):
                try:
                    version = self._sent(self._adding, key, stream, blob, until)
                except S3Error as error:
                    if error.code not in NOT_OVER | NOT_KNOWN:
                        raise
                    self._conditional = error.code not in NOT_KNOWN
                    return None
        return RecordVersion(key=key, version=version, size=blob.size)

    def sha512_of(self, records: Sequence[RecordVersion]) -> list[str]:
        """Read objects back, several at a time; their SHA-512.

        Raises:
            IntegrityViolation: ``record.missing``.
        """

        def read(record: RecordVersion) -> str:
            with self.open_record(record) as stream:
                return sha512_of(stream)

        return self._at_once(read, records)

    def _at_once(self, do: Callable[[_In], _Out], each: Sequence[_In]) -> list[_Out]:
        """Do it for each, in several threads where there are several."""
        if len(each) < 2:  # noqa: PLR2004 - one needs no other thread
            return [do(one) for one in each]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return list(threads.map(do, each))

    def _sent(self, client: Minio, key: str, stream: BinaryIO, blob: Blob, until: datetime) -> str:
        """Put an object; its version."""
        stream.seek(0)
        made = client.put_object(
            self._address.bucket,
            key,
            cast("BinaryIO", Sent(stream)),
            blob.size,
            metadata={_DIGEST_NOTE: blob.digest},
            part_size=PART if blob.size > PART else 0,
            num_parallel_uploads=1,
            retention=Retention(COMPLIANCE, until),
        )
        return _versioned(made.version_id)

    def _added(self, key: str, stream: BinaryIO, blob: Blob, until: datetime) -> str:
        """Put an object where there is none; its version, or empty where one is there meanwhile."""
        with translated(f"the object {key}"):
            try:
                return self._sent(self._adding, key, stream, blob, until)
            except S3Error as error:
                if error.code in NOT_OVER:
                    return ""
                if error.code not in NOT_KNOWN:
                    raise
                return self._sent(self._client, key, stream, blob, until)

    def replace_derived(self, key: str, source: Path, *, kept_until: datetime) -> None:
        """Put a newer inventory, or its sidecar, at the root of an object, as a younger version.

        Raises:
            WrongUse: ``record.not-derived``.
        """
        require_derived(key)
        until = datetime.fromtimestamp(math.ceil(aware(kept_until).timestamp()), UTC)
        with (
            locally("a file that is being sent to the store"),
            source.open("rb") as stream,
            translated(f"the object {key}"),
        ):
            blob = blob_of(stream)
            self._client.put_object(
                self._address.bucket,
                key,
                cast("BinaryIO", Sent(stream)),
                blob.size,
                metadata={_DIGEST_NOTE: blob.digest},
                retention=Retention(COMPLIANCE, until),
            )

    def _oldest(self, key: str) -> RecordVersion | None:
        """What lies at a key; everything else under this prefix comes after it."""
        first = next(self.records(key), None)
        return first if first is not None and first.key == key else None

    def _same_or_refused(self, there: RecordVersion, blob: Blob) -> RecordVersion:
        """The stored version, if it has these bytes and a lock."""
        if there.size == blob.size:
            with translated(f"the object {there.key}"):
                found = self._client.stat_object(
                    self._address.bucket, there.key, version_id=there.version
                )
            metadata = found.metadata or {}
            if metadata.get("x-amz-object-lock-mode") != COMPLIANCE:
                raise not_locked(there.key)
            if metadata.get(f"x-amz-meta-{_DIGEST_NOTE}") == blob.digest:
                return there
            with self.open_record(there) as stream:
                if digests(stream).sha256 == blob.digest:
                    return there
        raise IntegrityViolation(
            "record.exists",
            f"the object {there.key} is already in the record area with other bytes, and those "
            "hold; find out who wrote it",
        )

    def open_record(self, record: RecordVersion) -> AbstractContextManager[BinaryIO]:
        """Read one object of the record area, by its version.

        Raises:
            IntegrityViolation: ``record.missing``.
        """
        return self._reading(self._address.bucket, record.key, self._version_of(record))

    def _version_of(self, record: RecordVersion) -> str:
        segments_of(record.key)
        if record.version:
            return record.version
        there = self._oldest(record.key)
        if there is None:
            raise missing(record.key)
        return there.version

    def _reading(self, bucket: str, name: str, version: str) -> AbstractContextManager[BinaryIO]:
        return reading(self._client, bucket, name, version=version)

    def records(self, prefix: str = "") -> Iterator[RecordVersion]:
        """What lies in the record area under a prefix, oldest version of each key, by key."""
        return (record for record, over in self._versions(prefix) if not over)

    def covered(self, prefix: str = "") -> Iterator[RecordVersion]:
        """Younger versions and delete markers that lie over a record; there should be none."""
        return (record for record, over in self._versions(prefix) if over)

    def _versions(self, prefix: str) -> Iterator[tuple[RecordVersion, bool]]:
        """All versions by key, and whether each lies over an older one of its key.

        The store tells a key's versions the youngest first, so that only the next one tells
        whether this one is the oldest. Delete markers come page by page, after the page's versions.
        """
        folder = prefix.rpartition("/")[0]
        if folder:
            segments_of(folder)
        last: RecordVersion | None = None
        with translated("the record area"):
            for found in self._client.list_objects(
                self._address.bucket, prefix=prefix, recursive=True, include_version=True
            ):
                record = _record(found)
                if found.is_delete_marker:
                    yield record, True
                    continue
                if last is not None:
                    yield last, last.key == record.key
                last = record
        if last is not None:
            yield last, False

    def kept_until(self, record: RecordVersion) -> datetime:
        """Until when an object is locked; aware UTC, whole seconds.

        Raises:
            IntegrityViolation: ``record.missing``; ``record.not-locked``.
        """
        version = self._version_of(record)
        with translated(f"the object {record.key}"):
            found = self._client.get_object_retention(
                self._address.bucket, record.key, version_id=version
            )
        if found is None or found.mode != COMPLIANCE:
            raise not_locked(record.key)
        return found.retain_until_date.astimezone(UTC)

    def extend_lock(self, record: RecordVersion, *, until: datetime) -> None:
        """Lock an object for longer; a lock that ends later already is left alone.

        Raises:
            IntegrityViolation: ``record.missing``; ``record.not-locked``.
        """
        end = datetime.fromtimestamp(math.ceil(aware(until).timestamp()), UTC)
        known = RecordVersion(key=record.key, version=self._version_of(record), size=record.size)
        if self.kept_until(known) >= end:
            return
        with translated(f"the object {record.key}"):
            self._client.set_object_retention(
                self._address.bucket,
                record.key,
                Retention(COMPLIANCE, end),
                version_id=known.version,
            )

    def sweep(self, *, before: datetime) -> int:
        """Nothing: a copy goes with the folder of its process."""
        del before
        return 0


def _lock_end(kept_until: datetime) -> datetime:
    """The end of a new lock, in whole seconds."""
    until = max(aware(kept_until), datetime.now(UTC) + _SHORTEST)
    return datetime.fromtimestamp(math.ceil(until.timestamp()), UTC)


def _versioned(version: str | None) -> str:
    """The version of an object that was put.

    Raises:
        IntegrityViolation: ``store.not-versioned``.
    """
    if not version:
        raise IntegrityViolation(
            "store.not-versioned",
            "the bucket of records keeps no versions; what was put there is not safe",
        )
    return version


def _record(found: Object) -> RecordVersion:
    return RecordVersion(
        key=found.object_name or "", version=found.version_id or "", size=found.size or 0
    )
