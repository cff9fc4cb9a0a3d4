"""The object store in a folder of a local file system.

    ROOT/work/ab/abcd...        blobs in work, named by their SHA-256; erased once safe
    ROOT/record/...             the record area, an OCFL storage root; only ever added to
    ROOT/temp/...               what is being written; left over only by a crash, see ``sweep``

A file comes into being whole or not at all: it is written and synced under ``temp`` and then given
its name, by ``rename`` in the work area and by ``link`` in the record area, since a link never
replaces what is there. What a file system can do against changing a record is done: files are
read-only (0400), nothing here overwrites or removes one, and **the time until which an object is
kept is its access time**, with which WORM file systems (NetApp SnapLock and similar) lock a
read-only file; on an ordinary one it is a note, which ``relatime`` and ``noatime`` leave alone
while it is in the future. The folder's owner can still remove files: docs/operations says how to
prevent that.
"""

from __future__ import annotations

import errno
import filecmp
import hashlib
import io
import math
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.digests import sha512_of
from archive.file_faults import as_ours, missing, translated
from archive.keys import aware, is_digest, require_derived, segments_of, work_name
from dossier.errors import IntegrityViolation, TransientFault
from dossier.ports import RecordVersion
from dossier.spine import Blob

_CHUNK = 1 << 20


