"""The body of an upload on its way to the disk: counted, hashed, never whole in memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.http.callers import Intaking
from dossier.errors import RejectedInput, TransientFault

_PIECE = 1 << 20  # bytes that are gathered before a thread writes them
_SILENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Body:
    """A body that came in whole.

    Attributes:
        path: where it lies until the request is answered.
        digest: SHA-256.
    """

    path: Path
    size: int
    digest: bytes


async def _on_disk(request: Request, caller: Intaking) -> AsyncIterator[Body]:
    refuse_encoded(request)
    handle, name = tempfile.mkstemp(prefix="body-", dir=caller.service.incoming)
    path = Path(name)
    digest = hashlib.sha256()
    size = 0
    try:
        with os.fdopen(handle, "wb") as file:
            async for piece in pieces(request):
                size += len(piece)
                await run_in_threadpool(_take, file, digest, piece)
        yield Body(path, size, digest.digest())
    finally:
        await run_in_threadpool(path.unlink, missing_ok=True)


def _take(file: BinaryIO, digest: hashlib._Hash, piece: bytes) -> None:
    try:
        file.write(piece)
        file.flush()
    except OSError as error:
        raise TransientFault(
            "store.no-room", f"the file cannot be written ({type(error).__name__}); try again later"
        ) from None
    digest.update(piece)


def refuse_encoded(request: Request) -> None:
    """See that a body is sent as it is: what is packed may unpack to anything.

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
    gathered = bytearray()
    while True:
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise RejectedInput(
                "http.too-slow", f"nothing came for {_SILENCE_SECONDS:.0f} seconds; send it again"
            ) from None
        if chunk is None:
            break
        gathered += chunk
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


Received = Annotated[Body, Depends(_on_disk)]
