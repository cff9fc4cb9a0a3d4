"""Digests of what flows by: SHA-512 for OCFL's inventories, SHA-256 for everything else of ours."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Digests:
    """What was read.

    Attributes:
        sha512: lower-case hex.
        sha256: lower-case hex.
        size: bytes.
    """

    sha512: str
    sha256: str
    size: int


def digests(stream: BinaryIO, *, to: BinaryIO | None = None) -> Digests:
    """Read a stream to its end in bounded memory, copying it on the way where asked to."""
    sha512, sha256, size = hashlib.sha512(), hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        sha512.update(chunk)
        sha256.update(chunk)
        size += len(chunk)
        if to is not None:
            to.write(chunk)
    return Digests(sha512.hexdigest(), sha256.hexdigest(), size)


def sha512_of(stream: BinaryIO) -> str:
    """The SHA-512 of a stream read to its end, lower-case hex."""
    sha512 = hashlib.sha512()
    while chunk := stream.read(_CHUNK):
        sha512.update(chunk)
    return sha512.hexdigest()


def sha256_of(stream: BinaryIO) -> str:
    """The SHA-256 of a stream read to its end, lower-case hex."""
    sha256 = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        sha256.update(chunk)
    return sha256.hexdigest()
