"""Between the rows of the catalogue and what the port speaks of."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from archive.finding.passages import passage_of
from archive.finding.question import Asked
from archive.finding.record_words import Indexable
from archive.finding.words import clean, hide_numbers, words_of
from archive.identity import IdentityKeys
from dossier import written
from dossier.codes import mask_number
from dossier.finding import Found, Passage
from dossier.ports import CatalogueEntry
from dossier.spine import Description, Person, Source, Value

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry, ready to be written: its row and its people's rows."""

    paper: UUID
    record: Columns
    people: tuple[Columns, ...]
    entry: CatalogueEntry


class Opened:
    """What a row of ``record`` says, each part decrypted when somebody asks for it."""

    def __init__(self, row: RowMapping, keys: IdentityKeys) -> None:
        self._row = row
        self._keys = keys

    @cached_property
    def text(self) -> str:
        """The whole text, pages separated by form feeds."""
        return _open(self._keys, self._row["text"], b"text", self._row["paper"]).decode()

    @cached_property
    def values(self) -> list[tuple[str, str]]:
        """Field and text of each described value."""
        return [(value["field"], value["text"]) for value in _values_of(self._row, self._keys)]

    @property
    def indexable(self) -> Indexable:
        """The record as the full-text index takes it."""
        row = self._row
        return Indexable(
            id=row["id"],
            change=row["change"],
            paper=row["paper"],
            office=row["office"],
            dossier=row["dossier"],
            kind=row["kind"],
            archived_at=row["archived_at"],
            values=self.values,
            text=self.text,
        )

    def passage(self, asked: Asked) -> Passage | None:
        """What matches a question."""
        return passage_of(asked, self.values, lambda: self.text, self._keys)

    def found(self, asked: Asked | None = None, passage: Passage | None = None) -> Found:
        """The answer: with the person whom the words name, or the first."""
        row = self._row
        person = _best(_people_of(self.values), asked, self._keys)
        return Found(
            paper=row["paper"],
            dossier=row["dossier"],
            kind=row["kind"],
            person=(person and person.name) or "",
            number=mask_number((person and (person.citizen_id or person.cmnd)) or ""),
            role=(person and person.role) or "",
            archived_at=row["archived_at"],
            passage=passage,
        )


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
        "description": _close(keys, description, b"description", entry.paper),
        "text": _close(keys, entry.text.encode(), b"text", entry.paper),
    }
    return Prepared(
        entry.paper,
        record,
        tuple(_people(entry, keys)),
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


def found_person(row: Mapping[str, Any], keys: IdentityKeys) -> Found:
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


def _values_of(row: RowMapping, keys: IdentityKeys) -> list[dict[str, str]]:
    """The values of a row of ``record``, without building all else that describes it."""
    read = json.loads(_open(keys, row["description"], b"description", row["paper"]))
    values: list[dict[str, str]] = read["values"]
    return values


def _people_of(values: Sequence[tuple[str, str]]) -> Sequence[Person]:
    """The people that values name."""
    named = tuple(
        Value(field=field, text=text, source=Source.OCR, confidence=0.0) for field, text in values
    )
    return Description(kind="", values=named).people()


def _best(people: Sequence[Person], asked: Asked | None, keys: IdentityKeys) -> Person | None:
    """Who shares most words with the question, exact ones counting double; else the first."""
    if asked is None or not people:
        return people[0] if people else None
    exact = {word.exact for word in asked.words}
    folded = {word for unit in asked.wanted for word in unit.shows}

    def shared(person: Person) -> int:
        said = [person.name, person.citizen_id, person.cmnd, person.birth]
        own = words_of(hide_numbers(clean(" ; ".join(filter(None, said))), keys))
        return sum((word.exact in exact) + (word.folded in folded) for word in own)

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
