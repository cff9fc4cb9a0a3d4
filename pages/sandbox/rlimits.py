"""Limits of the kernel on one process and what it starts."""

from __future__ import annotations

import ctypes
import math
import resource
import signal

_LARGEST_FILE = 4 * 1024**3  # bytes that a job may write to one file
_OPEN_FILES = 256
_PROCESSES = 64  # counted by user and user namespace, so it holds in a namespace of its own only
_GRACE = 2  # seconds of CPU between SIGXCPU and SIGKILL
_PR_SET_DUMPABLE = 4
# 0 does not stop a dump that goes to a program (core(5)); 1 stops both kinds.
_NO_CORE = 1


def limit_process(*, memory: int) -> None:
    """Limit what this process may take. It cannot be undone.

    Args:
        memory: bytes of address space.
    """
    _lower(resource.RLIMIT_AS, memory)
    _lower(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    forbid_core_dumps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A write past the limit is an OSError, not the end.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def limit_cpu(seconds: float) -> None:
    """Limit the CPU time of this process: SIGXCPU ends it."""
    most = math.ceil(seconds)
    _lower(resource.RLIMIT_CPU, most, hard=most + _GRACE)


def limit_processes() -> None:
    """Limit the number of processes; only for a process in a user namespace of its own."""
    _lower(resource.RLIMIT_NPROC, _PROCESSES)


def forbid_core_dumps() -> None:
    """Keep the memory of this process, which holds keys and what papers say, out of core files.

    The process can no longer be traced by others of the same user either.
    """
    _lower(resource.RLIMIT_CORE, _NO_CORE)
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _lower(what: int, limit: int, *, hard: int | None = None) -> None:
    present = resource.getrlimit(what)[1]
    values = [limit, limit if hard is None else hard]
    if present != resource.RLIM_INFINITY:
        values = [min(value, present) for value in values]
    resource.setrlimit(what, (values[0], values[1]))
