"""Disk errors (full, read-only) as errors of this application."""

from __future__ import annotations

import errno

from dossier.errors import TransientFault


def as_ours(fault: OSError) -> TransientFault | None:
    """The error of ours for a disk that is full or can only be read; None for any other fault."""
    if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return TransientFault(
            "disk.full",
            "the disk is full; nothing is lost, make room and start again: what waits goes on",
        )
    if fault.errno == errno.EROFS:
        return TransientFault(
            "disk.read-only",
            "the disk can only be read; nothing is lost, check why (a failing disk is mounted so), "
            "and start again: what waits goes on",
        )
    return None
