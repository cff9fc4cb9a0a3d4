"""What is known of a dossier besides its papers: which are expected, whether it is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.ledger.connections import Connections
from workflow.ledger.receiving import hold_dossier, refuse_closed
from workflow.ledger.tables import DOSSIER, PAPER


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A dossier; one that nobody has said anything of is open and expects nothing.

    Attributes:
        expected: ids of kinds of paper, in the order they were given; one may stand twice.
    """

    office: str
    code: str
    expected: tuple[str, ...] = ()
    closed_at: datetime | None = None
    closed_by: str = ""


class Dossiers:
    """The dossiers of all offices."""

    def __init__(self, connections: Connections) -> None:
        self._writing, self._reading = connections.writing, connections.reading

    def get(self, code: str, *, office: str, offices: Sequence[str]) -> Dossier | None:
        """A dossier that has papers or of which something was said; the own office's first."""
        said = sa.select(DOSSIER).where(DOSSIER.c.code == code, DOSSIER.c.office.in_(offices))
        has = sa.select(PAPER.c.office).where(PAPER.c.dossier == code, PAPER.c.office.in_(offices))
        with self._reading() as c:
            found = {row.office: row for row in c.execute(said)}
            holding = set(c.execute(has.distinct()).scalars())
        known = sorted({*found, *holding}, key=lambda o: (o != office, o))
        if not known:
            return None
        row = found.get(known[0])
        if row is None:
            return Dossier(office=known[0], code=code)
        return Dossier(
            office=row.office,
            code=code,
            expected=tuple(row.expected),
            closed_at=row.closed_at,
            closed_by=row.closed_by,
        )

    def see_open(self, code: str, *, office: str) -> None:
        """See that a dossier still takes papers; one that nobody has said anything of does.

        Raises:
            WrongUse: ``dossier.closed``.
        """
        with self._reading() as c:
            refuse_closed(c, office, code)

    def expect(self, code: str, *, office: str, kinds: Sequence[str], now: datetime) -> None:
        """Say which papers are expected; of a closed dossier too, since that is only said."""
        with self._writing() as c:
            hold_dossier(c, office, code)
            _make(c, code, office, now)
            c.execute(_of(code, office).values(expected=list(kinds)))

    def close(self, code: str, *, office: str, actor: str, now: datetime) -> None:
        """Let a dossier take no more papers; one that is closed stays closed since then."""
        with self._writing() as c:
            hold_dossier(c, office, code)
            _make(c, code, office, now)
            open_now = _of(code, office).where(DOSSIER.c.closed_at.is_(None))
            c.execute(open_now.values(closed_at=now, closed_by=actor))


def _of(code: str, office: str) -> sa.Update:
    return DOSSIER.update().where(DOSSIER.c.code == code, DOSSIER.c.office == office)


def _make(connection: sa.Connection, code: str, office: str, now: datetime) -> None:
    there = sa.select(DOSSIER.c.code).where(DOSSIER.c.code == code, DOSSIER.c.office == office)
    if connection.execute(there).first() is None:
        connection.execute(
            DOSSIER.insert().values(
                office=office, code=code, expected=[], created_at=now, closed_by=""
            )
        )
