"""What ocfl-py says of an object and of a storage root.

Its two programs are asked, not its modules. ``ocfl-validate.py`` tells by its exit status;
``ocfl-root.py`` exits 0 whatever it finds, so its words are read. A judge that is not there fails
the test that asks it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PROGRAMS = Path(sys.executable).parent


def object_is_valid(folder: Path) -> bool:
    """Whether an object is valid, all digests checked, without a warning."""
    done = _asked("ocfl-validate.py", str(folder))
    return done.returncode == 0 and f"Object at {folder} is VALID" in done.stdout


def root_is_valid(folder: Path) -> bool:
    """Whether a storage root and all objects in it are valid, all digests checked."""
    done = _asked(
        "ocfl-root.py", "validate", "--root", str(folder), "--validate-objects", "--check-digests"
    )
    return done.returncode == 0 and f"Storage root {folder} is VALID" in done.stdout


def _asked(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = _PROGRAMS / program
    assert path.exists(), f"{program} is not installed; run: make setup"
    return subprocess.run(
        [sys.executable, str(path), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
