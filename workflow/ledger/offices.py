"""Offices, and small facts about the data of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from workflow.ledger.connections import Connections, lock
from workflow.ledger.tables import NOTE, OFFICE

_DEFAULT = "default"


def reserve_numbers(
    connection: sa.Connection, counter: sa.Column[int], counts: Mapping[str, int]
) -> dict[str, int]:
    """Reserve consecutive numbers of offices; return the first one of each.

    The counters stay locked until the transaction ends, so numbers follow the order of commits: a
    reader never sees a number before a lower one of the same office.

    Args:
        connection: of the transaction.
        counter: ``OFFICE.c.papers`` or ``OFFICE.c.events``.
        counts: how many numbers, by office.
    """
    first = {}
    # Rows in a fixed order, to avoid deadlock.
    for office, count in sorted(counts.items()):
        reserved = (
            OFFICE.update()
            .where(OFFICE.c.code == office)
            .values({counter: counter + count})
            .returning(counter)
        )
        first[office] = connection.execute(reserved).scalar_one() - count + 1
    return first


@dataclass(frozen=True, slots=True)
class Office:
    """An office.

    Attributes:
        name: as shown in stamps.
        time_zone: offset in which times are shown, such as ``+07:00``.
        parent: the code of the office above; None for a root.
    """

    code: str
    name: str
    time_zone: str
    parent: str | None


def insert_office(
    connection: sa.Connection, code: str, name: str, *, time_zone: str = "+07:00"
) -> bool:
    """Insert an office into the tree, unless it exists; whether it is the first of all.

    Codes are hierarchical (``H15.01`` is below ``H15``), so the tree follows them.
    """
    lock(connection, "office")
    known = connection.execute(sa.select(OFFICE.c.code, OFFICE.c.parent))
    parents = {row.code: row.parent for row in known}
    if code in parents:
        return False
    above = [other for other in parents if code.startswith(f"{other}.")]
    parent = max(above, key=len, default=None)
    connection.execute(
        OFFICE.insert().values(code=code, name=name, time_zone=time_zone, parent=parent)
    )
    below = [
        other
        for other, its_parent in parents.items()
        if other.startswith(f"{code}.") and its_parent == parent
    ]
    connection.execute(OFFICE.update().where(OFFICE.c.code.in_(below)).values(parent=code))
    return not parents


class Offices:
    """The offices of this installation."""

    def __init__(self, connections: Connections) -> None:
        self._reading, self._writing = connections.reading, connections.writing

    def add(
        self,
        code: str,
        name: str,
        *,
        time_zone: str = "+07:00",
        first_notes: Mapping[str, str] | None = None,
    ) -> bool:
        """Add an office; an existing one is left as it is.

        The first office of all becomes the default one.

        Args:
            code: of the office; its parent is the known office with the longest prefix of it.
            name: as shown in stamps.
            time_zone: in which times are shown.
            first_notes: stored if this is the first office of all.

        Returns:
            Whether this is the first office.
        """
        with self._writing() as c:
            first = insert_office(c, code, name, time_zone=time_zone)
            for note, value in ({_DEFAULT: "yes", **(first_notes or {})} if first else {}).items():
                c.execute(NOTE.insert().values(office=code, name=note, value=value))
        return first

    def update(self, code: str, *, name: str, time_zone: str) -> None:
        """Change name and time zone of an office."""
        with self._writing() as c:
            changed = OFFICE.update().where(OFFICE.c.code == code)
            c.execute(changed.values(name=name, time_zone=time_zone))

    def get(self, code: str) -> Office | None:
        """An office by code."""
        return self._one(OFFICE.c.code == code)

    def get_default(self) -> Office | None:
        """The office that was added first; None while there is none."""
        first = sa.select(NOTE.c.office).where(NOTE.c.name == _DEFAULT).limit(1)
        return self._one(OFFICE.c.code == first.scalar_subquery())

    def _one(self, condition: sa.ColumnElement[bool]) -> Office | None:
        query = sa.select(OFFICE.c.code, OFFICE.c.name, OFFICE.c.time_zone, OFFICE.c.parent)
        with self._reading() as c:
            row = c.execute(query.where(condition)).first()
        return None if row is None else Office(*row)

    def list_below(self, code: str) -> tuple[str, ...]:
        """The codes of an office and of all offices below it; empty if it is unknown."""
        tree = sa.select(OFFICE.c.code).where(OFFICE.c.code == code).cte(recursive=True)
        tree = tree.union(sa.select(OFFICE.c.code).where(OFFICE.c.parent == tree.c.code))
        with self._reading() as c:
            return tuple(c.execute(sa.select(tree.c.code).order_by(tree.c.code)).scalars())

    def get_name(self, code: str) -> str:
        """The name of an office; empty if it is unknown."""
        with self._reading() as c:
            return c.execute(sa.select(OFFICE.c.name).where(OFFICE.c.code == code)).scalar() or ""

    def get_stamp_form(self, code: str) -> str | None:
        """What the stamps of an office say; empty for no stamp, None for the setting."""
        query = sa.select(OFFICE.c.stamp_form).where(OFFICE.c.code == code)
        with self._reading() as c:
            return c.execute(query).scalar()

    def set_stamp_form(self, code: str, form: str | None) -> None:
        """Set what the stamps of an office say."""
        with self._writing() as c:
            c.execute(OFFICE.update().where(OFFICE.c.code == code).values(stamp_form=form))

    def set_note(self, office: str, name: str, value: str) -> None:
        """Store a note of an office in place of the one of this name."""
        with self._writing() as c:
            c.execute(NOTE.delete().where(NOTE.c.office == office, NOTE.c.name == name))
            c.execute(NOTE.insert().values(office=office, name=name, value=value))

    def get_note(self, office: str, name: str) -> str:
        """A fact about an office's data, such as ``trial``; empty if there is none."""
        with self._reading() as c:
            query = sa.select(NOTE.c.value).where(NOTE.c.office == office, NOTE.c.name == name)
            return c.execute(query).scalar() or ""
