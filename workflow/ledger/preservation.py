"""Archived papers whose signatures are to be preserved further, or renewed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from dossier.reports import Level
from dossier.states import PaperState
from workflow.ledger.connections import Connections
from workflow.ledger.tables import PAPER

_UNFINISHED = (Level.B_B.value, Level.B_T.value, Level.B_LT.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreservedPaper:
    """An archived paper and how far its signature is preserved.

    Attributes:
        key: of its object's root in the record area.
        provable_until: end of the term of the archive timestamp's certificate; None below B-LTA.
        code: why the last attempt did not reach B-LTA or a renewal; or empty.
    """

    paper: UUID
    key: str
    level: Level
    provable_until: datetime | None
    code: str


class Preservation:
    """Which archived papers are due, and what became of the last attempt."""

    def __init__(self, connections: Connections) -> None:
        self._reading, self._writing = connections.reading, connections.writing

    def get(self, papers: Sequence[UUID], *, offices: Sequence[str]) -> list[PreservedPaper]:
        """Those of these papers that are archived, by ID."""
        return self._list(
            PAPER.c.id.in_(papers), PAPER.c.office.in_(offices), order=PAPER.c.id, limit=None
        )

    def unfinished(
        self, *, limit: int, offices: Sequence[str] | None = None, now: datetime | None = None
    ) -> list[PreservedPaper]:
        """Papers below B-LTA, oldest first.

        Args:
            limit: at most so many.
            offices: only of these.
            now: only those that are due by then.
        """
        conditions: list[sa.ColumnElement[bool]] = [PAPER.c.level.in_(_UNFINISHED)]
        if offices is not None:
            conditions.append(PAPER.c.office.in_(offices))
        if now is not None:
            conditions.append(sa.or_(PAPER.c.preserve_at.is_(None), PAPER.c.preserve_at <= now))
        return self._list(*conditions, order=PAPER.c.updated_at, limit=limit)

    def ending(
        self, *, before: datetime, limit: int, now: datetime | None = None
    ) -> list[PreservedPaper]:
        """Papers at B-LTA whose archive timestamp's certificate ends before a time, first first.

        Args:
            before: aware UTC.
            limit: at most so many.
            now: only those that are due by then.
        """
        conditions: list[sa.ColumnElement[bool]] = [
            PAPER.c.level == Level.B_LTA.value,
            PAPER.c.provable_until < before,
        ]
        if now is not None:
            conditions.append(sa.or_(PAPER.c.preserve_at.is_(None), PAPER.c.preserve_at <= now))
        return self._list(*conditions, order=PAPER.c.provable_until, limit=limit)

    def save_failure(self, paper: UUID, *, code: str, again_at: datetime) -> None:
        """Save why an attempt failed, and when it is made again."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.id == paper)
                .values(preserve_code=code[:60], preserve_at=again_at)
            )

    def _list(
        self,
        *conditions: sa.ColumnElement[bool],
        order: sa.ColumnElement[object],
        limit: int | None,
    ) -> list[PreservedPaper]:
        query = (
            sa.select(
                PAPER.c.id,
                PAPER.c.object_key,
                PAPER.c.level,
                PAPER.c.provable_until,
                PAPER.c.preserve_code,
            )
            .where(PAPER.c.state == PaperState.ARCHIVED, *conditions)
            .order_by(order)
            .limit(limit)
        )
        with self._reading() as c:
            return [
                PreservedPaper(
                    paper=row.id,
                    key=row.object_key,
                    level=Level(row.level),
                    provable_until=row.provable_until,
                    code=row.preserve_code,
                )
                for row in c.execute(query)
            ]
