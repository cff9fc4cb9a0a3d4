"""What confines a child, tried from inside one: a layer counts when it was seen to hold."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_NAMESPACES = ("mnt", "net", "pid", "ipc", "user")
_PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS = 21, 39
_FILTER = 2
_NOWHERE = ("127.0.0.1", 9)
_LAYERS = ("namespaces", "landlock", "seccomp")
_GAPS = ("files", "network", "processes", "privileges")


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What was seen.

    Attributes:
        layers: those of ``namespaces``, ``landlock``, ``seccomp`` that are in force.
        gaps: what a child can still reach of ``files``, ``network``, ``processes``,
            ``privileges``.
    """

    layers: tuple[str, ...]
    gaps: tuple[str, ...]

    @property
    def hold(self) -> bool:
        """Whether a child has no rights, and few system calls."""
        return not self.gaps and "seccomp" in self.layers and len(self.layers) > 1

    @property
    def missing(self) -> tuple[str, ...]:
        """The layers that are not in force."""
        return tuple(layer for layer in _LAYERS if layer not in self.layers)

    @classmethod
    def from_json(cls, seen: dict[str, Any]) -> Self:
        """Of an answer of ``attempt``; what is not said is a gap."""
        return cls(
            layers=tuple(name for name in _LAYERS if seen.get(name) is True),
            gaps=tuple(name for name in _GAPS if seen.get(f"no-{name}") is not True),
        )


def outside(secret: str) -> dict[str, Any]:
    """What a child must not reach, for ``attempt``. Called outside the sandbox.

    Args:
        secret: a file that only the service may read.
    """
    return {"secret": secret, "pid": os.getpid(), "namespaces": _namespaces()}


def attempt(*, outside: dict[str, Any]) -> dict[str, bool]:
    """The job: try to get out of the sandbox; what held. Runs in a child."""
    prctl = ctypes.CDLL(None).prctl
    inside = _namespaces()
    apart = {
        name
        for name in _NAMESPACES
        if name in inside and inside[name] != outside["namespaces"].get(name)
    }
    return {
        "namespaces": len(apart) == len(_NAMESPACES),
        # Nothing else refuses to list the root.
        "landlock": not _works(lambda: os.listdir("/")),  # noqa: PTH208 - as short
        "seccomp": prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) == _FILTER,
        "no-privileges": prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
        "no-files": not _works(lambda: Path(outside["secret"]).read_bytes()),
        "no-network": "net" in apart or not _works(_connect),
        "no-processes": "pid" in apart or not _reaches(outside["pid"]),
    }


def _namespaces() -> dict[str, str]:
    seen = {}
    for name in _NAMESPACES:
        with contextlib.suppress(OSError):
            seen[name] = os.readlink(f"/proc/self/ns/{name}")  # noqa: PTH115 - no file
    return seen


def _connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(_NOWHERE)


def _reaches(pid: int) -> bool:
    environment = Path(f"/proc/{pid}/environ")
    return _works(environment.read_bytes) or _works(lambda: os.kill(pid, 0))


def _works(act: Any) -> bool:  # noqa: ANN401 - anything that can be called
    try:
        act()
    except OSError:
        return False
    return True
