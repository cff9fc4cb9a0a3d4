"""Whether what a commit names was on the disk before it: a power cut keeps what was synced only.

Works on the points that ``planted.shim`` recorded. A file under ``store/`` or ``keys/`` must be
synced before it gets its name, and the folder that holds the name after that; so must the folder
above a new one.
All of it before the next commit, which may name it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from planted.shim import Point

# What has to outlive a power cut, besides the database, which syncs itself.
_KEPT = ("store", "keys")
_TEMP = "store/temp"


def too_early(points: Iterable[Point]) -> list[str]:
    """What a power cut could lose although a commit, or a name, says that it is there."""
    found: list[str] = []
    unsynced: set[str] = set()  # files with bytes that may not be on the disk
    unnamed: dict[str, str] = {}  # names that may not be on the disk, and their folders
    for number, point in enumerate(points, 1):
        folder = str(PurePosixPath(point.what).parent)
        if point.kind in {"create", "write", "truncate"}:
            unsynced.add(point.what)
        elif point.kind == "fsync":
            unsynced.discard(point.what)
            unnamed = {name: above for name, above in unnamed.items() if above != point.what}
        elif point.kind in {"rename", "link"} and point.what.startswith(_KEPT):
            if point.source in unsynced:
                found.append(f"{number}: {point.what} got its name before its bytes were synced")
            unnamed[point.what] = folder
        elif point.kind == "mkdir" and point.what.startswith(_KEPT) and point.what != _TEMP:
            unnamed[point.what] = folder
        elif point.kind == "commit":
            found += [
                f"{number}: a commit before {folder} was synced" for folder in unnamed.values()
            ]
    found += [f"end: {folder} was never synced" for folder in unnamed.values()]
    return found
