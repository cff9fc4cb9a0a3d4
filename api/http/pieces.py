"""Uploads in pieces on the disk: appended, flushed, and only then said to be there.

Several processes may share the folder. Where they do not, the one that has the first piece must get
the others too; any other says so, and changes nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from dossier.errors import TransientFault, WrongUse
from workflow.ledger.uploads import Upload, Uploads


class Pieces:
    """The files of unfinished uploads.

    Args:
        folder: where they lie; survives restarts.
        uploads: how much of each is on the disk for certain.
    """

    def __init__(self, folder: Path, uploads: Uploads) -> None:
        self._folder = folder
        self._uploads = uploads

    def path(self, upload: UUID) -> Path:
        """Where an upload lies."""
        return self._folder / f"{upload}.part"

    @contextmanager
    def held(self, upload: Upload) -> Iterator[None]:
        """Have an upload in hand: two may not write to it at once, of whatever process.

        What was known of it must be asked again inside.

        Raises:
            WrongUse: ``upload.in-hand``.
            TransientFault: ``upload.not-here``; ``store.no-room``.
        """
        begins = 0 if upload.offset else os.O_CREAT
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.path(upload.id), os.O_RDWR | os.O_CLOEXEC | begins, 0o600)
        except FileNotFoundError:
            raise _not_here() from None
        except OSError as error:
            raise _no_room(error) from None
        try:
            try:
                # Gone with the process, however it ends.
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WrongUse(
                    "upload.in-hand", "a piece of this upload is just coming in; ask for its offset"
                ) from None
            yield
        finally:
            os.close(handle)

    def append(self, upload: UUID, piece: bytes, *, at: int) -> None:
        """Write a piece. What a crash left beyond what is certain is written over."""
        try:
            handle = os.open(self.path(upload), os.O_WRONLY | os.O_CLOEXEC)
            try:
                left = memoryview(piece)
                while left:
                    written = os.pwrite(handle, left, at)
                    left, at = left[written:], at + written
            finally:
                os.close(handle)
        except OSError as error:
            raise _no_room(error) from None

    def settle(self, upload: Upload, *, offset: int) -> None:
        """Flush what came to the disk, then say that it is there."""
        if offset == upload.offset:
            return
        try:
            handle = os.open(self.path(upload.id), os.O_RDWR | os.O_CLOEXEC)
            try:
                os.ftruncate(handle, offset)
                os.fsync(handle)
            finally:
                os.close(handle)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _no_room(error) from None
        self._uploads.advance(upload.id, offset=offset)

    def remove(self, upload: UUID) -> None:
        """Remove what came of an upload."""
        self.path(upload).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what no upload knows of."""
        if not self._folder.is_dir():
            return
        files = list(self._folder.glob("*.part"))
        known = {f"{upload}.part" for upload in self._uploads.list_ids()}
        for file in files:
            if file.name not in known:
                file.unlink(missing_ok=True)


def _not_here() -> TransientFault:
    return TransientFault(
        "upload.not-here",
        "the pieces of this upload lie with another process of this service; send the rest there, "
        "or begin a new upload",
    )


def _no_room(error: OSError) -> TransientFault:
    return TransientFault(
        "store.no-room",
        f"the piece cannot be written ({type(error).__name__}); nothing is lost, go on later from "
        "the offset",
    )
