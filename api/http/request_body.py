"""Request bodies of files: written to disk, hashed, never whole in memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.http import middleware
from api.http.authentication import IntakeClient
from dossier.errors import RejectedInput, TransientFault

_PIECE = 1 << 20  # bytes buffered before a thread writes them


@dataclass(frozen=True, slots=True)
class Body:
    """A complete body: small ones in memory, others on disk.

    Attributes:
        content: the bytes of a small one; else its file, which is removed after the answer.
        hashed: SHA-256, where it was computed while writing to disk.
    """

    content: bytes | Path
    hashed: bytes | None = None

    def digest(self) -> bytes:
        """SHA-256; of a small body computed here, since few requests need it."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).digest()
        return self.hashed or b""


async def _receive(request: Request, client: IntakeClient) -> AsyncIterator[Body]:
    refuse_encoded(request)
    folder = client.service.incoming
    stream = pieces(request)
    first = await anext(stream, b"")
    if len(first) < _PIECE:
        yield Body(first)
        return
    handle, path = await run_in_threadpool(_new_file, folder)
    digest = hashlib.sha256()

    def take(file: BinaryIO, piece: bytes) -> None:
        _write(file, piece)
        digest.update(piece)

    try:
        with os.fdopen(handle, "wb") as file:
            await run_in_threadpool(take, file, first)
            async for piece in stream:
                await run_in_threadpool(take, file, piece)
        yield Body(path, digest.digest())
    finally:
        await run_in_threadpool(path.unlink, missing_ok=True)


def _new_file(folder: Path) -> tuple[int, Path]:
    with _translated():
        handle, name = tempfile.mkstemp(prefix="body-", dir=folder)
    return handle, Path(name)


def _write(file: BinaryIO, piece: bytes) -> None:
    with _translated():
        file.write(piece)
        file.flush()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientFault(
            "store.full", f"the file cannot be written ({type(error).__name__}); try again later"
        ) from None


def refuse_encoded(request: Request) -> None:
    """Refuse compressed bodies: their size is unknown before they are unpacked.

    Raises:
        RejectedInput: ``http.bad-encoding``.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RejectedInput("http.bad-encoding", "send the file as it is, without Content-Encoding")


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of about a megabyte.

    Raises:
        RejectedInput: ``http.too-slow``.
    """
    stream = aiter(request.stream())
    loop = asyncio.get_running_loop()
    ended = False
    while not ended:
        gathered = bytearray()
        try:
            async with asyncio.timeout(middleware.SILENCE_SECONDS) as patience:
                while len(gathered) < _PIECE:
                    chunk = await anext(stream, None)
                    if chunk is None:
                        ended = True
                        break
                    gathered += chunk
                    patience.reschedule(loop.time() + middleware.SILENCE_SECONDS)
        except TimeoutError:
            raise middleware.TooSlow from None
        if gathered:
            yield bytes(gathered)


Received = Annotated[Body, Depends(_receive)]
