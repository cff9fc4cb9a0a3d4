"""One job in a process of its own: the fork of ``fork_server`` that reads a hostile file.

Takes the request from a descriptor and writes the answer there: 4 bytes of length, big endian, then
JSON.

    request   {"job": "package.module:function", "arguments": {...}}
    answer    {"value": ...} or {"error": "RejectedInput", "code": ..., "message": ...};
              of an exception that is not ours only the type's name, since its text may hold
              what stands on the page
"""

from __future__ import annotations

import errno
import importlib
import json
import os
from typing import Any

from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
    WrongUse,
)

# The machine's fault, not the page's: the job is retried.
_DISK = {
    errno.ENOSPC: ("disk.full", "the disk is full; make room and start again"),
    errno.EDQUOT: ("disk.full", "the disk is full; make room and start again"),
    errno.EROFS: ("disk.read-only", "the disk can only be read; check why and start again"),
}
_ROOTS = (WrongUse, RejectedInput, Misconfigured, TransientFault, IntegrityViolation)


def serve(channel: int) -> None:
    """Run the job whose request comes from a descriptor, and answer there."""
    # read and write alone: the filter has no calls of sockets.
    request = json.loads(_read(channel, int.from_bytes(_read(channel, 4), "big")))
    answer = _encode(_run(request))
    _write(channel, len(answer).to_bytes(4, "big") + answer)


def _run(request: dict[str, Any]) -> dict[str, Any]:
    try:
        module, _, function = request["job"].partition(":")
        value = getattr(importlib.import_module(module), function)(**request["arguments"])
    except SohoaError as error:
        root = next((cls for cls in _ROOTS if isinstance(error, cls)), SohoaError)
        return {"error": root.__name__, "code": error.code, "message": error.message}
    except MemoryError:
        return {"error": "MemoryError"}
    except OSError as error:
        if error.errno in _DISK:
            code, message = _DISK[error.errno]
            return {"error": "TransientFault", "code": code, "message": message}
        return {"error": type(error).__name__}
    except Exception as error:  # noqa: BLE001 - whatever a library throws at a hostile page
        return {"error": type(error).__name__}
    return {"value": value}


def _encode(answer: dict[str, Any]) -> bytes:
    try:
        return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps({"error": type(error).__name__}).encode()


def _read(channel: int, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = os.read(channel, min(length - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _write(channel: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(channel, rest) :]
