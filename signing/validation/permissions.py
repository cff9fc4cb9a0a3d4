"""Which changes after a signature are allowed (ISO 32000-2 §12.8.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyhanko.sign.fields import MDPPerm

from signing.validation import changes
from signing.validation.changes import Update
from signing.validation.revisions import Accounts

UNSIGNED = "update.unsigned"

_PRESERVING = frozenset({changes.TIMESTAMP, changes.VALIDATION_DATA})
_SIGNING = _PRESERVING | {changes.SIGNATURE, changes.FIELD}
_DOUBTS = frozenset({changes.FAILED, changes.DSS_UNREADABLE})


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a signature allows.

    Attributes:
        level: of the signature that certifies the file or locks it; None where none does.
        locked: whether the field of a name is locked.
        closed_by: the revisions that a sound signature or document timestamp ends.
    """

    level: MDPPerm | None
    locked: Callable[[str], bool]
    closed_by: set[int]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Codes of later changes.

    Attributes:
        altered: not allowed.
        allowed: allowed.
        undecided: neither can be said.
    """

    altered: tuple[str, ...]
    allowed: tuple[str, ...]
    undecided: tuple[str, ...]


def sort_changes(updates: Sequence[Update], accounts: Accounts, permissions: Permissions) -> Sorted:
    """Sort the changes after a signature.

    A file has to end with a sound signature or document timestamp; only validation data may follow.

    Args:
        updates: those after the signature.
        accounts: of the bytes of the file.
        permissions: of the signature.
    """
    last = max(permissions.closed_by, default=-1)
    found: dict[str, list[str]] = {"altered": list(accounts.file), "allowed": [], "undecided": []}
    for update in updates:
        found["altered"] += accounts.codes.get(update.revision, ())
        closed = update.revision <= last
        for code in update.codes:
            found[_kind(code, update, permissions, closed=closed)].append(code)
        if not closed and set(update.codes) != {changes.VALIDATION_DATA}:
            found["undecided"].append(UNSIGNED)
    return Sorted(*(tuple(dict.fromkeys(codes)) for codes in found.values()))


def _kind(code: str, update: Update, permissions: Permissions, *, closed: bool) -> str:
    level = permissions.level
    if code in _DOUBTS or (code == changes.UNREFERENCED and closed):
        return "undecided"
    if code == changes.FORM_VALUES and level is None:
        # The standard allows it, and so does what was hidden in a field beforehand.
        return "altered" if any(map(permissions.locked, update.filled)) else "undecided"
    if code == changes.FORM_VALUES:
        allowed = level is not MDPPerm.NO_CHANGES and not any(
            map(permissions.locked, update.filled)
        )
    elif code == changes.ANNOTATIONS:
        allowed = level is MDPPerm.ANNOTATE
    else:
        allowed = code in _PRESERVING or (code in _SIGNING and level is not MDPPerm.NO_CHANGES)
    return "allowed" if allowed else "altered"
