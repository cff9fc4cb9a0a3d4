"""A seccomp filter: the few system calls that decoding a page needs.

The filter is an allow-list. Anything else fails with EPERM, or with ENOSYS where the call is newer
than the table, so that the C library falls back to an older one. Sockets, ``ptrace``, namespaces,
``io_uring``, ``chmod``, links and new folders are not on the list. Some calls are allowed for some
arguments only: signals go to the process itself, ``fcntl`` cannot choose who receives SIGIO.

The program is classic BPF (``linux/filter.h``) over ``struct seccomp_data`` (``linux/seccomp.h``).
Written here because the bindings of libseccomp are LGPL.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from pages.sandbox.syscalls import NUMBERS

# struct seccomp_data: int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6].
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
# BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, ..JGE.., ..JSET.., BPF_RET|BPF_K
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_DENY = 0x00050000 | errno.EPERM
_MISSING = 0x00050000 | errno.ENOSYS
# linux/audit.h; and the column of the table.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x40000000  # the bit that marks calls of the x32 ABI
_NEWER = 435  # clone3: numbers are the same on all architectures from here on

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_PR_SET_NO_NEW_PRIVS = 38
# PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_SECCOMP, PR_GET_NO_NEW_PRIVS, PR_SET_VMA
_PRCTL_ALLOWED = (15, 16, 3, 21, 39, 0x53564D41)
# TCGETS, FIONREAD, FIOCLEX, FIONCLEX, FIONBIO
_IOCTL_ALLOWED = (0x5401, 0x541B, 0x5451, 0x5450, 0x5421)
# SOCK_STREAM, with SOCK_CLOEXEC, SOCK_NONBLOCK or both
_STREAMS = (0x1, 0x80001, 0x801, 0x80801)
# Signals for other processes: F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY.
_FCNTL_DENIED = (8, 10, 15, 1026)
# CLONE_NEWTIME, _NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET
_NEW_NAMESPACES = 0x00000080 | 0x00020000 | 0x7E000000
_PROGRAM_CALLS = ("clone", "fork", "vfork", "execve")


class SeccompMissingError(OSError):
    """The kernel, or this architecture, has no filter for us."""


def available() -> bool:
    """Whether a filter could be installed here; ``probe`` says whether it was."""
    return _machine() is not None and os.path.exists("/proc/sys/kernel/seccomp/actions_avail")  # noqa: PTH110 - no pathlib in a job


def install(*, programs: bool) -> None:
    """Restrict this process, and what it starts, for ever. The process must have one thread.

    Args:
        programs: whether it may start other programs (``pytesseract``, ``pdf2image``).

    Raises:
        SeccompMissingError: the filter could not be installed.
    """
    code = program(programs=programs, pid=os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: unsigned short len; struct sock_filter *filter.
    header = struct.pack("HP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0
    ):
        raise SeccompMissingError(ctypes.get_errno(), "no seccomp filter could be installed")


def program(*, programs: bool, pid: int, machine: str = "") -> bytes:
    """The filter, as an array of ``struct sock_filter``.

    Args:
        programs: whether other programs may be started.
        pid: the process that may send itself signals.
        machine: as ``platform.machine`` names it; this one where empty.

    Raises:
        SeccompMissingError: the table has no column for the machine.
    """
    known = _MACHINES.get(machine or platform.machine())
    if known is None:
        raise SeccompMissingError(errno.ENOSYS, "no table of system calls for this machine")
    architecture, column = known
    code = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, architecture, no=0, yes=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, yes=0, no=1),
        _step(_RETURN, _DENY),
    ]
    for name, numbers in NUMBERS.items():
        number = numbers[column]
        if number is not None and (programs or name not in _PROGRAM_CALLS):
            block = _block(name, pid)
            code += [_step(_EQUAL, number, no=len(block)), *block]
    code += [
        _step(_AT_LEAST, _NEWER, no=1),
        _step(_RETURN, _MISSING),
        _step(_RETURN, _DENY),
    ]
    return b"".join(code)


def _block(name: str, pid: int) -> list[bytes]:
    """The verdict on a call whose number matched."""
    allow, deny = _step(_RETURN, _ALLOW), _step(_RETURN, _DENY)
    match name:
        case "kill" | "tkill" | "tgkill":
            block = [_argument(0), *_equals(pid), deny, allow]
        case "prlimit64":
            block = [_argument(0), *_equals(0, pid), deny, allow]
        case "prctl":
            block = [_argument(0), *_equals(*_PRCTL_ALLOWED), deny, allow]
        case "ioctl":
            block = [_argument(1), *_equals(*_IOCTL_ALLOWED), deny, allow]
        case "fcntl":
            block = [_argument(1), *_equals(*_FCNTL_DENIED), allow, deny]
        case "socketpair":
            # For asyncio's own wake-up; a datagram socket could send to any address.
            block = [_argument(1), *_equals(*_STREAMS), deny, allow]
        case "clone":
            block = [_argument(0), _step(_ANY_BIT, _NEW_NAMESPACES, yes=1), allow, deny]
        case _:
            block = [allow]
    return block


def _equals(*values: int) -> list[bytes]:
    """Tests that choose between the two verdicts after them: the second where a value is equal."""
    return [
        _step(_EQUAL, value & 0xFFFFFFFF, yes=len(values) - place)
        for place, value in enumerate(values)
    ]


def _argument(index: int) -> bytes:
    """Load the low half of an argument (both architectures are little endian)."""
    return _step(_LOAD, _ARGUMENTS + 8 * index)


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    # struct sock_filter: __u16 code; __u8 jt; __u8 jf; __u32 k.
    return struct.pack("HBBI", code, yes, no, value)


def _machine() -> tuple[int, int] | None:
    return _MACHINES.get(platform.machine())
