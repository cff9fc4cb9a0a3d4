"""Modes of new files: private under ``var``, the user's own for files written at their request."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from dossier.errors import Misconfigured

_PRIVATE_UMASK = 0o077
_FOR_OTHERS = 0o077
_USER_UMASK: ContextVar[int] = ContextVar("user_umask", default=_PRIVATE_UMASK)


def make_new_files_private() -> None:
    """Make files of this process and its children 0600 and folders 0700, whatever the umask."""
    _USER_UMASK.set(os.umask(_PRIVATE_UMASK))


@contextmanager
def user_modes() -> Iterator[None]:
    """Write files for the user, such as exports, with the umask the process was started with.

    The umask belongs to the whole process: only for commands without threads that write to ``var``.
    """
    before = os.umask(_USER_UMASK.get())
    try:
        yield
    finally:
        os.umask(before)


def make_private(var: Path) -> None:
    """Remove the rights of others from the data folder and from what is directly in it.

    Entries that belong to another user, such as mounted volumes, and links are left as they are:
    the folder itself keeps others out.

    Raises:
        Misconfigured: ``var.open-to-others``: the folder's mode cannot be changed.
    """
    if not var.is_dir():
        return
    try:
        _remove_rights_of_others(var, var.stat())
    except OSError as error:
        raise Misconfigured(
            "var.open-to-others",
            "other users can read the folder SOHOA_VAR and its mode cannot be changed; make the "
            "service's user its owner, or run: chmod 0700",
        ) from error
    for entry in var.iterdir():
        # Another process may remove an entry at any time.
        with suppress(FileNotFoundError):
            found = entry.lstat()
            if found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode):
                _remove_rights_of_others(entry, found)


def _remove_rights_of_others(path: Path, found: os.stat_result) -> None:
    mode = stat.S_IMODE(found.st_mode)
    if mode & _FOR_OTHERS:
        path.chmod(mode & ~_FOR_OTHERS)
