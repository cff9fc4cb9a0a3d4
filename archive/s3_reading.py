"""Reading from a store by S3, and reading what is sent there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from minio import Minio

from archive.file_faults import translated as locally
from archive.s3_faults import broken_off, translated

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

CHUNK = 1 << 20


@contextmanager
def reading(client: Minio, bucket: str, name: str, *, version: str) -> Iterator[BinaryIO]:
    """An object's bytes as a file; a connection is held as long.

    Args:
        client: of the store.
        bucket: where.
        name: of the object.
        version: its version id; empty where the bucket keeps no versions.

    Raises:
        IntegrityViolation: ``record.missing``.
        TransientFault: also while reading; a body that is cut short never looks like a whole one.
    """
    what = f"the object {name}"
    with translated(what):
        response = client.get_object(bucket, name, version_id=version or None)
    try:
        with io.BufferedReader(_Body(response, what), CHUNK) as stream:
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
            raise broken_off(self._what)
        return len(chunk)


@dataclass(slots=True)
class Sent:
    """A local file being sent; a failing disk here is not the store's silence."""

    stream: BinaryIO

    def read(self, size: int = -1) -> bytes:
        """Read some."""
        with locally("a file that is being sent to the store"):
            return self.stream.read(size)
