"""The files that a job may read besides its own: programs, libraries, code, fonts, languages."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/sys/devices/system/cpu",
)
_DEVICES = ("/dev/zero", "/dev/urandom")
# Variables that a job may know: nothing that can hold a secret.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")


def system_paths() -> list[str]:
    """Folders of the system, among them symbolic links into ``/usr``."""
    return [path for path in _SYSTEM if Path(path).exists()]


def readable_paths() -> list[str]:
    """Everything else that may be read: a few files of the system, Python, and our packages.

    The packages one by one: the data folder may be next to them.
    """
    packages = sorted(init.parent for init in _ROOT.glob("*/__init__.py"))
    paths = [
        *map(Path, _SYSTEM_FILES),
        Path(sys.base_prefix),
        Path(sys.prefix),
        Path(sys.executable).resolve().parent,
        *packages,
        *_python_path(),
    ]
    if prefix := os.environ.get("TESSDATA_PREFIX"):
        paths.append(Path(prefix))
    inside = Path("/usr")
    return list(
        dict.fromkeys(
            str(path.absolute())
            for path in paths
            if path.exists() and not path.absolute().is_relative_to(inside)
        )
    )


def devices() -> list[str]:
    """Devices that may be read."""
    return list(_DEVICES)


def environment(*, scratch: Path) -> dict[str, str]:
    """The environment of a job.

    Args:
        scratch: where libraries and programs make their temporary files.
    """
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    paths = [str(_ROOT), *map(str, _python_path())]
    return passed | {
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # One page a core: threads inside an engine only cost (measured for Tesseract).
        "OMP_THREAD_LIMIT": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # Each arena takes 64 MB of address space, which is what is limited.
        "MALLOC_ARENA_MAX": "1",
    }


def _python_path() -> list[Path]:
    return [Path(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
