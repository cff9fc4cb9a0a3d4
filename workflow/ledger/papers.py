"""Reads papers and their history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.states import PaperState
from workflow.ledger import mapping
from workflow.ledger.connections import Connections
from workflow.ledger.cursors import Cursor
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.tables import MOVE, OFFICE, PAPER, SCAN
from workflow.ledger.types import (
    HistoryEntry,
    PaperSummary,
    RecordLocation,
    StoredPaper,
    StoredScan,
    WorkItem,
)

# States in which the pipeline may have a step to run.
PIPELINE_STATES = (
    PaperState.RECEIVED,
    PaperState.RECOGNISED,
    PaperState.DESCRIBED,
    PaperState.SIGNED,
)
# The order of work: oldest dossier first, then by ordinal.
OLDEST_FIRST = (PAPER.c.dossier_since, PAPER.c.dossier, PAPER.c.ordinal)
_IDS_PER_QUERY = 500
_HISTORY = sa.select(
    MOVE.c.sequence,
    PAPER.c.office,
    MOVE.c.paper,
    PAPER.c.dossier,
    PAPER.c.ordinal,
    MOVE.c.at,
    MOVE.c.before,
    MOVE.c.after,
    MOVE.c.code,
    MOVE.c.reason,
    MOVE.c.actor,
).join(PAPER, PAPER.c.id == MOVE.c.paper)


class PaperQueries:
    """Queries for papers. Nothing here changes a row."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._reading = connections.reading
        self._cipher = cipher

    def get(self, paper: UUID, *, offices: Sequence[str]) -> WorkItem | None:
        """A paper with its content; None if these offices have no such paper."""
        with self._reading() as c:
            row = paper_row(c, paper)
        if row is None or row["office"] not in offices:
            return None
        return mapping.work_item(row, self._cipher)

    def read(
        self, paper: UUID, *, offices: Sequence[str], content: bool = True
    ) -> StoredPaper | None:
        """A paper with its history and scans, in one transaction.

        Args:
            paper: the ID.
            offices: whose papers may be read.
            content: decrypt the description too; else ``item`` is None.
        """
        with self._reading() as c:
            row = paper_row(c, paper)
            if row is None or row["office"] not in offices:
                return None
            return StoredPaper(
                summary=mapping.summary(row, self._cipher),
                item=mapping.work_item(row, self._cipher) if content else None,
                history=tuple(self._history_of(c, paper)),
                scans=tuple(_scans_of(c, row)),
                location=_location(row),
            )

    def get_summary(self, paper: UUID, *, offices: Sequence[str]) -> PaperSummary | None:
        """A paper without its content; None if these offices have no such paper."""
        with self._reading() as c:
            row = paper_row(c, paper)
        return (
            None
            if row is None or row["office"] not in offices
            else mapping.summary(row, self._cipher)
        )

    def list_papers(
        self,
        *,
        offices: Sequence[str],
        state: PaperState | None = None,
        dossier: str | None = None,
        after: Cursor | None = None,
        limit: int | None = None,
    ) -> list[PaperSummary]:
        """Papers by office, in the order received.

        Args:
            offices: whose papers.
            state: only papers in this state.
            dossier: only papers of this dossier.
            after: only papers after this cursor.
            limit: the most papers to return.
        """
        query = mapping.SELECT_PAPER.where((after or Cursor()).beyond(PAPER, offices))
        if state is not None:
            query = query.where(PAPER.c.state == state)
        if dossier is not None:
            query = query.where(PAPER.c.dossier == dossier)
        with self._reading() as c:
            rows = c.execute(
                query.order_by(PAPER.c.office, PAPER.c.sequence).limit(limit)
            ).mappings()
            return [mapping.summary(row, self._cipher) for row in rows]

    def list_history(self, paper: UUID) -> list[HistoryEntry]:
        """The whole history of a paper, oldest entry first."""
        with self._reading() as c:
            return self._history_of(c, paper)

    def get_location(self, paper: UUID) -> RecordLocation | None:
        """Where an archived paper is stored; None while it is not archived."""
        with self._reading() as c:
            row = paper_row(c, paper)
        return None if row is None else _location(row)

    def list_events(
        self,
        *,
        offices: Sequence[str],
        paper: UUID | None = None,
        dossier: str | None = None,
        after: Cursor | None = None,
        limit: int = 500,
    ) -> list[HistoryEntry]:
        """History entries after a cursor; those of each office in the order of commits.

        Args:
            offices: whose papers.
            paper: only entries of this paper.
            dossier: only entries of papers of this dossier.
            after: only entries after this cursor; ``advance`` it by the entries returned.
            limit: the most entries to return.
        """
        query = _HISTORY.where((after or Cursor()).beyond(MOVE, offices))
        if paper is not None:
            query = query.where(MOVE.c.paper == paper)
        if dossier is not None:
            query = query.where(PAPER.c.dossier == dossier)
        with self._reading() as c:
            return self._entries(c, query.order_by(MOVE.c.id).limit(limit))

    def last_event(self, *, offices: Sequence[str]) -> Cursor:
        """The cursor after all history entries there are."""
        query = sa.select(OFFICE.c.code, OFFICE.c.events).where(OFFICE.c.code.in_(offices))
        with self._reading() as c:
            return Cursor({row.code: row.events for row in c.execute(query)})

    def count_events(self) -> int:
        """The history entries of all offices; changes whenever one is added. Never show it."""
        with self._reading() as c:
            return int(c.execute(sa.select(sa.func.sum(OFFICE.c.events))).scalar() or 0)

    def _history_of(self, connection: sa.Connection, paper: UUID) -> list[HistoryEntry]:
        query = _HISTORY.where(MOVE.c.paper == paper).order_by(MOVE.c.id)
        return self._entries(connection, query)

    def _entries(self, connection: sa.Connection, query: sa.Select[Any]) -> list[HistoryEntry]:
        return [
            HistoryEntry(
                **{**row, "reason": self._cipher.decrypt_text(row["reason"], row["paper"])}
            )
            for row in connection.execute(query).mappings()
        ]

    def list_blobs_in_use(self) -> set[str]:
        """The digests of all blobs that an unfinished paper needs."""
        unfinished = PAPER.c.state.in_((*PIPELINE_STATES, PaperState.REVIEW))
        # A replaced scan is kept as long as its paper is unfinished.
        replaced = sa.select(SCAN.c.digest).join(PAPER, PAPER.c.id == SCAN.c.paper)
        with self._reading() as c:
            rows = c.execute(mapping.SELECT_PAPER.where(unfinished)).mappings()
            needed = {digest for row in rows for digest in mapping.digests(row)}
            return needed | set(c.execute(replaced.where(unfinished)).scalars())


