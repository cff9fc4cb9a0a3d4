"""The catalogue on SQLAlchemy. A write is one transaction; what goes in is made ready before it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from archive.catalogue import object_versions, postgres_search, rows, sqlite_search, terms
from archive.catalogue.faults import translated
from archive.catalogue.models import RECORD, RECORD_PERSON
from archive.catalogue.rows import Prepared, Spoken
from archive.catalogue.word_index import Row, WordIndex
from archive.identity import IdentityKeys
from dossier.errors import Misconfigured, WrongUse
from dossier.ports import CatalogueEntry, Found

_BATCH = 500
_BETWEEN_DIGITS = re.compile(r"[\s.\-]")
_A_NUMBER = re.compile(r"[0-9]{12}|[0-9]{9}")


class SqlCatalogue:
    """A ``Catalogue`` (dossier/ports.py). Safe for many threads and processes.

    Args:
        engine: on PostgreSQL, or on SQLite with WAL and a busy time-out. Its option ``immediate``
            is set for writes, for an engine that knows it; ``hide_parameters`` should be set.
        keys: for numbers, names and texts.
        writer: held while writing: the same lock for all that write to this database in this
            process, since SQLite takes one writer at a time and is unfair among those who wait.
            PostgreSQL takes many, and needs none.

    All methods raise:
        TransientFault: ``catalogue.busy``; ``catalogue.no-answer``; ``catalogue.full``.
        Misconfigured: ``catalogue.not-made``; ``catalogue.no-access``; ``catalogue.other-form``;
            ``identity.other-key``: it was written with another identity key, under which nobody
            would be found.
        IntegrityViolation: ``catalogue.damaged``: ``rebuild`` makes it again.
    """

    def __init__(
        self,
        engine: sa.Engine,
        keys: IdentityKeys,
        *,
        writer: AbstractContextManager[object] | None = None,
    ) -> None:
        self._words = _word_index(engine)
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

    def by_citizen_id(self, number: str, *, offices: Sequence[str], limit: int) -> list[Found]:
        """The records that name this person (citizen ID or CMND), newest first.

        One row for each role of the person in a record.

        Raises:
            WrongUse: ``find.bad-number``.
        """
        number = _BETWEEN_DIGITS.sub("", number)
        if not _A_NUMBER.fullmatch(number):
            raise WrongUse("find.bad-number", "a citizen ID has 12 digits, an old CMND 9")
        # By record_person's own id: its primary key hands them out in this order.
        statement = (
            sa.select(
                RECORD.c.paper,
                RECORD.c.dossier,
                RECORD.c.kind,
                RECORD.c.archived_at,
                RECORD_PERSON.c.role,
                RECORD_PERSON.c.number,
                RECORD_PERSON.c.name,
            )
            .join_from(RECORD_PERSON, RECORD, RECORD.c.id == RECORD_PERSON.c.record_id)
            .where(
                RECORD_PERSON.c.id_hash == self._keys.number_hash(number),
                RECORD.c.office.in_(offices),
            )
            .order_by(RECORD_PERSON.c.record_id.desc(), RECORD_PERSON.c.role)
            .limit(max(limit, 0))
        )
        with self._reading(self._looking) as connection:
            return [
                rows.found_person(row, self._keys)
                for row in connection.execute(statement).mappings()
            ]

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
                rows.found_record(row, (), self._keys)
                for row in connection.execute(statement).mappings()
            ]

    def by_text(self, words: str, *, offices: Sequence[str], limit: int) -> list[Found]:
        """The records that hold these words; exact tones before folded, phrases before words.

        Each with the person whom the words name, else the first. A whole number of a person is
        found too (``terms.numbers`` tells that one was asked for), a part of one is not.
        """
        exact, folded = terms.asked(words, self._keys)
        with self._reading(self._engine) as connection:
            form = connection.execute(sa.select(RECORD.c.form).order_by(_NEWEST).limit(1)).scalar()
            if form not in {None, terms.FORM}:
                raise rows.other_form()
            opened = _Opened(connection, self._keys)
            ids = self._words.search(
                connection,
                exact,
                folded,
                offices=offices,
                limit=max(limit, 0),
                said=opened.said,
            )
            by_id = opened.rows(ids)
        return [rows.found_record(row, exact, self._keys) for row in by_id.values()]

    def known(self, papers: Sequence[UUID]) -> set[UUID]:
        """Those of these papers that have a record."""
        statement = sa.select(RECORD.c.paper).where(RECORD.c.paper.in_(papers))
        with translated(), self._looking.connect() as connection:
            return set(connection.execute(statement).scalars())

    def is_readable(self) -> bool:
        """Whether all records were written with this key and in this version's form."""
        statement = sa.select(RECORD.c.key_id, RECORD.c.form).distinct().limit(2)
        with translated(), self._looking.connect() as connection:
            forms = {tuple(row) for row in connection.execute(statement)}
        return forms <= {(self._keys.id, terms.FORM)}

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
            self._empty(connection)
            self._words.clear(connection)
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
            ids = _insert_unknown(connection, batch)
            self._check_key(connection, before=min(ids.values(), default=None))
            known = [prepared for prepared in batch if prepared.paper not in ids]
            if known:
                ids |= self._replace_known(connection, known)
            people = [{**row, "record_id": ids[p.paper]} for p in batch for row in p.people]
            if people:
                connection.execute(RECORD_PERSON.insert(), people)
            self._words.put(
                connection, [Row(ids[p.paper], p.record["office"], p.terms) for p in batch]
            )
            object_versions.put_entries(connection, [p.entry for p in batch])

    def _replace_known(
        self, connection: sa.Connection, batch: Sequence[Prepared]
    ) -> dict[UUID, int]:
        """Write over the rows that are there, out of the index with their old words; their ids."""
        by_paper = {prepared.paper: prepared for prepared in batch}
        statement = sa.select(RECORD).where(RECORD.c.paper.in_(list(by_paper))).with_for_update()
        ids: dict[UUID, int] = {}
        for row in connection.execute(statement).mappings().all():
            ids[row["paper"]] = row["id"]
            self._words.remove(connection, row["id"], Spoken(row, self._keys).terms)
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


class _Opened:
    """Rows of ``record`` and what they say, each fetched once."""

    def __init__(self, connection: sa.Connection, keys: IdentityKeys) -> None:
        self._connection = connection
        self._keys = keys
        self._rows: dict[int, sa.RowMapping] = {}
        self._said: dict[int, Spoken] = {}

    def rows(self, ids: Sequence[int]) -> dict[int, sa.RowMapping]:
        """The rows of these ids in their order; one that is gone meanwhile is left out."""
        new = [i for i in ids if i not in self._rows]
        if new:
            statement = sa.select(RECORD).where(RECORD.c.id.in_(new))
            fetched = self._connection.execute(statement).mappings()
            self._rows |= {row["id"]: row for row in fetched}
        return {i: self._rows[i] for i in ids if i in self._rows}

    def said(self, ids: Sequence[int]) -> dict[int, Spoken]:
        """What the records of these ids say."""
        for i, row in self.rows(ids).items():
            if i not in self._said:
                self._said[i] = Spoken(row, self._keys)
        return {i: self._said[i] for i in ids if i in self._said}


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


def _word_index(engine: sa.Engine) -> WordIndex:
    """The index of words that this kind of database has."""
    known: dict[str, WordIndex] = {"sqlite": sqlite_search, "postgresql": postgres_search}
    try:
        return known[engine.dialect.name]
    except KeyError:
        raise Misconfigured(
            "catalogue.unknown-database", "the catalogue runs on SQLite or PostgreSQL"
        ) from None
