"""What runs in a child process: ``python -m pages.child SOCKET LIFELINE MEMORY``.

Takes jobs from a socket, one after the other, and answers each. Imports nothing heavy until a job
asks for it, and only after the limits are set. Protocol: 4 bytes of length, big endian, then JSON.

    to the child     {"job": "package.module:function", "arguments": {...}}
    from the child   {"value": ..., "peak": bytes} or
                     {"error": "RejectedInput", "code": ..., "message": ..., "peak": bytes};
                     of an exception that is not ours only the type's name, since its text may hold
                     what stands on the page
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
    WrongUse,
)

_LARGEST_FILE = 4 * 1024**3  # bytes that a job may write to one file
_OPEN_FILES = 256
_NICER = 10
# Of the machine, not of the page: what met it is tried again.
_DISK = {
    errno.ENOSPC: ("disk.full", "the disk is full; make room and start again"),
    errno.EDQUOT: ("disk.full", "the disk is full; make room and start again"),
    errno.EROFS: ("disk.read-only", "the disk can only be read; look why and start again"),
}
_ROOTS = (WrongUse, RejectedInput, Misconfigured, TransientFault, IntegrityViolation)


def main(arguments: list[str]) -> None:
    """Serve jobs until the parent hangs up."""
    channel, lifeline, memory = (int(argument) for argument in arguments)
    _limit(memory)
    # Who waits for an answer of the service goes before what is read in the background.
    os.nice(_NICER)
    _die_with_parent(lifeline)
    give_back = _giving_back()
    with socket.socket(fileno=channel) as stream:
        while True:
            request = _receive(stream)
            if request is None:
                return
            answer = _written(_answer(request))
            stream.sendall(len(answer).to_bytes(4, "big") + answer)
            give_back()


def _giving_back() -> Callable[[], object]:
    """How to give the machine what the C library keeps of freed memory.

    Without it a child that reads page after page holds 96 MB between them, with it 60.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library
        return lambda: None
    return lambda: trim(0)


def _limit(memory: int) -> None:
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        hard = resource.getrlimit(what)[1]
        lowered = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (lowered, lowered))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Writing past the limit shall be an OSError, not the end.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _die_with_parent(lifeline: int) -> None:
    """Let the kernel kill our process group when the parent's end of the pipe closes.

    A thread that waits for it would need the interpreter, which a hanging engine may not let go.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # it closed before the kernel was asked
        sys.exit(0)


def _receive(stream: socket.socket) -> dict[str, Any] | None:
    header = _exactly(stream, 4)
    body = None if header is None else _exactly(stream, int.from_bytes(header, "big"))
    return None if body is None else json.loads(body)


def _exactly(stream: socket.socket, length: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < length:
        part = stream.recv(min(length - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any]
    try:
        module, _, function = request["job"].partition(":")
        value = getattr(importlib.import_module(module), function)(**request["arguments"])
        answer = {"value": value}
    except SohoaError as error:
        root = next((cls for cls in _ROOTS if isinstance(error, cls)), SohoaError)
        answer = {"error": root.__name__, "code": error.code, "message": error.message}
    except MemoryError:
        answer = {"error": "MemoryError"}
    except OSError as error:
        answer = {"error": type(error).__name__}
        if error.errno in _DISK:
            code, message = _DISK[error.errno]
            answer = {"error": "TransientFault", "code": code, "message": message}
    except Exception as error:  # noqa: BLE001 - whatever a library throws at a hostile page
        answer = {"error": type(error).__name__}
    answer["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return answer


def _written(answer: dict[str, Any]) -> bytes:
    try:
        return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps({"error": type(error).__name__, "peak": answer["peak"]}).encode()


if __name__ == "__main__":
    main(sys.argv[1:])
