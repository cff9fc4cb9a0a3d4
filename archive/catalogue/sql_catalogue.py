"""The catalogue on SQLAlchemy. A write is one transaction; what goes in is made ready before it."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from archive.catalogue import object_versions, rows
from archive.catalogue.changes import Changes
from archive.catalogue.faults import translated
from archive.catalogue.look_up import LookUp
from archive.catalogue.models import RECORD, RECORD_CHANGES, RECORD_PERSON
from archive.catalogue.rows import Opened, Prepared
from archive.finding import abbreviations
from archive.finding.search_index import SearchIndex
from archive.identity import IdentityKeys
from dossier.errors import Misconfigured, WrongUse
from dossier.finding import Found, FoundPage, TextQuery
from dossier.ports import CatalogueEntry

_BATCH = 500
_BETWEEN_DIGITS = re.compile(r"[\s.\-]")
_A_NUMBER = re.compile(r"[0-9]{12}|[0-9]{9}")


class SqlCatalogue:
    """A ``Catalogue`` (dossier/ports.py). Safe for many threads and processes.

    Args:
        engine: on PostgreSQL, or on SQLite with WAL and a busy time-out. Its option ``immediate``
            is set for writes, for an engine that knows it; ``hide_parameters`` should be set.
        keys: for numbers, names and texts.
        index: the full-text index of this host; by default one in memory.
        writer: held while writing: the same lock for all that write to this database in this
            process, since SQLite takes one writer at a time and is unfair among those who wait.
            PostgreSQL takes many, and needs none.

    All methods raise:
        TransientFault: ``catalogue.busy``; ``catalogue.no-answer``; ``catalogue.full``.
        Misconfigured: ``catalogue.not-made``; ``catalogue.no-access``;
            ``identity.other-key``: it was written with another identity key, under which nobody
            would be found.
        IntegrityViolation: ``catalogue.damaged``: ``rebuild`` makes it again.
    """

    def __init__(
        self,
        engine: sa.Engine,
        keys: IdentityKeys,
        *,
        index: SearchIndex | None = None,
        writer: AbstractContextManager[object] | None = None,
    ) -> None:
        if engine.dialect.name not in {"sqlite", "postgresql"}:
            raise Misconfigured(
                "catalogue.unknown-database", "the catalogue runs on SQLite or PostgreSQL"
            )
        self._engine = engine
        self._keys = keys
        # A look-up of one statement needs no transaction: PostgreSQL is spared its begin and end.
        self._looking = engine
        if engine.dialect.name == "postgresql":
            self._looking = engine.execution_options(isolation_level="AUTOCOMMIT")
        if writer is None:
            # SQLite takes one writer at a time; PostgreSQL takes many.
            writer = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        self._writer = writer
        self._right_key = False
        self._look_up = LookUp(engine.dialect)
        self._changes = Changes(self._looking, keys)
        self._index = index or SearchIndex(
            keys, None, title_of=lambda kind: kind, abbreviations=abbreviations.load()
        )

    def add(self, entry: CatalogueEntry) -> None:
        """Add a record with its people and its text; adding it again replaces it."""
        self._put([rows.prepare(entry, self._keys)])

    def add_all(self, entries: Iterable[CatalogueEntry]) -> None:
        """Add many in few transactions; what was added stays where a later one fails."""
        rest = iter(entries)
        while batch := [rows.prepare(entry, self._keys) for entry in islice(rest, _BATCH)]:
            self._put(list({prepared.paper: prepared for prepared in batch}.values()))

    def get(self, paper: UUID, *, offices: Sequence[str]) -> CatalogueEntry | None:
        """One record, its text empty; None where it is not there or of another office."""
        with self._reading(self._looking) as connection:
            row = _one(
                connection,
                sa.select(RECORD).where(RECORD.c.paper == paper, RECORD.c.office.in_(offices)),
            )
            return None if row is None else rows.entry_of(row, self._keys)

    def by_citizen_id(
        self, number: str, *, offices: Sequence[str], limit: int, skip: int = 0
    ) -> list[Found]:
        """The records that name this person (citizen ID or CMND), newest first.

        One row for each role of the person in a record.

        Raises:
            WrongUse: ``find.bad-number``.
        """
        number = _BETWEEN_DIGITS.sub("", number)
        if not _A_NUMBER.fullmatch(number):
            raise WrongUse("find.bad-number", "a citizen ID has 12 digits, an old CMND 9")
        hashed = self._keys.number_hash(number)
        with self._reading(self._looking) as connection:
            found = self._look_up.rows(connection, hashed, offices, limit=limit, skip=skip)
        return [rows.found_person(row, self._keys) for row in found]

    def count_of(self, number: str, *, offices: Sequence[str]) -> int:
        """How many rows ``by_citizen_id`` has for a number of digits."""
        statement = (
            sa.select(sa.func.count())
            .join_from(RECORD_PERSON, RECORD, RECORD.c.id == RECORD_PERSON.c.record_id)
            .where(
                RECORD_PERSON.c.id_hash == self._keys.number_hash(number),
                RECORD.c.office.in_(offices),
            )
        )
        with self._reading(self._looking) as connection:
            return int(connection.execute(statement).scalar_one())

    def by_dossier(self, code: str, *, offices: Sequence[str], limit: int) -> list[Found]:
        """The records of a dossier, by ordinal, each with the first person it names."""
        if not code.isprintable():
            return []  # PostgreSQL takes no NUL, and neither database half a surrogate pair
        statement = (
            sa.select(RECORD)
            .where(RECORD.c.dossier == code.strip().upper(), RECORD.c.office.in_(offices))
            .order_by(RECORD.c.ordinal, RECORD.c.id)
            .limit(max(limit, 0))
        )
        with self._reading(self._looking) as connection:
            return [
                Opened(row, self._keys).found() for row in connection.execute(statement).mappings()
            ]

    def search(self, query: TextQuery) -> FoundPage:
        """The records that match: described values first, then relevance, then the younger.

        Each with what matched, and with the person whom the words name, else the first. A whole
        number of a person is found too, a part of one is not.
        """
        with self._reading(self._looking):
            pass  # with another key nothing would be found
        answer = self._index.search(self._changes, query)
        return FoundPage(
            rows=tuple(
                opened.found(answer.asked, opened.passage(answer.asked))
                for opened in self._opened(answer.ids, query.offices)
            ),
            total=answer.total,
            approximate=answer.approximate,
            facets=answer.facets,
            behind=answer.behind,
        )

    def follow(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Take what changed into the full-text index; how many changes it lacks still.

        Args:
            progress: called with the changes done and in all, after each batch.

        Raises:
            TransientFault: ``search.not-written``.
        """
        return self._index.follow(self._changes, progress=progress)

    def behind(self) -> int:
        """How many changes the full-text index of this host lacks."""
        return self._index.behind(self._changes)

    def _opened(self, ids: Sequence[int], offices: Sequence[str]) -> list[Opened]:
        """The records of these ids in their order; one that is gone meanwhile is left out."""
        if not ids:
            return []
        statement = sa.select(RECORD).where(RECORD.c.id.in_(ids), RECORD.c.office.in_(offices))
        with self._reading(self._looking) as connection:
            found = {row["id"]: row for row in connection.execute(statement).mappings()}
        return [Opened(found[i], self._keys) for i in ids if i in found]

    def known(self, papers: Sequence[UUID]) -> set[UUID]:
        """Those of these papers that have a record."""
        statement = sa.select(RECORD.c.paper).where(RECORD.c.paper.in_(papers))
        with translated(), self._looking.connect() as connection:
            return set(connection.execute(statement).scalars())

    def is_readable(self) -> bool:
        """Whether all records were written with this key."""
        statement = sa.select(RECORD.c.key_id).distinct().limit(2)
        with translated(), self._looking.connect() as connection:
            return set(connection.execute(statement).scalars()) <= {self._keys.id}

    def count(self, *, offices: Sequence[str] | None = None) -> int:
        """How many records these offices have; all offices by default."""
        query = sa.select(sa.func.count()).select_from(RECORD)
        if offices is not None:
            query = query.where(RECORD.c.office.in_(offices))
        with translated(), self._looking.connect() as connection:
            return connection.execute(query).scalar_one()

    def clear(self) -> None:
        """Forget all records, to make them again from the store."""
        with self._writing() as connection:
            _take_numbers(connection, 0, epoch=secrets.token_hex(16))
            self._empty(connection)
        self._right_key = False

    def _empty(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            # A million rows that are deleted one by one take minutes, and their room stays taken.
            both = f"{RECORD.name}, {RECORD_PERSON.name}"
            connection.execute(sa.text(f"TRUNCATE {both} RESTART IDENTITY"))
        else:
            connection.execute(RECORD_PERSON.delete())
            connection.execute(RECORD.delete())

    def _put(self, batch: Sequence[Prepared]) -> None:
        with self._writing() as connection:
            # A write comes first: it takes SQLite's lock also in a deferred transaction.
            first = _take_numbers(connection, len(batch))
            for number, prepared in enumerate(batch, first):
                prepared.record["change"] = number
            ids = _insert_unknown(connection, batch)
            self._check_key(connection, before=min(ids.values(), default=None))
            known = [prepared for prepared in batch if prepared.paper not in ids]
            if known:
                ids |= self._replace_known(connection, known)
            people = [{**row, "record_id": ids[p.paper]} for p in batch for row in p.people]
            if people:
                connection.execute(RECORD_PERSON.insert(), people)
            object_versions.put_entries(connection, [p.entry for p in batch])

    def _replace_known(
        self, connection: sa.Connection, batch: Sequence[Prepared]
    ) -> dict[UUID, int]:
        """Write over the rows that are there; their ids."""
        by_paper = {prepared.paper: prepared for prepared in batch}
        statement = (
            sa.select(RECORD.c.id, RECORD.c.paper)
            .where(RECORD.c.paper.in_(list(by_paper)))
            .with_for_update()
        )
        ids: dict[UUID, int] = {}
        for row in connection.execute(statement).mappings().all():
            ids[row["paper"]] = row["id"]
            connection.execute(
                RECORD.update()
                .where(RECORD.c.id == row["id"])
                .values(by_paper[row["paper"]].record)
            )
        old = RECORD_PERSON.c.record_id.in_(list(ids.values()))
        connection.execute(RECORD_PERSON.delete().where(old))
        return ids

    def _check_key(self, connection: sa.Connection, *, before: int | None = None) -> None:
        """A key that made none of the rows would find nobody, and nobody would notice.

        Args:
            connection: a transaction.
            before: the lowest id that it has written itself.
        """
        if not self._right_key:
            newest = sa.select(RECORD.c.key_id).order_by(_NEWEST).limit(1)
            if before is not None:
                newest = newest.where(RECORD.c.id < before)
            key_id = connection.execute(newest).scalar()
            if key_id not in {None, self._keys.id}:
                raise self._keys.other_key(str(key_id))
            self._right_key = key_id is not None

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        engine = self._engine.execution_options(immediate=True)
        with self._writer, translated(), engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self, engine: sa.Engine) -> Iterator[sa.Connection]:
        with translated(), engine.connect() as connection:
            self._check_key(connection)
            yield connection


