"""Registers: lists of what the store must hold, in the store itself, each chained to the last.

A register is an OCFL object of its own. It lists the object versions of a day and names the
register before it by identifier and digest, so that a deleted object, a deleted register and a
changed one are noticed from the store alone. The last register is known to the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from archive import ocfl, read
from archive.objects import Alarm, alarm_of
from archive.versions import write_version
from dossier.errors import IntegrityViolation
from dossier.ports import ObjectStore
from dossier.spine import ObjectVersion
from dossier.written import dumps

_FORMAT = 1
_PATH = "register.json"
_LARGEST = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register.

    Attributes:
        previous: identifier and digest of the one before; empty for the first.
        total: versions listed by this and all registers before it.
        objects: object identifier, version and SHA-512 of its inventory.
    """

    day: date
    previous: tuple[str, str]
    total: int
    objects: tuple[tuple[str, int, str], ...]


def write(
    store: ObjectStore,
    register: Register,
    *,
    office: str,
    kept_until: datetime,
    scratch: Path | None = None,
) -> ObjectVersion:
    """Write the register of a day; writing the same one again is harmless.

    Raises:
        IntegrityViolation: ``record.exists``: another register of this day is in the store.
    """
    content = dumps(
        {
            "format": _FORMAT,
            "day": register.day.isoformat(),
            "previous": list(register.previous),
            "total": register.total,
            "objects": [list(one) for one in register.objects],
        }
    )
    note = ocfl.VersionNote(
        created=datetime.combine(register.day + timedelta(days=1), time(), UTC),
        message="register of the day",
        user=f"office {office}",
        address=f"urn:x-sohoa:office:{office}",
    )
    return write_version(
        store,
        ocfl.register_id(register.day),
        {_PATH: content},
        note,
        before=None,
        kept_until=kept_until,
        scratch=scratch,
    )


def load(store: ObjectStore, day: date) -> Register:
    """The register of a day.

    Raises:
        IntegrityViolation: ``object.missing``; ``register.unreadable``; a file was changed.
    """
    stored = read.load(store, ocfl.object_key(ocfl.register_id(day)))
    content = read.read_file(store, stored, _PATH, limit=_LARGEST)
    try:
        return _register(json.loads(content), day)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as fault:
        raise IntegrityViolation(
            "register.unreadable",
            f"the register of {day.isoformat()} cannot be read ({type(fault).__name__})",
        ) from fault


def _register(content: Mapping[str, Any], day: date) -> Register:
    if content["format"] != _FORMAT or content["day"] != day.isoformat():
        raise ValueError("of another day or format")
    previous = content["previous"]
    return Register(
        day=day,
        previous=(str(previous[0]), str(previous[1])),
        total=int(content["total"]),
        objects=tuple((str(o), int(n), str(d)) for o, n, d in content["objects"]),
    )


def check(store: ObjectStore, versions: Mapping[str, Sequence[str]]) -> list[Alarm]:
    """Compare what the registers list with what the store holds.

    Args:
        store: where the registers are.
        versions: as ``fixity.Survey`` has them.
    """
    alarms: list[Alarm] = []
    days = sorted(day for day in map(ocfl.day_of_register, versions) if day is not None)
    previous = ("", "")
    for day in days:
        identifier = ocfl.register_id(day)
        key = ocfl.object_key(identifier)
        try:
            register = load(store, day)
        except IntegrityViolation as fault:
            alarms.append(alarm_of(key, fault))
        else:
            if register.previous != previous:
                alarms.append(
                    Alarm(
                        key=key,
                        code="register.chain-broken",
                        message=f"the register of {day.isoformat()} does not follow "
                        f"{previous[0] or 'nothing'}: a register is missing or was replaced",
                    )
                )
            alarms += _missing(register, versions)
        previous = (identifier, versions[identifier][-1])
    return alarms


def _missing(register: Register, versions: Mapping[str, Sequence[str]]) -> list[Alarm]:
    alarms = []
    for identifier, number, digest in register.objects:
        there = versions.get(identifier, ())
        if len(there) < number:
            code, what = "object.missing", "is not in the store"
        elif there[number - 1] != digest:
            code, what = "object.replaced", "is another one in the store"
        else:
            continue
        alarms.append(
            Alarm(
                key=ocfl.object_key(identifier),
                code=code,
                message=f"version {number} of the object {identifier}, listed by the register of "
                f"{register.day.isoformat()}, {what}; bring back the store's backup",
            )
        )
    return alarms
