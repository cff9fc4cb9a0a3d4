"""Between the rows of the catalogue and what the port speaks of."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from archive.catalogue.terms import (
    FORM,
    Indexed,
    Terms,
    fold,
    indexed,
    is_token,
    plain,
    terms,
    words,
)
from archive.identity import IdentityKeys
from dossier import written
from dossier.codes import mask_number
from dossier.errors import Misconfigured
from dossier.ports import CatalogueEntry, Found
from dossier.spine import Description, Person, Source, Value

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry, ready to be written: its row, its people's rows and its terms."""

    paper: UUID
    record: Columns
    people: tuple[Columns, ...]
    terms: Indexed
    entry: CatalogueEntry


class Spoken:
    """What a row of ``record`` says, each part opened when somebody asks for it.

    Raises:
        Misconfigured: ``catalogue.other-form``.
    """

    def __init__(self, row: RowMapping, keys: IdentityKeys) -> None:
        if row["form"] != FORM:
            raise other_form()
        self._row = row
        self._keys = keys

    @cached_property
    def text(self) -> str:
        """The whole text, pages parted by form feeds."""
        return _open(self._keys, self._row["text"], b"text", self._row["paper"]).decode()

    @cached_property
    def plain(self) -> str:
        """The whole text as ``terms.plain`` makes it."""
        return plain(self.text)

    @cached_property
    def values(self) -> list[Terms]:
        """The terms of each described value."""
        return [terms([value["text"]], self._keys) for value in _values_of(self._row, self._keys)]

    @cached_property
    def terms(self) -> Indexed:
        """The terms that the row was indexed with."""
        return indexed(self.values, terms(self.text.split("\f"), self._keys))


def prepare(entry: CatalogueEntry, keys: IdentityKeys) -> Prepared:
    """Hash, close and split what is to be written; needs no database."""
    description = written.dumps(written.description_to_json(entry.description))
    record = {
        "paper": entry.paper,
        "office": entry.office,
        "dossier": entry.dossier,
        "ordinal": entry.ordinal,
        "kind": entry.description.kind,
        "media_type": entry.media_type,
        "page_count": entry.page_count,
        "source_digest": entry.source_digest,
        "object_id": entry.object_id,
        "object_key": entry.key,
        "object_version": entry.version,
        "signed_at": entry.signed_at,
        "archived_at": entry.archived_at,
        "kept_until": entry.kept_until,
        "key_id": keys.id,
        "form": FORM,
        "description": _close(keys, description, b"description", entry.paper),
        "text": _close(keys, entry.text.encode(), b"text", entry.paper),
    }
    return Prepared(
        entry.paper,
        record,
        tuple(_people(entry, keys)),
        indexed(
            [terms([value.text], keys) for value in entry.description.values],
            terms(entry.text.split("\f"), keys),
        ),
        entry,
    )


def description_of(row: RowMapping, keys: IdentityKeys) -> Description:
    """The description of a row of ``record``."""
    opened = _open(keys, row["description"], b"description", row["paper"])
    return written.description_from_json(json.loads(opened))


def entry_of(row: RowMapping, keys: IdentityKeys) -> CatalogueEntry:
    """The entry of a row of ``record``, its text empty."""
    return CatalogueEntry(
        paper=row["paper"],
        office=row["office"],
        dossier=row["dossier"],
        ordinal=row["ordinal"],
        source_digest=row["source_digest"],
        media_type=row["media_type"],
        page_count=row["page_count"],
        description=description_of(row, keys),
        text="",
        object_id=row["object_id"],
        key=row["object_key"],
        version=row["object_version"],
        signed_at=row["signed_at"],
        archived_at=row["archived_at"],
        kept_until=row["kept_until"],
    )


def found_person(row: RowMapping, keys: IdentityKeys) -> Found:
    """The answer for a row of ``record`` joined with one of ``record_person``."""
    paper = row["paper"]
    return Found(
        paper=paper,
        dossier=row["dossier"],
        kind=row["kind"],
        person=keys.decrypt(row["name"], context=b"name" + paper.bytes).decode(),
        number=mask_number(keys.decrypt(row["number"], context=b"number" + paper.bytes).decode()),
        role=row["role"],
        archived_at=row["archived_at"],
    )


def found_record(row: RowMapping, asked: Sequence[str], keys: IdentityKeys) -> Found:
    """The answer for a row of ``record``: with the person whom the words name, or the first."""
    person = _best(_people_of(row, keys), asked, keys)
    return Found(
        paper=row["paper"],
        dossier=row["dossier"],
        kind=row["kind"],
        person=(person and person.name) or "",
        number=mask_number((person and (person.citizen_id or person.cmnd)) or ""),
        role=(person and person.role) or "",
        archived_at=row["archived_at"],
    )


def other_form() -> Misconfigured:
    """The error for an index that another version of Sohoa made."""
    return Misconfigured(
        "catalogue.other-form",
        "the index of words is of another version of Sohoa; make it again with: sohoa rebuild",
    )


def _values_of(row: RowMapping, keys: IdentityKeys) -> list[dict[str, str]]:
    """The values of a row of ``record``, without building all else that describes it."""
    read = json.loads(_open(keys, row["description"], b"description", row["paper"]))
    values: list[dict[str, str]] = read["values"]
    return values


def _people_of(row: RowMapping, keys: IdentityKeys) -> Sequence[Person]:
    """The people of a row of ``record``."""
    named = tuple(
        Value(field=value["field"], text=value["text"], source=Source.OCR, confidence=0.0)
        for value in _values_of(row, keys)
    )
    return Description(kind="", values=named).people()


def _best(people: Sequence[Person], asked: Sequence[str], keys: IdentityKeys) -> Person | None:
    """Who shares most words with the question, exact ones counting double; else the first."""
    if not asked or len(people) < 2:  # noqa: PLR2004 - between one there is nothing to choose
        return people[0] if people else None
    folded = [fold(word) for word in asked]
    hashed = any(is_token(word) for word in asked)

    def shared(person: Person) -> int:
        own = words(person.name or "", keys)
        if hashed:
            own += [keys.number_token(n) for n in (person.citizen_id, person.cmnd) if n]
        own_folded = {fold(word) for word in own}
        return sum(word in own for word in asked) + sum(word in own_folded for word in folded)

    return max(people, key=shared)


def _people(entry: CatalogueEntry, keys: IdentityKeys) -> list[Columns]:
    """A row for each number and role."""
    rows: dict[tuple[str, str], Columns] = {}
    paper = entry.paper.bytes
    for person in entry.description.people():
        for number in (person.citizen_id, person.cmnd):
            if number and (number, person.role) not in rows:
                rows[number, person.role] = {
                    "id_hash": keys.number_hash(number),
                    "role": person.role,
                    "number": keys.encrypt(number.encode(), context=b"number" + paper),
                    "name": keys.encrypt((person.name or "").encode(), context=b"name" + paper),
                }
    return list(rows.values())


def _close(keys: IdentityKeys, plain: bytes, what: bytes, paper: UUID) -> bytes:
    return keys.encrypt(zlib.compress(plain, 3), context=what + paper.bytes)


def _open(keys: IdentityKeys, closed: bytes, what: bytes, paper: UUID) -> bytes:
    return zlib.decompress(keys.decrypt(closed, context=what + paper.bytes))
