"""Files of resumable uploads: pieces are appended and flushed before they are acknowledged.

Several processes may share the folder. Where they do not, all pieces of an upload must reach the
process that has the first one; any other answers ``upload.not-here`` and changes nothing.
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


class UploadFiles:
    """The files of unfinished uploads.

    Args:
        folder: holds them; survives restarts.
        uploads: knows the durable length of each.
    """

    def __init__(self, folder: Path, uploads: Uploads) -> None:
        self._folder = folder
        self._uploads = uploads

    def path(self, upload: UUID) -> Path:
        """The file of an upload."""
        return self._folder / f"{upload}.part"

    @contextmanager
    def locked(self, upload: Upload) -> Iterator[None]:
        """Lock an upload against other writers of any process; read its row again inside.

        Raises:
            WrongUse: ``upload.locked``.
            TransientFault: ``upload.not-here``; ``store.full``.
        """
        begins = 0 if upload.offset else os.O_CREAT
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.path(upload.id), os.O_RDWR | os.O_CLOEXEC | begins, 0o600)
        except FileNotFoundError:
            raise _not_here() from None
        except OSError as error:
            raise _store_full(error) from None
        try:
            try:
                # Released with the process, however it ends.
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WrongUse(
                    "upload.locked", "a piece of this upload is being received; ask for its offset"
                ) from None
            yield
        finally:
            os.close(handle)

    def append(self, upload: UUID, piece: bytes, *, at: int) -> None:
        """Write a piece; bytes beyond the durable length are overwritten."""
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
            raise _store_full(error) from None

    def commit(self, upload: Upload, *, offset: int) -> None:
        """Flush the file, then record its length."""
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
            raise _store_full(error) from None
        self._uploads.advance(upload.id, offset=offset)

    def remove(self, upload: UUID) -> None:
        """Remove the file of an upload."""
        self.path(upload).unlink(missing_ok=True)

    def remove_orphans(self) -> None:
        """Remove files of uploads that no longer exist."""
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
        "another process of this service has the pieces of this upload; send the rest there, "
        "or begin a new upload",
    )


def _store_full(error: OSError) -> TransientFault:
    return TransientFault(
        "store.full",
        f"the piece cannot be written ({type(error).__name__}); nothing is lost, go on later from "
        "the offset",
    )
