"""Offices, and small facts about the data of each."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from workflow.ledger.connections import Connections, lock
from workflow.ledger.tables import NOTE, OFFICE


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

    def get_note(self, office: str, name: str) -> str:
        """A fact about an office's data, such as ``trial``; empty if there is none."""
        with self._reading() as c:
            query = sa.select(NOTE.c.value).where(NOTE.c.office == office, NOTE.c.name == name)
            return c.execute(query).scalar() or ""
