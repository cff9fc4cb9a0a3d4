"""Papers over the same bytes, and what people decided about papers that look alike."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from dossier.states import PaperState
from workflow.ledger.connections import Connections
from workflow.ledger.edits import EditRequest, save_edit, unsigned_row
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.queue import release_scan
from workflow.ledger.tables import DUPLICATE, PAPER, SCAN

REUSED = "reused"
_GONE = (PaperState.REJECTED, PaperState.DISPOSED)


class Duplicates:
    """Pairs of papers that may be one."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._reading, self._writing = connections.reading, connections.writing
        self._cipher = cipher

    def same_bytes(self, paper: UUID, *, offices: Sequence[str], limit: int) -> list[UUID]:
        """Papers of other dossiers of these offices whose scan is the same, oldest first."""
        own = (
            sa.select(SCAN.c.digest, PAPER.c.office, PAPER.c.dossier)
            .join(SCAN, SCAN.c.id == PAPER.c.scan)
            .where(PAPER.c.id == paper, SCAN.c.digest != "")
            .subquery()
        )
        query = (
            sa.select(PAPER.c.id)
            .join(SCAN, SCAN.c.id == PAPER.c.scan)
            .join(own, own.c.digest == SCAN.c.digest)
            .where(
                PAPER.c.office.in_(offices),
                PAPER.c.state.not_in(_GONE),
                sa.or_(PAPER.c.office != own.c.office, PAPER.c.dossier != own.c.dossier),
            )
            .order_by(PAPER.c.created_at, PAPER.c.id)
            .limit(limit)
        )
        with self._reading() as c:
            return list(c.execute(query).scalars())

    def decided(self, paper: UUID) -> set[UUID]:
        """The papers about which a person decided whether they are the same as this one."""
        query = sa.select(DUPLICATE.c.other).where(DUPLICATE.c.paper == paper)
        with self._reading() as c:
            return set(c.execute(query).scalars())

    def decide(self, edit: EditRequest, other: UUID, *, same: bool) -> None:
        """Save whether an unsigned paper is the same as another one; the same one ends.

        Raises:
            WrongUse: ``paper.unknown``, ``paper.signed-already``, ``state.move-not-allowed``.
        """
        with self._writing() as c:
            row = unsigned_row(c, edit)
            c.execute(
                DUPLICATE.delete().where(
                    DUPLICATE.c.paper == edit.paper, DUPLICATE.c.other == other
                )
            )
            c.execute(
                DUPLICATE.insert().values(
                    paper=edit.paper,
                    other=other,
                    office=row["office"],
                    same=same,
                    actor=edit.actor,
                    at=edit.at,
                )
            )
            if same:
                release_scan(c, row["scan"], edit.paper, edit.at)
                save_edit(
                    c,
                    row,
                    edit,
                    after=PaperState.REJECTED,
                    code=REUSED,
                    changed={"history_reason": f"paper {other}"},
                    cipher=self._cipher,
                )

    def count_reused(self, *, offices: Sequence[str]) -> int:
        """How many papers of these offices were not archived again, since they were there."""
        query = sa.select(sa.func.count()).where(
            DUPLICATE.c.office.in_(offices), DUPLICATE.c.same.is_(True)
        )
        with self._reading() as c:
            return c.execute(query).scalar_one()
