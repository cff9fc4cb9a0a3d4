"""The versions of objects that the store must hold, and the alarms of the last checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from archive import ocfl
from archive.catalogue.models import ARCHIVE_ALARM, OBJECT_VERSION, UtcTime
from archive.objects import Alarm
from dossier.ports import CatalogueEntry
from dossier.spine import ObjectVersion

_T = OBJECT_VERSION.c
_PAGE = 1000
# The ledger's table of dossiers, as far as terms need it.
_CLOSED = sa.table(
    "dossier",
    sa.column("office"),
    sa.column("code"),
    sa.column("closed_at", UtcTime()),
    sa.column("keep_years"),
)
_LONGEST_KEY, _LONGEST_MESSAGE = 1000, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedObject:
    """The newest version of an object that the store must hold.

    Attributes:
        office: empty for a register.
        dossier: empty for a register.
        digest: SHA-512 of the version's inventory, lower-case hex.
        locked_until: the end of its lock, as it was last set.
    """

    object_id: str
    key: str
    office: str
    dossier: str
    version: int
    digest: str
    created_at: datetime
    locked_until: datetime


def put(connection: sa.Connection, objects: Sequence[tuple[ExpectedObject, ObjectVersion]]) -> None:
    """Write versions down within a transaction; a known one gets its new lock.

    Args:
        connection: of the transaction.
        objects: each version with what is common to its object.
    """
    if not objects:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(OBJECT_VERSION)
    statement = statement.on_conflict_do_update(
        index_elements=[_T.object_id, _T.number],
        set_={"locked_until": statement.excluded.locked_until},
    )
    connection.execute(
        statement,
        [
            {
                "object_id": one.object_id,
                "number": version.number,
                "object_key": one.key,
                "office": one.office,
                "dossier": one.dossier,
                "digest": version.digest,
                "created_at": version.created_at,
                "locked_until": one.locked_until,
            }
            for one, version in objects
        ],
    )


def put_entries(connection: sa.Connection, entries: Iterable[CatalogueEntry]) -> None:
    """Write down the versions of records, in the transaction that catalogues them."""
    put(
        connection,
        [
            (
                ExpectedObject(
                    object_id=entry.object_id,
                    key=entry.key,
                    office=entry.office,
                    dossier=entry.dossier,
                    version=version.number,
                    digest=version.digest,
                    created_at=version.created_at,
                    locked_until=entry.kept_until,
                ),
                version,
            )
            for entry in entries
            for version in entry.versions
        ],
    )


_Transaction = Callable[[], AbstractContextManager[sa.Connection]]


class ObjectVersions:
    """What the store must hold.

    Args:
        reading: opens a transaction that reads.
        writing: opens a transaction that writes.
    """

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        self._reading, self._writing = reading, writing

    def add(self, expected: ExpectedObject, versions: Sequence[ObjectVersion] = ()) -> None:
        """Write a version down, or all of these versions of its object."""
        newest = ObjectVersion(
            number=expected.version, digest=expected.digest, created_at=expected.created_at
        )
        with self._writing() as c:
            put(c, [(expected, version) for version in versions or (newest,)])

    def newest(self, object_id: str) -> ExpectedObject | None:
        """The newest version of an object; None where none is known."""
        with self._reading() as c:
            row = c.execute(_newest().where(_T.object_id == object_id)).first()
        return None if row is None else _expected(row)

    def count(self) -> int:
        """How many objects the store must hold."""
        with self._reading() as c:
            return c.execute(sa.select(sa.func.count()).where(_T.number == 1)).scalar_one()

    def list_expected(self, *, after: str = "", limit: int = 1000) -> list[ExpectedObject]:
        """The newest version of each object, by key; the page after a key."""
        query = _newest().where(_T.object_key > after).order_by(_T.object_key).limit(limit)
        with self._reading() as c:
            return [_expected(row) for row in c.execute(query)]

    def sample(self, number: int) -> list[ExpectedObject]:
        """The objects that were not checked for longest."""
        query = _newest().order_by(_T.checked_at.asc().nulls_first(), _T.object_key).limit(number)
        with self._reading() as c:
            return [_expected(row) for row in c.execute(query)]

    def set_checked(self, keys: Sequence[str], *, at: datetime) -> None:
        """Note that objects were read back."""
        with self._writing() as c:
            c.execute(OBJECT_VERSION.update().where(_T.object_key.in_(keys)).values(checked_at=at))

    def last_checked(self) -> datetime | None:
        """When an object was read back last."""
        query = (
            sa.select(_T.checked_at)
            .where(_T.checked_at.is_not(None))
            .order_by(_T.checked_at.desc())
            .limit(1)
        )
        with self._reading() as c:
            return c.execute(query).scalar()

    # -- registers ---------------------------------------------------------------------------

    def unlisted_before(self, end: datetime) -> list[tuple[str, int, str, datetime]]:
        """Versions that no register lists and that were made before ``end``.

        Returns:
            Object identifier, number, digest and time of each, oldest first.
        """
        query = (
            sa.select(_T.object_id, _T.number, _T.digest, _T.created_at)
            .where(
                _T.listed_on.is_(None),
                _T.created_at < end,
                ~_T.object_id.startswith(ocfl.REGISTER, autoescape=True),
            )
            .order_by(_T.created_at, _T.object_id, _T.number)
        )
        with self._reading() as c:
            return [(row[0], row[1], row[2], row[3]) for row in c.execute(query)]

    def set_listed(self, versions: Sequence[tuple[str, int]], *, day: str) -> None:
        """Note that the register of a day lists these versions."""
        with self._writing() as c:
            for start in range(0, len(versions), 500):
                part = versions[start : start + 500]
                c.execute(
                    OBJECT_VERSION.update()
                    .where(sa.tuple_(_T.object_id, _T.number).in_(part))
                    .values(listed_on=day)
                )

    def last_register(self) -> ExpectedObject | None:
        """The register of the latest day; None before the first."""
        query = (
            sa.select(OBJECT_VERSION)
            .where(_T.object_id.startswith(ocfl.REGISTER, autoescape=True))
            .order_by(_T.object_id.desc())
            .limit(1)
        )
        with self._reading() as c:
            row = c.execute(query).first()
        return None if row is None else _expected(row)

    # -- locks -------------------------------------------------------------------------------

    def locked_before(self, end: datetime, *, limit: int) -> list[ExpectedObject]:
        """Objects whose lock ends before ``end``, the first to end first."""
        query = _newest().where(_T.locked_until < end).order_by(_T.locked_until).limit(limit)
        with self._reading() as c:
            return [_expected(row) for row in c.execute(query)]

    def list_locks(
        self, *, before: datetime
    ) -> Iterator[tuple[ExpectedObject, datetime | None, int | None]]:
        """Objects whose lock ends before a time, with closing and term of their dossier.

        The term is in years, 0 for ever; None where none was set yet.
        """
        query = (
            sa.select(OBJECT_VERSION, _CLOSED.c.closed_at, _CLOSED.c.keep_years)
            .join(
                _CLOSED,
                sa.and_(_CLOSED.c.office == _T.office, _CLOSED.c.code == _T.dossier),
                isouter=True,
            )
            .where(_T.locked_until < before, ~_has_later())
            .order_by(_T.object_key)
            .limit(_PAGE)
        )
        after = ""
        while True:
            with self._reading() as c:
                rows = c.execute(query.where(_T.object_key > after)).all()
            for row in rows:
                yield _expected(row), row.closed_at, row.keep_years
            if len(rows) < _PAGE:
                return
            after = rows[-1].object_key

    def set_lock(self, key: str, *, until: datetime) -> None:
        """Note the new end of an object's lock."""
        with self._writing() as c:
            c.execute(
                OBJECT_VERSION.update().where(_T.object_key == key).values(locked_until=until)
            )

    # -- alarms ------------------------------------------------------------------------------

    def replace_alarms(self, alarms: Sequence[Alarm], *, at: datetime) -> None:
        """Keep the alarms of a check of everything, instead of all earlier ones."""
        with self._writing() as c:
            c.execute(ARCHIVE_ALARM.delete())
            _insert_alarms(c, alarms, at)

    def add_alarms(self, alarms: Sequence[Alarm], *, at: datetime) -> None:
        """Keep the alarms of a check of some objects beside the earlier ones."""
        with self._writing() as c:
            for alarm in alarms:
                c.execute(
                    ARCHIVE_ALARM.delete().where(
                        ARCHIVE_ALARM.c.object_key == alarm.key[:_LONGEST_KEY],
                        ARCHIVE_ALARM.c.code == alarm.code,
                    )
                )
            _insert_alarms(c, alarms, at)

    def list_alarms(self, *, limit: int) -> list[Alarm]:
        """The alarms of the last checks, by key."""
        query = sa.select(ARCHIVE_ALARM).order_by(ARCHIVE_ALARM.c.object_key).limit(limit)
        with self._reading() as c:
            return [
                Alarm(key=row.object_key, code=row.code, message=row.message)
                for row in c.execute(query)
            ]


def _insert_alarms(c: sa.Connection, alarms: Sequence[Alarm], at: datetime) -> None:
    rows = {
        (alarm.key[:_LONGEST_KEY], alarm.code): {
            "object_key": alarm.key[:_LONGEST_KEY],
            "code": alarm.code,
            "message": alarm.message[:_LONGEST_MESSAGE],
            "raised_at": at,
        }
        for alarm in alarms
    }
    if rows:
        c.execute(ARCHIVE_ALARM.insert(), list(rows.values()))


def _has_later() -> sa.ColumnElement[bool]:
    later = OBJECT_VERSION.alias("later")
    return sa.exists().where(later.c.object_id == _T.object_id, later.c.number > _T.number)


def _newest() -> sa.Select[tuple[object, ...]]:
    return sa.select(OBJECT_VERSION).where(~_has_later())


def _expected(row: sa.Row[tuple[object, ...]]) -> ExpectedObject:
    return ExpectedObject(
        object_id=row.object_id,
        key=row.object_key,
        office=row.office,
        dossier=row.dossier,
        version=row.number,
        digest=row.digest,
        created_at=row.created_at,
        locked_until=row.locked_until,
    )
