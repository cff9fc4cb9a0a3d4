"""Free disk space where data is written, and a warning before it runs out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from api.settings import Settings
from dossier.errors import TransientFault


def free_bytes(settings: Settings) -> Mapping[str, int]:
    """Free bytes for this user by place: ``var``, ``scratch``, and ``store`` where it is a folder.

    A place that cannot be read is left out: its own check reports it.
    """
    places = {"var": settings.var, "scratch": settings.scratch_folder}
    store = urlsplit(settings.store_address)
    if store.scheme == "file":
        places["store"] = Path(unquote(store.path))
    free = {}
    for place, folder in places.items():
        found = _free(folder)
        if found is not None:
            free[place] = found
    return free


def low_places(settings: Settings) -> Mapping[str, int]:
    """The places with less free space than ``SOHOA_DISK_WARN_BYTES``, with their free bytes."""
    limit = settings.disk_warn_bytes
    return {place: free for place, free in free_bytes(settings).items() if free < limit}


def check_disk(settings: Settings) -> None:
    """Check that no place is low on free space.

    Raises:
        TransientFault: ``disk.low``.
    """
    low = low_places(settings)
    if low:
        raise TransientFault(
            "disk.low", f"little free disk space: {listed(low)}; make room before it is full"
        )


def listed(places: Mapping[str, int]) -> str:
    """Places and their free space, for people."""
    return ", ".join(f"{place} ({free // 1_000_000} MB)" for place, free in places.items())


def _free(folder: Path) -> int | None:
    """Free bytes of the file system of a folder, which may not have been made yet."""
    for place in (folder.absolute(), *folder.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
