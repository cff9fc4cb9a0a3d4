"""Errors of a file system as errors of this application."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_ALLOWED = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENAMETOOLONG}
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the operating system's errors into ours.

    Args:
        what: the thing being read or written, without personal data.
    """
    try:
        yield
    except OSError as fault:
        raise as_ours(fault, what) from fault


def as_ours(fault: OSError, what: str) -> SohoaError:
    """The error of this application for one of the operating system."""
    name = errno.errorcode.get(fault.errno or 0, "unknown")
    if fault.errno in _NO_SPACE:
        return TransientFault("store.full", f"the disk is full, {what} was not written; make room")
    if fault.errno == errno.EROFS:
        return TransientFault(
            "store.read-only",
            f"the disk can only be read, {what} was not written; look why (a failing disk is "
            "mounted so), and start again",
        )
    if fault.errno in _NOT_ALLOWED:
        return Misconfigured(
            "store.refused",
            f"the store's file system refused {what} ({name}); it must be writable for this "
            "program and know hard links",
        )
    if fault.errno == errno.EIO:
        return IntegrityViolation(
            "store.unreadable", f"the disk failed at {what} (EIO); replace it, bring back a backup"
        )
    return TransientFault("store.failed", f"the store failed at {what} ({name})")


def missing(key: str) -> IntegrityViolation:
    """The error for an object that is not in the record area."""
    return IntegrityViolation(
        "record.missing",
        f"the object {key} is not in the record area, or not a file; bring back the store's backup",
    )
