"""Dossiers: expected papers, whether one is closed, and the order of papers in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from dossier.errors import WrongUse
from workflow.ledger.connections import Connections, lock
from workflow.ledger.history_writer import NewEntry, Transition, append_history
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.tables import DOSSIER, PAPER

# The code of a history entry: the dossier was reopened.
REOPENED = "dossier-reopened"
# Built once: every upload runs these, and building a statement costs more than running it.
_LAST_ORDINAL = (
    sa.select(PAPER.c.ordinal, PAPER.c.dossier_since)
    .where(PAPER.c.office == sa.bindparam("office"), PAPER.c.dossier == sa.bindparam("dossier"))
    .order_by(PAPER.c.ordinal.desc())
    .limit(1)
)
_CLOSED = sa.select(DOSSIER.c.office, DOSSIER.c.code).where(
    DOSSIER.c.office.in_(sa.bindparam("offices", expanding=True)),
    DOSSIER.c.code.in_(sa.bindparam("dossiers", expanding=True)),
    DOSSIER.c.closed_at.is_not(None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A dossier. One without a row of its own is open and expects no particular papers.

    Attributes:
        expected: IDs of kinds of paper in the order given; a kind may occur twice.
    """

    office: str
    code: str
    expected: tuple[str, ...] = ()
    closed_at: datetime | None = None
    closed_by: str = ""


class Dossiers:
    """The dossiers of all offices."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._cipher = cipher

    def list_by_code(self, code: str, *, offices: Sequence[str]) -> list[Dossier]:
        """The dossiers of these offices that have this code: with papers, or a row of their own."""
        rows = sa.select(DOSSIER).where(DOSSIER.c.code == code, DOSSIER.c.office.in_(offices))
        has = sa.select(PAPER.c.office).where(PAPER.c.dossier == code, PAPER.c.office.in_(offices))
        with self._reading() as c:
            found = {
                row.office: Dossier(
                    office=row.office,
                    code=code,
                    expected=tuple(row.expected),
                    closed_at=row.closed_at,
                    closed_by=row.closed_by,
                )
                for row in c.execute(rows)
            }
            with_papers = set(c.execute(has.distinct()).scalars())
        return [
            found.get(office, Dossier(office=office, code=code))
            for office in sorted(with_papers | found.keys())
        ]

    def require_open(self, code: str, *, office: str) -> None:
        """Check that a dossier accepts papers.

        Raises:
            WrongUse: ``dossier.closed``.
        """
        with self._reading() as c:
            require_open(c, office, code)

    def set_expected(self, code: str, *, office: str, kinds: Sequence[str], now: datetime) -> None:
        """Set the kinds of paper that are expected, also for a closed dossier."""
        with self._writing() as c:
            lock_dossiers(c, office, code)
            _insert_if_missing(c, code, office, now)
            c.execute(_update(code, office).values(expected=list(kinds)))

    def close(self, code: str, *, office: str, actor: str, now: datetime) -> None:
        """Close a dossier: it accepts no more papers. Closing it again changes nothing."""
        with self._writing() as c:
            lock_dossiers(c, office, code)
            _insert_if_missing(c, code, office, now)
            still_open = _update(code, office).where(DOSSIER.c.closed_at.is_(None))
            raised = DOSSIER.c.revision + 1
            c.execute(still_open.values(closed_at=now, closed_by=actor, revision=raised))

    def reopen(self, code: str, *, office: str, actor: str, now: datetime) -> None:
        """Let a closed dossier accept papers again; an open one stays as it is.

        The history of each of its papers says who reopened it.
        """
        with self._writing() as c:
            lock_dossiers(c, office, code)
            closed = _update(code, office).where(DOSSIER.c.closed_at.is_not(None))
            raised = DOSSIER.c.revision + 1
            opened = closed.values(closed_at=None, closed_by="", revision=raised)
            if c.execute(opened).rowcount != 1:
                return
            papers = sa.select(PAPER.c.id, PAPER.c.state).where(
                PAPER.c.office == office, PAPER.c.dossier == code
            )
            entries = [
                NewEntry(office, row.id, now, Transition(row.state, row.state, REOPENED, "", actor))
                for row in c.execute(papers.order_by(PAPER.c.ordinal))
            ]
            append_history(c, entries, cipher=self._cipher)


def lock_dossiers(connection: sa.Connection, office: str, *dossiers: str) -> None:
    """Lock dossiers of an office against other writers until the transaction ends."""
    # In a fixed order, to avoid deadlock.
    for dossier in sorted(set(dossiers)):
        lock(connection, "dossier", office, dossier)


def next_place(
    connection: sa.Connection, office: str, dossier: str, now: datetime
) -> tuple[int, datetime]:
    """The ordinal of the next paper of a dossier, and when the first paper of it was received.

    The latter is ``now`` for an empty dossier.
    """
    last = connection.execute(_LAST_ORDINAL, {"office": office, "dossier": dossier}).first()
    return (1, now) if last is None else (last.ordinal + 1, last.dossier_since)


def closed_among(
    connection: sa.Connection, places: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """The closed ones among these pairs of office and dossier."""
    if not places:
        return set()
    parameters = {
        "offices": sorted({office for office, _ in places}),
        "dossiers": sorted({dossier for _, dossier in places}),
    }
    found = connection.execute(_CLOSED, parameters)
    return {(office, dossier) for office, dossier in found} & set(places)


def require_open(connection: sa.Connection, office: str, dossier: str) -> None:
    """Check that a dossier accepts papers.

    Raises:
        WrongUse: ``dossier.closed``.
    """
    if closed_among(connection, [(office, dossier)]):
        raise dossier_closed()


def dossier_closed() -> WrongUse:
    """The error ``dossier.closed``."""
    return WrongUse(
        "dossier.closed", "the dossier is closed and takes no more papers; use another one"
    )


def note_change(connection: sa.Connection, office: str, dossier: str) -> None:
    """Note that a paper of a dossier was archived or corrected: its object is to be written again.

    One that was never closed has no object.
    """
    connection.execute(
        _update(dossier, office)
        .where(sa.or_(DOSSIER.c.closed_at.is_not(None), DOSSIER.c.written > 0))
        .values(revision=DOSSIER.c.revision + 1)
    )


def _update(code: str, office: str) -> sa.Update:
    return DOSSIER.update().where(DOSSIER.c.code == code, DOSSIER.c.office == office)


def _insert_if_missing(connection: sa.Connection, code: str, office: str, now: datetime) -> None:
    there = sa.select(DOSSIER.c.code).where(DOSSIER.c.code == code, DOSSIER.c.office == office)
    if connection.execute(there).first() is None:
        connection.execute(
            DOSSIER.insert().values(
                office=office, code=code, expected=[], created_at=now, closed_by=""
            )
        )
