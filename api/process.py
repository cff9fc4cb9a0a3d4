"""Who holds a paper: a name for this process, and whether another one is gone.

A lease alone would keep a paper for as long as the longest step after its process was killed.
On one machine we can look: a process that is gone holds nothing.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_START_TIME_FIELD = 19  # of /proc/PID/stat, counted after the command's closing bracket


def this_process() -> str:
    """A name that no other process of any machine has had: host, pid and when it was started."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_gone(name: str) -> bool:
    """Whether the process of this name ran on this machine and runs no more."""
    host, pid, started = name.rsplit(":", 2)
    return host == socket.gethostname() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """When a process was started, in clock ticks since the machine's start; empty if gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[_START_TIME_FIELD]
