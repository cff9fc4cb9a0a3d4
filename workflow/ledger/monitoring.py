"""Observes the queue: which papers move, how far they are, whether workers are active."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from dossier.states import PaperState
from workflow.ledger import mapping
from workflow.ledger.connections import Connections
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.papers import PIPELINE_STATES, chunks, runnable
from workflow.ledger.tables import MOVE, PAPER
from workflow.ledger.types import PaperSummary

_PROGRESS = (
    PAPER.c.id,
    PAPER.c.state,
    PAPER.c.lease_until,
    PAPER.c.pages_read,
    PAPER.c.pages_to_read,
)


class QueueMonitor:
    """Observes papers of all offices. Nothing here changes a row."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._reading = connections.reading
        self._cipher = cipher

    def get_summaries(self, papers: Sequence[UUID]) -> list[PaperSummary]:
        """Those of these papers that exist, without their content."""
        found: list[PaperSummary] = []
        for ids in chunks(papers):
            with self._reading() as c:
                query = mapping.SELECT_PAPER.where(PAPER.c.id.in_(ids))
                found += [mapping.summary(row, self._cipher) for row in c.execute(query).mappings()]
        return found

    def leased_states(self, *, now: datetime) -> set[PaperState]:
        """The states of all papers that workers hold now."""
        # Without DISTINCT: for that SQLite scans all papers; for leases it has an index.
        query = sa.select(PAPER.c.state).where(PAPER.c.lease_until > now)
        with self._reading() as c:
            return {PaperState(state) for state in c.execute(query).scalars()}

    def is_neglected(self, states: Sequence[PaperState], *, since: datetime, now: datetime) -> bool:
        """Whether papers in these states have waited since a time, and no worker is active.

        Args:
            states: the states of one lane.
            since: before ``now``; a worker is active if it holds a paper or moved one after this.
            now: aware UTC.
        """
        waits = sa.exists().where(
            *runnable(states, now),
            PAPER.c.updated_at < since,
            sa.or_(PAPER.c.retry_at.is_(None), PAPER.c.retry_at < since),
        )
        leased = sa.exists().where(PAPER.c.lease_until > now, PAPER.c.state.in_(states))
        moved = sa.exists().where(MOVE.c.at > since, MOVE.c.before.in_(states))
        with self._reading() as c:
            return bool(c.execute(sa.select(sa.and_(waits, ~leased, ~moved))).scalar())

    def get_progress(self, papers: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
        """Pages recognised and pages in all, for those of these papers in recognition."""
        found: dict[UUID, tuple[int, int]] = {}
        for ids in chunks(papers):
            with self._reading() as c:
                query = sa.select(*_PROGRESS).where(PAPER.c.id.in_(ids), PAPER.c.pages_to_read > 0)
                for row in c.execute(query).mappings():
                    progress = mapping.progress(row)
                    if progress is not None:
                        found[row["id"]] = progress
        return found

    def holders(self, papers: Sequence[UUID], *, now: datetime) -> dict[UUID, str]:
        """The process that holds the lease of each of these papers that is leased."""
        found: dict[UUID, str] = {}
        for ids in chunks(papers):
            query = sa.select(PAPER.c.id, PAPER.c.held_by)
            query = query.where(PAPER.c.id.in_(ids), PAPER.c.lease_until > now)
            with self._reading() as c:
                found |= {row.id: row.held_by for row in c.execute(query)}
        return found

    def filter_runnable(self, papers: Sequence[UUID], *, now: datetime) -> set[UUID]:
        """Those of these papers that a worker holds or may claim now."""
        found: set[UUID] = set()
        for ids in chunks(papers):
            with self._reading() as c:
                query = sa.select(PAPER.c.id).where(
                    PAPER.c.id.in_(ids), *runnable(PIPELINE_STATES, now)
                )
                found |= set(c.execute(query).scalars())
        return found