_NEWEST = RECORD.c.id.desc()


def _one(connection: sa.Connection, statement: sa.Select[Any]) -> sa.RowMapping | None:
    return connection.execute(statement).mappings().first()


def _insert_unknown(connection: sa.Connection, batch: Sequence[Prepared]) -> dict[UUID, int]:
    """Write the rows that are not there yet; their ids, in the order of the batch.

    On PostgreSQL, who adds the same paper at the same moment waits here, and then finds it there.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(RECORD)
        .on_conflict_do_nothing(index_elements=[RECORD.c.paper])
        .returning(RECORD.c.paper, RECORD.c.id)
    )
    made = connection.execute(statement, [prepared.record for prepared in batch])
    return {row.paper: row.id for row in made}


def _take_numbers(connection: sa.Connection, many: int, *, epoch: str = "") -> int:
    """The first of so many numbers of changes; nobody else takes one until the commit.

    Args:
        connection: a transaction.
        many: how many.
        epoch: begin anew under this one.
    """
    changes = RECORD_CHANGES.c
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(RECORD_CHANGES)
        .values(id=1, epoch=epoch or secrets.token_hex(16), last=0)
        .on_conflict_do_nothing(index_elements=[changes.id])
    )
    new = {"last": 0, "epoch": epoch} if epoch else {"last": changes.last + many}
    taken = connection.execute(
        RECORD_CHANGES.update().values(new).returning(changes.last)
    ).scalar_one()
    return int(taken) - many + 1
