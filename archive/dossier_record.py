"""A dossier's own object: its description, and the list of its papers.

    documentation/dossier.json              the source of the ledger's row; the papers by version
    metadata/descriptive/EAD.xml            the 18 fields of TT 05/2025

It is written when the dossier is closed, and again as a new version when it changes: reopened,
closed again, a record corrected, a paper archived late. ``dossier.json`` is written first and all
else follows from it, so that a version which was interrupted is completed as it was begun.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

from archive import ead, ocfl, read
from archive.deposit import note_of
from archive.package import time_from_json, time_to_json
from archive.versions import write_version
from dossier.codes import dossier_code, office_code
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import ObjectStore
from dossier.spine import ObjectVersion
from dossier.written import dumps

PATH = "documentation/dossier.json"
EAD = "metadata/descriptive/EAD.xml"
_FORMAT = 1
_LARGEST = 64 << 20
_VIETNAM = timezone(timedelta(hours=7))
_FIRST = "v1/content/dossier.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPaper:
    """A paper in the list of its dossier.

    Attributes:
        ordinal: in the dossier, from 1.
        version: of its object.
        digest: SHA-512 of that version's inventory.
    """

    paper: UUID
    ordinal: int
    kind: str
    pages: int
    object_id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRecord:
    """A dossier as its object holds it.

    Attributes:
        procedure: as the table of terms names it; empty where unknown.
        owner: the first person whom its papers name; empty where unknown.
        keep_years: the term; 0 for ever.
        closed_at: None while it is open again.
        expected: kinds of paper that were expected, in order.
        first: when its first paper was received.
        last: when its last paper was archived.
        reopened: when, and by whom.
        at: when this version was begun.
        actor: who closed, reopened or changed it.
    """

    office: str
    code: str
    procedure: str
    owner: str
    keep_years: int
    closed_at: datetime | None
    closed_by: str
    expected: tuple[str, ...]
    first: datetime
    last: datetime
    born_digital: bool
    papers: tuple[ListedPaper, ...]
    reopened: tuple[tuple[datetime, str], ...] = ()
    at: datetime
    actor: str

    @property
    def title(self) -> str:
        """The title by which it is described."""
        return f"{self.procedure or 'Hồ sơ'} {self.code}"

    def facts(self) -> ead.DossierFacts:
        """What its EAD is made of."""
        return ead.DossierFacts(
            code=self.code,
            title=self.title,
            procedure=self.procedure,
            owner=self.owner,
            keep_years=self.keep_years,
            first=self.first.astimezone(_VIETNAM),
            last=self.last.astimezone(_VIETNAM),
            papers=len(self.papers),
            pages=sum(paper.pages for paper in self.papers),
            all_born_digital=self.born_digital,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDossier:
    """A dossier's object.

    Attributes:
        record: of its newest version.
        versions: oldest first.
        locked_until: the end of its lock.
    """

    object_id: str
    key: str
    record: DossierRecord
    versions: tuple[ObjectVersion, ...]
    locked_until: datetime


def key_of(office: str, code: str) -> str:
    """Where the object of a dossier lies."""
    return ocfl.object_key(ocfl.dossier_id(office, code))


def load(store: ObjectStore, key: str) -> StoredDossier:
    """Read a dossier's object.

    Raises:
        IntegrityViolation: ``object.missing``; ``object.bad-dossier``; a file is not what was
            archived.
    """
    return _of(store, read.load(store, key))


def write(
    store: ObjectStore, record: DossierRecord, *, kept_until: datetime, scratch: Path | None = None
) -> StoredDossier:
    """Write a dossier's first version, or a further one where it changed.

    Args:
        store: where to.
        record: the dossier as it is now.
        kept_until: the end of the lock; a later one that the object has already is kept.
        scratch: a folder for temporary files.

    Raises:
        IntegrityViolation: the object is damaged; ``record.exists``: another process writes the
            same version at this moment.
        TransientFault: the store did not answer.
    """
    key = key_of(record.office, record.code)
    stored = _completed(store, key, kept_until, scratch)
    if stored is not None:
        known = _of(store, stored)
        if replace(known.record, at=record.at, actor=record.actor) == record:
            return known
        kept_until = max(kept_until, known.locked_until)
    _write(store, record, stored, kept_until, scratch)
    return load(store, key)


def _completed(
    store: ObjectStore, key: str, kept_until: datetime, scratch: Path | None
) -> read.StoredObject | None:
    """The object, a version that was begun and interrupted completed; None before the first."""
    files = {r.key.removeprefix(f"{key}/"): r for r in store.records(f"{key}/")}
    stored = None
    if ocfl.INVENTORY in files:
        stored = read.of_files(store, key, files)
    begun = files.get(
        _FIRST.replace("v1", f"v{1 if stored is None else stored.inventory.head + 1}")
    )
    if begun is None:
        return stored
    with store.open_record(begun) as stream:
        record = _parsed(stream.read(_LARGEST), key)
    if stored is not None:
        kept_until = max(kept_until, read.locked_until(store, stored))
    _write(store, record, stored, kept_until, scratch)
    return read.load(store, key)


def _write(
    store: ObjectStore,
    record: DossierRecord,
    before: read.StoredObject | None,
    kept_until: datetime,
    scratch: Path | None,
) -> None:
    write_version(
        store,
        ocfl.dossier_id(record.office, record.code),
        {PATH: to_json(record), EAD: ead.to_xml(ead.file_fields(record.facts()), ead.FILE_FIELDS)},
        note_of(
            record.office, "dossier open" if record.closed_at is None else "dossier", record.at
        ),
        before=before,
        kept_until=kept_until,
        scratch=scratch,
    )


def _of(store: ObjectStore, stored: read.StoredObject) -> StoredDossier:
    record = _parsed(read.read_file(store, stored, PATH, limit=_LARGEST), stored.key)
    if ocfl.dossier_id(record.office, record.code) != stored.inventory.id:
        raise _bad(stored.key, ValueError())
    return StoredDossier(
        object_id=stored.inventory.id,
        key=stored.key,
        record=record,
        versions=read.versions_of(store, stored),
        locked_until=read.locked_until(store, stored),
    )


def to_json(record: DossierRecord) -> bytes:
    """``dossier.json``."""
    return dumps(
        {
            "format": _FORMAT,
            "office": office_code(record.office),
            "code": dossier_code(record.code),
            "title": record.title,
            "procedure": record.procedure,
            "owner": record.owner,
            "keep_years": record.keep_years,
            "closed_at": None if record.closed_at is None else time_to_json(record.closed_at),
            "closed_by": record.closed_by,
            "expected": list(record.expected),
            "first": time_to_json(record.first),
            "last": time_to_json(record.last),
            "born_digital": record.born_digital,
            "reopened": [[time_to_json(at), actor] for at, actor in record.reopened],
            "at": time_to_json(record.at),
            "actor": record.actor,
            "papers": [
                [str(p.paper), p.ordinal, p.kind, p.pages, p.object_id, p.version, p.digest]
                for p in record.papers
            ],
        }
    )


def _parsed(content: bytes, key: str) -> DossierRecord:
    try:
        return _record(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, WrongUse) as fault:
        raise _bad(key, fault) from None  # the cause may quote personal data


def _record(content: Mapping[str, Any]) -> DossierRecord:
    if content["format"] != _FORMAT:
        raise ValueError("of another format")
    closed = content["closed_at"]
    return DossierRecord(
        office=office_code(content["office"]),
        code=dossier_code(content["code"]),
        procedure=str(content["procedure"]),
        owner=str(content["owner"]),
        keep_years=int(content["keep_years"]),
        closed_at=None if closed is None else time_from_json(closed),
        closed_by=str(content["closed_by"]),
        expected=tuple(str(kind) for kind in content["expected"]),
        first=time_from_json(content["first"]),
        last=time_from_json(content["last"]),
        born_digital=bool(content["born_digital"]),
        reopened=tuple((time_from_json(at), str(actor)) for at, actor in content["reopened"]),
        at=time_from_json(content["at"]),
        actor=str(content["actor"]),
        papers=tuple(
            ListedPaper(
                paper=UUID(paper),
                ordinal=int(ordinal),
                kind=str(kind),
                pages=int(pages),
                object_id=str(object_id),
                version=int(version),
                digest=str(digest),
            )
            for paper, ordinal, kind, pages, object_id, version, digest in content["papers"]
        ),
    )


def _bad(key: str, fault: Exception) -> IntegrityViolation:
    return IntegrityViolation(
        "object.bad-dossier",
        f"the description of the dossier {key} cannot be read ({type(fault).__name__}); bring back "
        "the store's backup",
    )
