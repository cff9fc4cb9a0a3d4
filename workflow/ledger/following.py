"""How some papers stand, for whoever waits for them; nothing here changes a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

import sqlalchemy as sa

from dossier.ports import LedgerRow
from dossier.states import PaperState
from workflow.ledger import mapping as rows
from workflow.ledger.connections import Connections
from workflow.ledger.papers import MOVING, to_do
from workflow.ledger.tables import MOVE, PAPER

_AT_ONCE = 500


class Following:
    """Looks at papers by their ids, whosever they are.

    Args:
        connections: of the database.
    """

    def __init__(self, connections: Connections) -> None:
        self._reading = connections.reading

    def standing(self, papers: Sequence[UUID]) -> list[LedgerRow]:
        """The short form of each of these papers that is there."""
        found: list[LedgerRow] = []
        for some in _some(papers):
            with self._reading() as c:
                query = rows.SELECT_PAPER.where(PAPER.c.id.in_(some))
                found += [rows.row_of(row) for row in c.execute(query).mappings()]  # type: ignore[arg-type]  # keys are strings
        return found

    def held(self, *, now: datetime) -> set[PaperState]:
        """The states of papers, anybody's, that workers have in hand."""
        # Not DISTINCT: for that SQLite walks all papers there are; of what is held it has an index.
        query = sa.select(PAPER.c.state).where(PAPER.c.lease_until > now)
        with self._reading() as c:
            return {PaperState(state) for state in c.execute(query).scalars()}

    def untaken(self, states: Sequence[PaperState], *, since: datetime, now: datetime) -> bool:
        """Whether a step of these states could be begun since then and no worker does any.

        Args:
            states: those of one lane.
            since: before now; who has a paper in hand, or moved one since, is at work.
            now: aware UTC.
        """
        waits = sa.exists().where(
            *to_do(states, now),
            PAPER.c.updated_at < since,
            sa.or_(PAPER.c.retry_at.is_(None), PAPER.c.retry_at < since),
        )
        held = sa.exists().where(PAPER.c.lease_until > now, PAPER.c.state.in_(states))
        moved = sa.exists().where(MOVE.c.at > since, MOVE.c.before.in_(states))
        with self._reading() as c:
            return bool(c.execute(sa.select(sa.and_(waits, ~held, ~moved))).scalar())

    def reading(self, papers: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
        """How far those of these papers are that are being read: pages read, of how many."""
        found: dict[UUID, tuple[int, int]] = {}
        columns = (
            PAPER.c.id,
            PAPER.c.state,
            PAPER.c.lease_until,
            PAPER.c.pages_read,
            PAPER.c.pages_to_read,
        )
        for some in _some(papers):
            with self._reading() as c:
                query = sa.select(*columns).where(PAPER.c.id.in_(some), PAPER.c.pages_to_read > 0)
                for row in c.execute(query).mappings():
                    now = rows.reading_of(row)
                    if now is not None:
                        found[row["id"]] = now
        return found

    def moving(self, papers: Sequence[UUID], *, now: datetime) -> set[UUID]:
        """Which of these papers a worker holds or may take now."""
        found: set[UUID] = set()
        for some in _some(papers):
            with self._reading() as c:
                query = sa.select(PAPER.c.id).where(PAPER.c.id.in_(some), *to_do(MOVING, now))
                found |= set(c.execute(query).scalars())
        return found


def _some(papers: Sequence[UUID]) -> Iterator[tuple[UUID, ...]]:
    rest = iter(papers)
    while some := tuple(islice(rest, _AT_ONCE)):
        yield some