def _scans_of(connection: sa.Connection, row: dict[str, Any]) -> list[StoredScan]:
    query = (
        sa.select(
            SCAN.c.digest.label("sha256"),
            SCAN.c.size,
            SCAN.c.received_at,
            SCAN.c.released_at.label("replaced_at"),
        )
        .where(sa.or_(SCAN.c.id == row["scan"], SCAN.c.paper == row["id"]))
        .order_by(SCAN.c.received_at, SCAN.c.id)
    )
    return [StoredScan(**scan) for scan in connection.execute(query).mappings()]


def _location(row: dict[str, Any]) -> RecordLocation | None:
    if not row["object_key"]:
        return None
    return RecordLocation(
        object_id=row["object_id"],
        key=row["object_key"],
        version=row["object_version"],
        kept_until=row["kept_until"],
    )


def paper_row(
    connection: sa.Connection, paper: UUID, *, for_update: bool = False
) -> dict[str, Any] | None:
    """The row of a paper and its scan.

    Args:
        connection: of the transaction.
        paper: the ID.
        for_update: lock the row until the transaction ends (SQLite locks the database anyway).
    """
    query = mapping.SELECT_PAPER.where(PAPER.c.id == paper)
    if for_update:
        query = query.with_for_update(of=PAPER)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def runnable(states: Sequence[PaperState], now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions under which a step may start, apart from the lease."""
    return (
        PAPER.c.state.in_(states),
        PAPER.c.set_aside_at.is_(None),
        sa.or_(PAPER.c.retry_at.is_(None), PAPER.c.retry_at <= now),
        sa.or_(PAPER.c.state != PaperState.DESCRIBED, PAPER.c.sign_requested),
    )


def not_leased(
    connection: sa.Connection, now: datetime, is_gone: Callable[[str], bool]
) -> sa.ColumnElement[bool]:
    """The condition that a paper has no valid lease: none, an expired one, or of a dead worker."""
    leased = sa.select(PAPER.c.held_by).where(PAPER.c.lease_until > now).distinct()
    gone = [holder for holder in connection.execute(leased).scalars() if is_gone(holder)]
    return sa.or_(
        PAPER.c.lease_until.is_(None), PAPER.c.lease_until <= now, PAPER.c.held_by.in_(gone)
    )


def chunks(papers: Sequence[UUID]) -> Iterator[tuple[UUID, ...]]:
    """The IDs in parts that fit into one statement."""
    rest = iter(papers)
    while part := tuple(islice(rest, _IDS_PER_QUERY)):
        yield part