class FileStore:
    """An ``ObjectStore`` (dossier/ports.py) in a folder. Safe for many threads and processes.

    Args:
        root: the folder; made on the first write. All of it must lie on one file system.
    """

    def __init__(self, root: Path) -> None:
        self._work = root / "work"
        self._record = root / "record"
        self._records = f"{self._record}/"
        self._temp = root / "temp"

    # The work area

    def put_work(self, source: Path) -> Blob:
        """Copy a file into the work area; writing the same bytes twice is harmless."""
        with translated("a file of the work area"), source.open("rb") as stream:
            return self._put_work(stream)

    def put_work_bytes(self, content: bytes) -> Blob:
        """Write bytes into the work area; writing the same bytes twice is harmless."""
        with translated("a file of the work area"):
            return self._put_work(_Chunks(content))

    def _put_work(self, stream: BinaryIO | _Chunks) -> Blob:
        sha256 = hashlib.sha256()
        with self._written(stream, mode=0o400, seen=sha256.update) as (temporary, size):
            digest = sha256.hexdigest()
            target = self._work_path(digest)
            _make_folder(target.parent)
            # Over the same bytes, if they are there: that also heals a blob that has rotted.
            temporary.rename(target)
            _sync_folder(target.parent)
        return Blob(digest, size)

    @contextmanager
    def work_file(self, blob: Blob) -> Iterator[Path]:
        """A local file with the blob's bytes for as long as the context lasts; not to be changed.

        Raises:
            IntegrityViolation: ``work.missing``.
            TransientFault: ``store.no-answer``: all of the work area is away.
        """
        path = self._work_path(blob.digest)
        with translated("a file of the work area"):
            try:
                path.stat()
            except FileNotFoundError:
                if not self._work.is_dir():
                    raise TransientFault(
                        "store.no-answer",
                        "the store's folder is not there; see that its disk is mounted",
                    ) from None
                raise IntegrityViolation(
                    "work.missing",
                    f"the blob {blob.digest} is not in the work area; bring back the store's "
                    "backup",
                ) from None
        yield path

    def erase_work(self, digest: str, *, untouched_since: datetime) -> bool:
        """Remove a blob from the work area that nobody has put since then; whether it was."""
        path, since = self._work_path(digest), aware(untouched_since).timestamp()
        with translated("a file of the work area"):
            try:
                if path.lstat().st_mtime >= since:
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    def works(self, *, untouched_since: datetime) -> Iterator[str]:
        """The digests of blobs in the work area that nobody has put since then, in order."""
        since = aware(untouched_since).timestamp()
        for folder in _entries(self._work):
            for name in _entries(self._work / folder):
                if is_digest(name):
                    try:
                        touched = (self._work / folder / name).lstat().st_mtime
                    except FileNotFoundError:
                        continue  # erased meanwhile
                    if touched < since:
                        yield name

    def _work_path(self, digest: str) -> Path:
        return self._work / work_name(digest)

    # The record area

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        """Add an object to the record area, durably, read-only.

        The same bytes at a key that holds them already is a success that adds nothing; neither
        does it change until when they are kept.

        Raises:
            IntegrityViolation: ``record.exists``: the key holds other bytes.
            WrongUse: ``record.bad-key``.
        """
        target = self._record_path(key)
        kept = math.ceil(aware(kept_until).timestamp()) * 10**9
        with (
            translated(f"the object {key}"),
            source.open("rb") as stream,
            self._written(stream, mode=0o400) as (temporary, size),
        ):
            os.utime(temporary, ns=(kept, temporary.stat().st_mtime_ns))
            _make_folder(target.parent)
            try:
                os.link(temporary, target)
            except FileExistsError:
                self._same_or_refused(key, target, temporary)
            # Also where it was there: the one who made it may have died before this.
            _sync_folder(target.parent)
        return RecordVersion(key=key, version="", size=size)

    def put_records(
        self, files: Sequence[tuple[str, Path]], *, kept_until: datetime
    ) -> list[RecordVersion]:
        """Add objects to the record area, in their order."""
        return [self.put_record(key, source, kept_until=kept_until) for key, source in files]

    def sha512_of(self, records: Sequence[RecordVersion]) -> list[str]:
        """Read objects back; their SHA-512.

        Raises:
            IntegrityViolation: ``record.missing``, ``store.unreadable``.
        """
        found = []
        for record in records:
            with self.open_record(record) as stream:
                found.append(sha512_of(stream))
        return found

    def replace_derived(self, key: str, source: Path, *, kept_until: datetime) -> None:
        """Put a newer inventory, or its sidecar, at the root of an object; whole or not at all.

        Raises:
            WrongUse: ``record.not-derived``.
        """
        require_derived(key)
        target = self._record_path(key)
        kept = math.ceil(aware(kept_until).timestamp()) * 10**9
        with (
            translated(f"the object {key}"),
            source.open("rb") as stream,
            self._written(stream, mode=0o400) as (temporary, _),
        ):
            os.utime(temporary, ns=(kept, temporary.stat().st_mtime_ns))
            temporary.rename(target)
            _sync_folder(target.parent)

    def _same_or_refused(self, key: str, target: Path, source: Path) -> None:
        if (
            target.is_symlink()
            or not target.is_file()
            or not filecmp.cmp(target, source, shallow=False)
        ):
            raise IntegrityViolation(
                "record.exists",
                f"the object {key} is already in the record area with other bytes; nothing was "
                "written; find out who wrote it",
            )

    @contextmanager
    def open_record(self, record: RecordVersion) -> Iterator[BinaryIO]:
        """Read one object of the record area.

        Raises:
            IntegrityViolation: ``record.missing``, ``store.unreadable``.
        """
        segments_of(record.key)
        path = self._records + record.key
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as fault:
            # ELOOP: a link lies where a file was laid.
            if fault.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                raise missing(record.key) from fault
            raise as_ours(fault, f"the object {record.key}") from fault
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise missing(record.key)
        with _Record(io.FileIO(descriptor)) as stream:
            stream.what = f"the object {record.key}"
            yield stream

    def records(self, prefix: str = "") -> Iterator[RecordVersion]:
        """What lies in the record area under a prefix, by key, whatever it is.

        Raises:
            WrongUse: ``record.bad-key``: the prefix cannot begin a key.
        """
        folder, _, begin = prefix.rpartition("/")
        if folder:
            self._record_path(folder)
        with translated("the record area"):
            yield from _walk(self._records + folder, f"{folder}/" if folder else "", begin)

    def covered(self, prefix: str = "") -> Iterator[RecordVersion]:
        """None: a file system has no versions that could lie over one."""
        del prefix
        return iter(())

    def kept_until(self, record: RecordVersion) -> datetime:
        """Until when an object is kept, as it was last set; aware UTC, whole seconds.

        Raises:
            IntegrityViolation: ``record.missing``.
        """
        segments_of(record.key)
        try:
            seconds = os.lstat(self._records + record.key).st_atime
        except OSError as fault:
            raise missing(record.key) from fault
        return datetime.fromtimestamp(seconds, UTC)

    def extend_lock(self, record: RecordVersion, *, until: datetime) -> None:
        """Keep an object for longer; a lock that ends later already is left alone.

        Raises:
            IntegrityViolation: ``record.missing``.
        """
        seconds = math.ceil(aware(until).timestamp())
        path = self._record_path(record.key)
        if self.kept_until(record).timestamp() >= seconds:
            return
        with translated(f"the object {record.key}"):
            os.utime(path, ns=(seconds * 10**9, path.lstat().st_mtime_ns), follow_symlinks=False)

    def _record_path(self, key: str) -> Path:
        return self._record.joinpath(*segments_of(key))

    # What both share

    def sweep(self, *, before: datetime) -> int:
        """Remove what a crash left half written; how many files.

        Args:
            before: only files last written before this (an hour ago, say): another process may
                be writing younger ones.
        """
        swept = 0
        for name in _entries(self._temp):
            path = self._temp / name
            try:
                if path.lstat().st_mtime < aware(before).timestamp():
                    path.unlink()
                    swept += 1
            except FileNotFoundError:
                continue  # its writer was alive
            except OSError as fault:
                raise as_ours(fault, "a temporary file of the store") from fault
        return swept

    @contextmanager
    def _written(
        self,
        stream: BinaryIO | _Chunks,
        *,
        mode: int,
        seen: Callable[[bytes | memoryview], object] | None = None,
    ) -> Iterator[tuple[Path, int]]:
        """A synced copy under ``temp`` with its size in bytes; its name is gone afterwards."""
        _make_folder(self._temp)
        descriptor, name = tempfile.mkstemp(dir=self._temp)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as out:
                size = 0
                while chunk := stream.read(_CHUNK):
                    if seen is not None:
                        seen(chunk)
                    size += len(chunk)
                    view = memoryview(chunk)
                    while view:
                        view = view[out.write(view) :]
                os.fchmod(out.fileno(), mode)
                os.fsync(out.fileno())
                # Who reads it back shall read the disk, not this machine's memory of it.
                os.posix_fadvise(out.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            yield temporary, size
        finally:
            temporary.unlink(missing_ok=True)


class _Record(io.BufferedReader):
    """An object of the record area being read; a failing disk is an error of ours."""

    what = "an object"

    def read(self, size: int | None = -1, /) -> bytes:
        with translated(self.what):
            return super().read(size)


class _Chunks:
    """Bytes that are read like a file, without a copy of them."""

    def __init__(self, content: bytes) -> None:
        self._rest = memoryview(content)

    def read(self, size: int) -> memoryview:
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each durable in the one above."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> list[str]:
    """The names in a folder, sorted; none where it is not there."""
    with translated("a folder of the store"):
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - names are wanted, not paths
        except (FileNotFoundError, NotADirectoryError):
            return []


def _walk(folder: str, above: str, begin: str) -> Iterator[RecordVersion]:
    """All that is not a folder, in the order of its key."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                (e.name + "/" * e.is_dir(follow_symlinks=False), e)
                for e in entries
                if e.name.startswith(begin)
            )
    except (FileNotFoundError, NotADirectoryError):
        return
    for name, entry in found:
        if name.endswith("/"):
            yield from _walk(entry.path, above + name, "")
        else:
            size = entry.stat(follow_symlinks=False).st_size
            yield RecordVersion(key=above + name, version="", size=size)
