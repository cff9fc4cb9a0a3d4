"""The objects of the record area, as a listing of the store shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archive import ocfl
from dossier.errors import SohoaError
from dossier.ports import ObjectStore, RecordVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something in the record area that is not as it must be.

    Attributes:
        key: of the object, or of the stray file.
        code: stable.
        message: what is wrong and what to do; no personal data.
    """

    key: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ObjectFiles:
    """One object of the listing, or one stray file.

    Attributes:
        key: the object's root, or the stray file's own key.
        files: by path below the root; None for a stray file.
    """

    key: str
    files: Mapping[str, RecordVersion] | None


def list_objects(store: ObjectStore) -> Iterator[ObjectFiles]:
    """List the record area object by object, in the order of keys.

    The three files of the storage root are left out.
    """
    key, files = "", dict[str, RecordVersion]()
    for record in store.records():
        parts = record.key.split("/", 3)
        root = "/".join(parts[:3])
        if files and root != key:
            yield ObjectFiles(key, files)
            files = {}
        if len(parts) > 3 and ocfl.is_object_key(root):  # noqa: PLR2004 - two tuples, a name, a file
            key = root
            files[parts[3]] = record
        elif record.key not in ocfl.ROOT_FILES:
            yield ObjectFiles(record.key, None)
    if files:
        yield ObjectFiles(key, files)


def alarm_of(key: str, fault: SohoaError) -> Alarm:
    """The alarm for an error met at an object."""
    return Alarm(key=key, code=fault.code, message=fault.message)


def stray(key: str) -> Alarm:
    """The alarm for a file that belongs to no object."""
    return Alarm(
        key=key,
        code="root.stray-file",
        message="the record area holds a file that belongs to no record; find out who wrote it",
    )
