"""The command that starts a program in namespaces of its own, by bubblewrap (bwrap(1)).

A program of its own, LGPL, maintained for Flatpak. It needs user namespaces, which many container
engines do not allow.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pages.sandbox import view

_SECONDS = 10.0
_NOBODY = "65534"


@functools.cache
def available() -> bool:
    """Whether bubblewrap is installed and the kernel lets it make its namespaces."""
    if shutil.which("bwrap") is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 - arguments of ours
            command([_program("true")], environment={}, read=(), write=()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def command(
    program: Sequence[str],
    *,
    environment: Mapping[str, str],
    read: Sequence[Path],
    write: Sequence[Path],
) -> list[str]:
    """The command line that runs a program in the sandbox.

    Args:
        program: the program and its arguments.
        environment: all variables it gets.
        read: folders bound read-only, besides those of ``view``.
        write: folders bound writable.
    """
    words = [_program("bwrap"), "--unshare-all", "--die-with-parent", "--as-pid-1", "--new-session"]
    # Root here is nobody in there, so that no program gains capabilities.
    words += ["--uid", _NOBODY, "--gid", _NOBODY, "--cap-drop", "ALL", "--clearenv"]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    for path in view.system_paths():
        link = Path(path)
        if link.is_symlink():
            words += ["--symlink", str(link.readlink()), path]
        else:
            words += ["--ro-bind", path, path]
    for readable in view.readable_paths():
        words += ["--ro-bind", readable, readable]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for folder in read:
        words += ["--ro-bind", str(folder), str(folder)]
    for folder in write:
        words += ["--bind", str(folder), str(folder)]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--", *program]


def _program(name: str) -> str:
    return shutil.which(name) or name
