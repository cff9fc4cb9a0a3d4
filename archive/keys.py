"""How blobs and objects of a store are named, and what a term is, the same for every store."""

from __future__ import annotations

import re
from datetime import datetime

from dossier.errors import WrongUse

_DERIVED = frozenset({"inventory.json", "inventory.json.sha512"})
LONGEST_KEY = 900  # S3 takes 1,024 bytes
_KEY = re.compile(r"[A-Za-z0-9=%._-]{1,200}(/[A-Za-z0-9=%._-]{1,200})*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def work_name(digest: str) -> str:
    """Where a blob lies in the work area: ``ab/abcd...``.

    Raises:
        WrongUse: ``work.bad-digest``.
    """
    if not is_digest(digest):
        raise WrongUse("work.bad-digest", "a blob is named by 64 lower-case hex digits")
    return f"{digest[:2]}/{digest}"


def is_digest(name: str) -> bool:
    """Whether this is the name of a blob."""
    return _DIGEST.fullmatch(name) is not None


def segments_of(key: str) -> list[str]:
    """The segments of a key of the record area.

    Raises:
        WrongUse: ``record.bad-key``.
    """
    segments = key.split("/")
    if (
        len(key) > LONGEST_KEY
        or not _KEY.fullmatch(key)
        or ("/." in f"/{key}" and not {".", ".."}.isdisjoint(segments))
    ):
        raise WrongUse(
            "record.bad-key",
            "a key is made of segments of A-Z a-z 0-9 = % . _ - between slashes, at most "
            f"{LONGEST_KEY} characters",
        )
    return segments


def require_derived(key: str) -> None:
    """Refuse to replace anything but an inventory or sidecar at an object's root.

    Raises:
        WrongUse: ``record.not-derived``, ``record.bad-key``.
    """
    *folder, name = segments_of(key)
    if len(folder) != 3 or name not in _DERIVED:  # noqa: PLR2004 - two tuples and the object
        raise WrongUse("record.not-derived", f"the object {key} is never replaced")


def aware(at: datetime) -> datetime:
    """The time itself, if it has a zone.

    Raises:
        WrongUse: ``time.naive``.
    """
    if at.tzinfo is None:
        raise WrongUse("time.naive", "a time without a zone cannot say until when a thing is kept")
    return at
