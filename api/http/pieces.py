"""Uploads in pieces on the disk: appended, flushed, and only then said to be there."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from uuid import UUID

from api.ledger.uploads import Upload, Uploads
from dossier.errors import TransientFault, WrongUse


class Pieces:
    """The files of unfinished uploads.

    Args:
        folder: where they lie; survives restarts.
        uploads: how much of each is on the disk for certain.
    """

    def __init__(self, folder: Path, uploads: Uploads) -> None:
        self._folder = folder
        self._uploads = uploads
        self._lock = threading.Lock()
        self._in_hand: set[UUID] = set()

    def path(self, upload: UUID) -> Path:
        """Where an upload lies."""
        return self._folder / f"{upload}.part"

    def take(self, upload: UUID) -> None:
        """Take an upload in hand: two may not write to it at once.

        Raises:
            WrongUse: ``upload.in-hand``.
        """
        with self._lock:
            if upload in self._in_hand:
                raise WrongUse(
                    "upload.in-hand", "a piece of this upload is just coming in; ask for its offset"
                )
            self._in_hand.add(upload)

    def let_go(self, upload: UUID) -> None:
        """Let others write to it again."""
        with self._lock:
            self._in_hand.discard(upload)

    def append(self, upload: UUID, piece: bytes, *, at: int) -> None:
        """Write a piece. What a crash left beyond what is certain is written over."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            mode = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
            handle = os.open(self.path(upload), mode, 0o600)
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
        self._uploads.came(upload.id, offset=offset)

    def whole(self, upload: Upload) -> Path:
        """The file of an upload that came whole, made if it is to be empty."""
        path = self.path(upload.id)
        if not upload.length:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        return path

    def remove(self, upload: UUID) -> None:
        """Remove what came of an upload."""
        self.path(upload).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what no upload knows of."""
        if not self._folder.is_dir():
            return
        files = list(self._folder.glob("*.part"))
        known = {f"{upload}.part" for upload in self._uploads.known()}
        for file in files:
            if file.name not in known:
                file.unlink(missing_ok=True)


def _no_room(error: OSError) -> TransientFault:
    return TransientFault(
        "store.no-room",
        f"the piece cannot be written ({type(error).__name__}); nothing is lost, go on later from "
        "the offset",
    )
