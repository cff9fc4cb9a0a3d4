"""Offices, and small facts about the data of each."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from workflow.ledger.connections import Connections, lock
from workflow.ledger.tables import NOTE, OFFICE


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


class Offices:
    """The offices of this installation."""

    def __init__(self, connections: Connections) -> None:
        self._reading, self._writing = connections.reading, connections.writing

    def add(self, code: str, name: str, *, first_notes: Mapping[str, str] | None = None) -> bool:
        """Add an office; an existing one keeps its name.

        Args:
            code: of the office.
            name: as shown in stamps.
            first_notes: stored if this is the first office of all.

        Returns:
            Whether this is the first office.
        """
        with self._writing() as c:
            lock(c, "office")
            known = set(c.execute(sa.select(OFFICE.c.code)).scalars())
            if code not in known:
                c.execute(OFFICE.insert().values(code=code, name=name))
            if not known:
                for note, value in (first_notes or {}).items():
                    c.execute(NOTE.insert().values(office=code, name=note, value=value))
        return not known

    def get_name(self, code: str) -> str:
        """The name of an office; empty if it is unknown."""
        with self._reading() as c:
            return c.execute(sa.select(OFFICE.c.name).where(OFFICE.c.code == code)).scalar() or ""

    def get_note(self, office: str, name: str) -> str:
        """A fact about an office's data, such as ``trial``; empty if there is none."""
        with self._reading() as c:
            query = sa.select(NOTE.c.value).where(NOTE.c.office == office, NOTE.c.name == name)
            return c.execute(query).scalar() or ""
