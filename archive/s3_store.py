"""The object store in two buckets of any S3 that has Object Lock.

    BUCKET-work     blobs in work, ``ab/abcd...`` by their SHA-256; erased once safe
    BUCKET          the record area, an OCFL storage root: versioned, each object locked

Whoever may write may put another version over a record, or hide it under a delete marker; none of
that takes it away. So a record is always **the oldest version of its key, and read by its version
id**; what lies over one is told by ``covered``, an alarm.

A PUT whose answer was lost may have been done. So a record is looked for before it is put, and a
PUT is never repeated here: whoever tries again begins with the look.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from minio.commonconfig import COMPLIANCE
from minio.datatypes import Object
from minio.retention import Retention

from archive.digests import digests
from archive.keys import is_digest, segments_of, work_name
from archive.s3_client import make_client, parse_address, translated
from dossier.errors import IntegrityViolation, TransientFault, WrongUse
from dossier.ports import RecordVersion
from dossier.spine import Blob

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_CHUNK = 1 << 20
_PART = 8 << 20  # bytes of a file that are in memory at once while it is sent
_DIGEST_NOTE = "sha256"


class S3Store:
    """An ``ObjectStore`` (dossier/ports.py) by S3. Safe for many threads, processes and machines.

    Args:
        address: ``s3+http[s]://HOST:PORT/BUCKET``.
        access_key: of the service's own user, who needs no right to delete a record.
        secret_key: of the same.
        scratch: a folder for local copies of blobs; made when it is needed.

    All methods raise:
        TransientFault: ``store.no-answer``, ``store.full``, ``store.clock``.
        Misconfigured: ``store.refused``, ``store.not-made``.
    """

    def __init__(self, address: str, *, access_key: str, secret_key: str, scratch: Path) -> None:
        self._address = parse_address(address)
        self._client = make_client(self._address, access_key=access_key, secret_key=secret_key)
        self._scratch = scratch

    # The work area

    def put_work(self, source: Path) -> Blob:
        """Copy a file into the work area; writing the same bytes twice is harmless."""
        with source.open("rb") as stream:
            return self._put_work(stream, _blob_of(stream))

    def put_work_bytes(self, content: bytes) -> Blob:
        """Write bytes into the work area; writing the same bytes twice is harmless."""
        blob = Blob(hashlib.sha256(content).hexdigest(), len(content))
        return self._put_work(io.BytesIO(content), blob)

    def _put_work(self, stream: BinaryIO, blob: Blob) -> Blob:
        with translated("a blob of the work area"):
            self._client.put_object(
                self._address.work,
                work_name(blob.digest),
                stream,
                blob.size,
                part_size=_PART if blob.size > _PART else 0,
                num_parallel_uploads=1,
            )
        return blob

    @contextmanager
    def work_file(self, blob: Blob) -> Iterator[Path]:
        """A local copy of the blob for as long as the context lasts.

        Raises:
            IntegrityViolation: ``work.missing``; ``work.changed``: it is not what its name says.
        """
        name = work_name(blob.digest)
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._scratch, prefix="blob-") as copy:
            found = hashlib.sha256()
            try:
                with self._reading(self._address.work, name, "") as stream:
                    while chunk := stream.read(_CHUNK):
                        found.update(chunk)
                        copy.write(chunk)
            except IntegrityViolation:
                raise IntegrityViolation(
                    "work.missing",
                    f"the blob {blob.digest} is not in the work area; bring back the store's "
                    "backup",
                ) from None
            copy.flush()
            if not hmac.compare_digest(found.hexdigest(), blob.digest):
                raise IntegrityViolation(
                    "work.changed",
                    f"the blob {blob.digest} in the work area is not what was put there; bring "
                    "back the store's backup",
                )
            yield Path(copy.name)

    def erase_work(self, digest: str) -> None:
        """Remove a blob from the work area; it may be gone already."""
        name = work_name(digest)
        with translated("a blob of the work area"):
            self._client.remove_object(self._address.work, name)

    def works(self, *, untouched_since: datetime) -> Iterator[str]:
        """The digests of blobs in the work area that nobody has put since then, in order."""
        with translated("the work area"):
            for found in self._client.list_objects(self._address.work, recursive=True):
                name = (found.object_name or "").rpartition("/")[2]
                touched = found.last_modified
                if is_digest(name) and touched is not None and touched < untouched_since:
                    yield name

    # The record area

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        """Add an object to the record area, locked until then.

        The same bytes at a key that holds them already is a success that adds nothing.

        Raises:
            IntegrityViolation: ``record.exists``: the key holds other bytes.
            WrongUse: ``record.bad-key``, ``time.naive``.
        """
        segments_of(key)
        if kept_until.tzinfo is None:
            raise WrongUse(
                "time.naive", "a time without a zone cannot say until when a thing is kept"
            )
        until = datetime.fromtimestamp(math.ceil(kept_until.timestamp()), UTC)
        with source.open("rb") as stream:
            blob = _blob_of(stream)
            there = self._oldest(key)
            if there is not None:
                return self._same_or_refused(there, blob)
            with translated(f"the object {key}"):
                made = self._client.put_object(
                    self._address.bucket,
                    key,
                    stream,
                    blob.size,
                    metadata={_DIGEST_NOTE: blob.digest},
                    part_size=_PART if blob.size > _PART else 0,
                    num_parallel_uploads=1,
                    retention=Retention(COMPLIANCE, until),
                )
        if not made.version_id:
            raise IntegrityViolation(
                "store.not-versioned",
                "the bucket of records keeps no versions; what was put there is not safe",
            )
        return RecordVersion(key=key, version=made.version_id, size=blob.size)

    def _oldest(self, key: str) -> RecordVersion | None:
        return next((r for r in self._versions(key, covered=False) if r.key == key), None)

    def _same_or_refused(self, there: RecordVersion, blob: Blob) -> RecordVersion:
        """What lies there, if it is these bytes; read where no note of ours tells."""
        if there.size == blob.size:
            with translated(f"the object {there.key}"):
                found = self._client.stat_object(
                    self._address.bucket, there.key, version_id=there.version
                )
            noted = (found.metadata or {}).get(f"x-amz-meta-{_DIGEST_NOTE}", "")
            if not noted:
                with self.open_record(there) as stream:
                    noted = digests(stream).sha256
            if hmac.compare_digest(noted, blob.digest):
                return there
        raise IntegrityViolation(
            "record.exists",
            f"the object {there.key} is already in the record area with other bytes; nothing was "
            "written; find out who wrote it",
        )

    @contextmanager
    def open_record(self, record: RecordVersion) -> Iterator[BinaryIO]:
        """Read one object of the record area, by its version.

        Raises:
            IntegrityViolation: ``record.missing``.
        """
        segments_of(record.key)
        version = record.version
        if not version:
            there = self._oldest(record.key)
            version = "" if there is None else there.version
        if not version:
            raise IntegrityViolation(
                "record.missing",
                f"the object {record.key} is not in the record area; bring back the store's backup",
            )
        with self._reading(self._address.bucket, record.key, version) as stream:
            yield stream

    def records(self, prefix: str = "") -> Iterator[RecordVersion]:
        """What lies in the record area under a prefix, oldest version of each key, by key."""
        return self._versions(self._checked(prefix), covered=False)

    def covered(self, prefix: str = "") -> Iterator[RecordVersion]:
        """Younger versions and delete markers that lie over a record; there should be none."""
        return self._versions(self._checked(prefix), covered=True)

    def kept_until(self, record: RecordVersion) -> datetime:
        """Until when an object is locked; aware UTC, whole seconds.

        Raises:
            IntegrityViolation: ``record.missing``; ``record.not-locked``.
        """
        with translated(f"the object {record.key}"):
            found = self._client.get_object_retention(
                self._address.bucket, record.key, version_id=record.version
            )
        if found is None or found.mode != COMPLIANCE:
            raise IntegrityViolation(
                "record.not-locked", f"the object {record.key} is not locked as it must be"
            )
        return found.retain_until_date.astimezone(UTC)

    def sweep(self, *, before: datetime) -> int:
        """Nothing: a copy goes with the folder of its process."""
        del before
        return 0

    @staticmethod
    def _checked(prefix: str) -> str:
        folder = prefix.rpartition("/")[0]
        if folder:
            segments_of(folder)
        return prefix

    def _versions(self, prefix: str, *, covered: bool) -> Iterator[RecordVersion]:
        with translated("the record area"):
            found = self._client.list_objects(
                self._address.bucket, prefix=prefix, recursive=True, include_version=True
            )
            # A key's versions come together, the youngest first.
            for _key, same in groupby(
                found, lambda each: (each.object_name, bool(each.is_delete_marker))
            ):
                versions = [_record(each) for each in same]
                if _key[1]:
                    yield from versions if covered else ()
                else:
                    yield from versions[:-1] if covered else versions[-1:]

    @contextmanager
    def _reading(self, bucket: str, name: str, version: str) -> Iterator[BinaryIO]:
        what = f"the object {name}"
        with translated(what):
            response = self._client.get_object(bucket, name, version_id=version or None)
        try:
            with io.BufferedReader(_Body(response, what), _CHUNK) as stream:
                yield stream
        finally:
            response.close()
            response.release_conn()


class _Body(io.RawIOBase):
    """The body of an answer as a file; one that is cut short is an error, not an end."""

    def __init__(self, response: BaseHTTPResponse, what: str) -> None:
        super().__init__()
        self._response = response
        self._what = what
        self._left = int(response.headers.get("content-length", "-1"))

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]  # as io calls it
        """Read some."""
        with translated(self._what):
            chunk = self._response.read(len(into))
        into[: len(chunk)] = chunk
        self._left -= len(chunk)
        if not chunk and self._left > 0:
            raise TransientFault(
                "store.no-answer", f"the store broke off in the middle of {self._what}"
            )
        return len(chunk)


def _blob_of(stream: io.BufferedReader) -> Blob:
    """Digest and size of a file, which stands at its beginning before and after."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    size = stream.tell()
    stream.seek(0)
    return Blob(digest, size)


def _of_which(found: Object) -> tuple[str, bool]:
    return found.object_name or "", bool(found.is_delete_marker)


def _record(found: Object) -> RecordVersion:
    return RecordVersion(
        key=found.object_name or "", version=found.version_id or "", size=found.size or 0
    )
