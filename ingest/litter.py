"""Files that programs leave in shared folders and that are no papers."""

from __future__ import annotations

from pathlib import PurePath

_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"})
# Unfinished transfers, and working copies of office programs and editors.
_ENDINGS = (
    ".part", ".partial", ".filepart", ".crdownload", ".download", ".opdownload", ".tmp", ".temp",
    ".bak", ".swp", ".lock", ".lnk",
)  # fmt: skip
_BEGINNINGS = (".", "~$", "~wrl", "._")
_FOLDERS = frozenset({"$recycle.bin", "system volume information", "@eadir", "__macosx"})


def is_litter(path: PurePath) -> bool:
    """Whether a file below a shared folder is not a scan.

    Args:
        path: relative to the shared folder, so that only folders in it count.
    """
    name = path.name.lower()
    if any(part.startswith(".") or part.lower() in _FOLDERS for part in path.parts[:-1]):
        return True
    return name in _NAMES or name.endswith(_ENDINGS) or name.startswith(_BEGINNINGS)
