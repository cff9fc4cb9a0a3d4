"""The files of one job: what it may read, and the folder in which it writes.

A fork server keeps its two folders, since its view of files is fixed when it starts. They are
emptied after each job, so that a job never sees the files of the one before.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dossier.errors import TransientFault
from pages.children.faults import ChildCrashed, ChildFailed

_NOT_LINKED = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EACCES, errno.ENOTSUP})
_SCRATCH = "scratch"


class JobFiles:
    """Two folders: ``read``, which jobs cannot write to, and ``write``.

    Args:
        parent: where to make them; None for the system's own place.
    """

    def __init__(self, parent: Path | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="child-", dir=parent)).resolve()
        self.read = self.folder / "read"
        self.write = self.folder / "write"
        for folder in (self.read, self.write):
            folder.mkdir(mode=0o700)

    def place(
        self,
        reads: Mapping[str, Path | bytes],
        writes: Mapping[str, Path],
        scratch: str | None,
        *,
        what: str,
    ) -> dict[str, str]:
        """Put a job's files in place; the arguments that name them.

        Args:
            reads: by argument, a file or its bytes.
            writes: by argument, where the file that the job writes there shall end.
            scratch: the argument that names an empty folder.
            what: the job, for errors.

        Raises:
            TransientFault: the disk is full.
            ChildFailed: a file cannot be read.
        """
        arguments = {name: str(self.write / name) for name in writes}
        try:
            for name, source in reads.items():
                arguments[name] = str(self._readable(name, source))
            if scratch is not None:
                folder = self.write / _SCRATCH
                folder.mkdir(mode=0o700)
                arguments[scratch] = str(folder)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise TransientFault(
                    "disk.full", f"{what}: the disk is full; make room and start again"
                ) from None
            name = type(error).__name__
            raise ChildFailed("child.failed", f"{what}: an unforeseen {name}") from None
        return arguments

    def _readable(self, name: str, source: Path | bytes) -> Path:
        place = self.read / name
        if isinstance(source, bytes):
            place.write_bytes(source)
            return place
        try:
            # A link costs nothing; the job reads it through a folder that it cannot write to.
            os.link(source.resolve(), place)
        except OSError as error:
            if error.errno not in _NOT_LINKED:
                raise
            shutil.copyfile(source, place)
        return place

    def collect(self, writes: Mapping[str, Path], *, what: str) -> None:
        """Move what an ended job wrote to where it belongs; what it did not write is left out.

        Raises:
            ChildCrashed: it is not a plain file: a link would name a file that is not the job's.
        """
        for name, target in writes.items():
            made = self.write / name
            try:
                facts = made.lstat()
            except FileNotFoundError:
                continue
            if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
                raise ChildCrashed("child.crashed", f"{what}: what it wrote is not a plain file")
            shutil.move(made, target)
            target.chmod(0o600)

    def empty(self) -> bool:
        """Remove all files of a job; whether nothing is left."""
        for folder in (self.read, self.write):
            for entry in os.scandir(folder):
                # RecursionError: folders in folders in folders.
                with contextlib.suppress(OSError, RecursionError):
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        Path(entry.path).unlink()
        return not (any(self.read.iterdir()) or any(self.write.iterdir()))

    def remove(self) -> None:
        """Remove the folders."""
        with contextlib.suppress(RecursionError):
            shutil.rmtree(self.folder, ignore_errors=True)
