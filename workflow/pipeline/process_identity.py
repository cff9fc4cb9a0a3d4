"""The name of a process as a lease holder, and whether that process still runs.

A lease alone would block a paper until it expires after its process was killed. On the same machine
a process that is gone is detected at once.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

# Of /proc/PID/stat, counted after the command's closing bracket.
_STATE_FIELD, _START_TIME_FIELD = 0, 19
_NAME = re.compile(r"[^:/]+:[0-9]+:[0-9a-f]{8}-[0-9]+")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """A name that no other process of any machine has had: host, pid and when it was started.

    Fit to be the name of a folder.
    """
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_gone(name: str) -> bool:
    """Whether the process of this name ran on this machine and runs no more."""
    host, pid, started = name.rsplit(":", 2)
    return host == socket.gethostname() and _started(int(pid)) != started


def is_name(text: str) -> bool:
    """Whether this is written as ``this_process`` writes names."""
    return _NAME.fullmatch(text) is not None


def _started(pid: int) -> str:
    """Boot id and start time of a process in clock ticks; empty if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = _BOOT_ID.read_text(encoding="ascii")
    except OSError:
        return ""
    facts = stat.rpartition(")")[2].split()
    # A zombie: in a container its parent may never reap it.
    if facts[_STATE_FIELD] in {"Z", "X"}:
        return ""
    # After a reboot a service may get the same pid at the same tick.
    return f"{boot[:8]}-{facts[_START_TIME_FIELD]}"
