"""Looking into the ledger: nothing here changes a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.ports import LedgerRow
from dossier.states import PaperState
from workflow.ledger import mapping as rows
from workflow.ledger.connections import Connections
from workflow.ledger.listing import StoredPaper, stored_paper
from workflow.ledger.tables import MOVE, NOTE, PAPER, SCAN
from workflow.ledger.types import Move, WorkItem

# States in which the pipeline may have something to do.
MOVING = (PaperState.RECEIVED, PaperState.RECOGNISED, PaperState.DESCRIBED, PaperState.SIGNED)


class PaperQueries:
    """What can be asked of the ledger."""

    def __init__(self, engine: sa.Engine, *, cipher: rows.FieldCipher) -> None:
        self._cipher = cipher
        self.connections = Connections(engine)
        self._reading = self.connections.reading
        self._writing = self.connections.writing

    def note(self, office: str, name: str) -> str:
        """A small fact about an office's data, such as ``trial``; empty where there is none."""
        with self._reading() as c:
            query = sa.select(NOTE.c.value).where(NOTE.c.office == office, NOTE.c.name == name)
            return c.execute(query).scalar() or ""

    def stalled(self, *, now: datetime, is_gone: Callable[[str], bool]) -> list[UUID]:
        """Papers that somebody should look at: not held, not waiting for a time, not set aside."""
        return self.waiting_in(MOVING, now=now, is_gone=is_gone)

    def waiting_in(
        self,
        states: Sequence[PaperState],
        *,
        now: datetime,
        is_gone: Callable[[str], bool],
        limit: int | None = None,
    ) -> list[UUID]:
        """The papers that wait in these states for somebody to take them, oldest dossier first."""
        with self._reading() as c:
            query = (
                sa.select(PAPER.c.id)
                .where(*to_do(states, now), unheld(c, now, is_gone))
                .order_by(*OLDEST_FIRST)
                .limit(limit)
            )
            return list(c.execute(query).scalars())

    def count_waiting(
        self, states: Sequence[PaperState], *, now: datetime, is_gone: Callable[[str], bool]
    ) -> int:
        """How many papers wait in these states for somebody to take them."""
        with self._reading() as c:
            query = sa.select(sa.func.count()).where(*to_do(states, now), unheld(c, now, is_gone))
            return c.execute(query).scalar_one()

    def look(self, paper: UUID, *, offices: Sequence[str]) -> WorkItem | None:
        """A paper as it stands, without taking it; None where it is not there for these offices."""
        with self._reading() as c:
            row = paper_row(c, paper)
        if row is None or row["office"] not in offices:
            return None
        return rows.in_hand_of(row, self._cipher)

    def read(
        self, paper: UUID, *, offices: Sequence[str], content: bool = True
    ) -> StoredPaper | None:
        """One paper with history and scans, in one transaction.

        Args:
            paper: its id.
            offices: whose papers may be read.
            content: decrypt the description too; else ``item`` is None.
        """
        with self._reading() as c:
            return stored_paper(c, paper, offices=offices, cipher=self._cipher if content else None)

    def row(self, paper: UUID, *, offices: Sequence[str]) -> LedgerRow | None:
        """The short form of one paper."""
        with self._reading() as c:
            row = paper_row(c, paper)
        return None if row is None or row["office"] not in offices else rows.row_of(row)

    def rows(
        self,
        *,
        offices: Sequence[str],
        state: PaperState | None = None,
        dossier: str | None = None,
    ) -> list[LedgerRow]:
        """The papers, by dossier's age and their order in it."""
        query = rows.SELECT_PAPER.where(PAPER.c.office.in_(offices))
        if state is not None:
            query = query.where(PAPER.c.state == state)
        if dossier is not None:
            query = query.where(PAPER.c.dossier == dossier)
        with self._reading() as c:
            found = c.execute(query.order_by(PAPER.c.created_at, PAPER.c.ordinal)).mappings()
            return [rows.row_of(row) for row in found]  # type: ignore[arg-type]  # keys are strings

    def history(self, paper: UUID) -> list[Move]:
        """The moves of a paper, oldest first."""
        query = sa.select(MOVE).where(MOVE.c.paper == paper).order_by(MOVE.c.id)
        with self._reading() as c:
            return [
                Move(
                    at=m.at,
                    before=m.before,
                    after=m.after,
                    code=m.code,
                    reason=m.reason,
                    actor=m.actor,
                )
                for m in c.execute(query)
            ]

    def place(self, paper: UUID) -> tuple[str, str, int, datetime] | None:
        """Where an archived paper lies: object id, key, version, kept until; else None."""
        query = sa.select(
            PAPER.c.object_id, PAPER.c.object_key, PAPER.c.object_version, PAPER.c.kept_until
        ).where(PAPER.c.id == paper, PAPER.c.object_key != "")
        with self._reading() as c:
            row = c.execute(query).first()
        return None if row is None else (row[0], row[1], row[2], row[3])

    def blobs_needed(self) -> set[str]:
        """The digests of all blobs that an unfinished paper still needs."""
        unfinished = PAPER.c.state.in_((*MOVING, PaperState.REVIEW))
        # A scan that was replaced is kept as long as its paper can still be looked into.
        replaced = sa.select(SCAN.c.digest).join(PAPER, PAPER.c.id == SCAN.c.paper)
        with self._reading() as c:
            now = c.execute(rows.SELECT_PAPER.where(unfinished)).mappings()
            needed = {digest for row in now for digest in rows.digests_of(row)}
            return needed | set(c.execute(replaced.where(unfinished)).scalars())


def to_do(states: Sequence[PaperState], now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions under which a step may begin that nobody has begun."""
    return (
        PAPER.c.state.in_(states),
        PAPER.c.set_aside_at.is_(None),
        sa.or_(PAPER.c.retry_at.is_(None), PAPER.c.retry_at <= now),
        sa.or_(PAPER.c.state != PaperState.DESCRIBED, PAPER.c.sign_requested),
    )


def unheld(
    connection: sa.Connection, now: datetime, is_gone: Callable[[str], bool]
) -> sa.ColumnElement[bool]:
    """The condition that nobody holds a paper: no lease, one that passed, or its holder is gone."""
    leased = sa.select(PAPER.c.held_by).where(PAPER.c.lease_until > now).distinct()
    gone = [holder for holder in connection.execute(leased).scalars() if is_gone(holder)]
    return sa.or_(
        PAPER.c.lease_until.is_(None), PAPER.c.lease_until <= now, PAPER.c.held_by.in_(gone)
    )


# Oldest dossier first, in it by ordinal.
OLDEST_FIRST = (PAPER.c.dossier_since, PAPER.c.dossier, PAPER.c.ordinal)


def paper_row(
    connection: sa.Connection, paper: UUID, *, lock: bool = False
) -> dict[str, Any] | None:
    """The row of one paper and its scan.

    Args:
        connection: of the transaction.
        paper: which.
        lock: nobody else shall change it until the transaction ends (SQLite locks all anyway).
    """
    query = rows.SELECT_PAPER.where(PAPER.c.id == paper)
    if lock:
        query = query.with_for_update(of=PAPER)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)
