"""The work area of a store by S3: blobs in work, named by their SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from minio import Minio
from minio.error import S3Error

from archive.file_faults import translated as locally
from archive.keys import aware, is_digest, work_name
from archive.s3_client import READ_SECONDS, make_client, parse_address
from archive.s3_faults import MISSING, translated
from archive.s3_reading import CHUNK, Sent, reading
from dossier.errors import IntegrityViolation
from dossier.spine import Blob

PART = 8 << 20
"""bytes of a file that are in memory at once while it is sent"""


class S3Work:
    """The bucket of work, and the clients that both areas use.

    Args:
        address: ``s3+http[s]://HOST:PORT/BUCKET``.
        access_key: of the service's own user.
        secret_key: of the same.
        scratch: a folder for local copies of blobs; made when it is needed.
        read_seconds: how long the store may be silent in the middle of an answer.
    """

    def __init__(
        self,
        address: str,
        *,
        access_key: str,
        secret_key: str,
        scratch: Path,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        def client(*, adds_only: bool) -> Minio:
            return make_client(
                self._address,
                access_key=access_key,
                secret_key=secret_key,
                read_seconds=read_seconds,
                adds_only=adds_only,
            )

        self._address = parse_address(address)
        self._client = client(adds_only=False)
        self._adding = client(adds_only=True)
        # Until the store says that it does not know conditions.
        self._conditional = True
        self._scratch = scratch

    def put_work(self, source: Path) -> Blob:
        """Copy a file into the work area; writing the same bytes twice is harmless."""
        with locally("a file that is being sent to the store"), source.open("rb") as stream:
            return self._put_work(stream, blob_of(stream))

    def put_work_bytes(self, content: bytes) -> Blob:
        """Write bytes into the work area; writing the same bytes twice is harmless."""
        stream = io.BytesIO(content)
        return self._put_work(stream, blob_of(stream))

    def _put_work(self, stream: BinaryIO, blob: Blob) -> Blob:
        with translated("a blob of the work area"):
            self._client.put_object(
                self._address.work,
                work_name(blob.digest),
                cast("BinaryIO", Sent(stream)),
                blob.size,
                part_size=PART if blob.size > PART else 0,
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
        with locally("a copy of a blob"):
            self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy = Path(tempfile.mkdtemp(dir=self._scratch, prefix="blob-"), "blob")
        try:
            self._copy_work(name, blob, copy)
            yield copy
        finally:
            copy.unlink(missing_ok=True)
            copy.parent.rmdir()

    def _copy_work(self, name: str, blob: Blob, copy: Path) -> None:
        found = hashlib.sha256()
        try:
            with (
                locally("a copy of a blob"),
                copy.open("xb") as out,
                reading(self._client, self._address.work, name, version="") as stream,
            ):
                while chunk := stream.read(CHUNK):
                    found.update(chunk)
                    out.write(chunk)
        except IntegrityViolation as fault:
            if fault.code != "record.missing":
                raise
            raise IntegrityViolation(
                "work.missing",
                f"the blob {blob.digest} is not in the work area; bring back the store's backup",
            ) from None
        if not hmac.compare_digest(found.hexdigest(), blob.digest):
            raise IntegrityViolation(
                "work.changed",
                f"the blob {blob.digest} in the work area is not what was put there; bring back "
                "the store's backup",
            )

    def erase_work(self, digest: str, *, untouched_since: datetime) -> bool:
        """Remove a blob from the work area that nobody has put since then; whether it was.

        Looked at and removed are two requests: only who puts it between them comes too late.
        """
        name, since = work_name(digest), aware(untouched_since)
        with translated("a blob of the work area"):
            try:
                touched = self._client.stat_object(self._address.work, name).last_modified
            except S3Error as error:
                if error.code not in MISSING:
                    raise
                return False
            if touched is None or touched >= since:
                return False
            self._client.remove_object(self._address.work, name)
        return True

    def works(self, *, untouched_since: datetime) -> Iterator[str]:
        """The digests of blobs in the work area that nobody has put since then, in order."""
        aware(untouched_since)
        with translated("the work area"):
            for found in self._client.list_objects(self._address.work, recursive=True):
                name = (found.object_name or "").rpartition("/")[2]
                touched = found.last_modified
                if is_digest(name) and touched is not None and touched < untouched_since:
                    yield name


def blob_of(stream: BinaryIO) -> Blob:
    """What a stream holds; it stands at its beginning afterwards."""
    found = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        found.update(chunk)
    size = stream.tell()
    stream.seek(0)
    return Blob(found.hexdigest(), size)
