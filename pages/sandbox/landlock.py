"""Landlock: which files a process may still reach. See landlock(7).

Each call of ``restrict`` adds a layer that only takes rights away. A process in a layer of its own
cannot trace the processes outside it either, nor read their ``/proc/PID/environ`` or ``mem``.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable, Sequence
from enum import IntFlag

# The numbers are the same on all architectures.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_NET = 0b11  # bind and connect TCP
_SCOPED = 0b11  # abstract Unix sockets and signals


class _Right(IntFlag):
    """LANDLOCK_ACCESS_FS_*, in the order of their bits."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_REG = 1 << 8
    REFER = 1 << 13  # ABI 2
    TRUNCATE = 1 << 14  # ABI 3
    IOCTL_DEV = 1 << 15  # ABI 5


# What an ABI knows about files: the number of bits, by its version.
_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
_BITS_SINCE_5 = 16
_ABI_NET, _ABI_SCOPE = 4, 6
_READ = _Right.READ_FILE | _Right.READ_DIR
_WRITE = (
    _READ
    | _Right.WRITE_FILE
    | _Right.REMOVE_FILE
    | _Right.REMOVE_DIR
    | _Right.MAKE_REG
    | _Right.REFER
    | _Right.TRUNCATE
)
_OF_FILES = _Right.EXECUTE | _Right.WRITE_FILE | _Right.READ_FILE | _Right.TRUNCATE


class LandlockMissingError(OSError):
    """The kernel has no Landlock, or refused the rules."""


def version() -> int:
    """The version of the kernel's Landlock; 0 where there is none."""
    return max(int(_libc().syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)), 0)


def restrict(*, read: Iterable[str], write: Sequence[str], programs: bool) -> None:
    """Take all rights on files from this process but those named, for ever.

    Args:
        read: files and folders that may be read, with all below; those that do not exist are left
            out.
        write: folders in which files may be made, written and removed; devices.
        programs: whether what may be read may also be started.

    Raises:
        LandlockMissingError: the layer could not be added.
    """
    libc, abi = _libc(), version()
    if abi < 1:
        raise LandlockMissingError("this kernel has no Landlock")
    handled = (1 << _BITS.get(abi, _BITS_SINCE_5)) - 1
    net = _NET if abi >= _ABI_NET else 0
    scoped = _SCOPED if abi >= _ABI_SCOPE else 0
    # A kernel refuses a structure that is longer than the one it knows, unless the rest is zero.
    attributes = struct.pack("QQQ", handled, net, scoped)
    ruleset = _checked(libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    try:
        reading = _READ | (_Right.EXECUTE if programs else _Right(0))
        for path, rights in [
            *((path, reading) for path in read),
            *((path, _WRITE) for path in write),
        ]:
            _allow(libc, ruleset, path, rights & handled)
        _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        # struct landlock_path_beneath_attr is packed.
        rule = struct.pack("=Qi", rights, place)
        _checked(libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise LandlockMissingError(number, os.strerror(number))
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
