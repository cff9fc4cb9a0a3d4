"""Taking papers in hand, holding them, and giving them back as they were."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import Misconfigured
from dossier.states import PaperState
from workflow.ledger import mapping as rows
from workflow.ledger.papers import MOVING, OLDEST_FIRST, PaperQueries, paper_row, to_do, unheld
from workflow.ledger.tables import PAPER
from workflow.ledger.types import WorkItem

# Whoever still has it in hand can save nothing any more, and it was no try.
_AS_NOT_CLAIMED = {
    PAPER.c.version: PAPER.c.version + 1,
    PAPER.c.attempts: PAPER.c.attempts - 1,
    PAPER.c.lease_until: None,
}


# A power cut takes a paper's holder away too, and so does a restart: those come to an end. What
# ends each process that takes it up would end them for ever.
_MOST_LOST = 20
LOST = "set-aside.worker.lost"
_LOST_REASON = (
    f"{_MOST_LOST} workers ended while they had this paper in hand; look in their log and at the "
    "machine's memory, then send the scan again"
)


class Claiming(PaperQueries):
    """Who holds which paper. A paper is saved only by whoever holds its newest version."""

    def claim(
        self,
        paper: UUID,
        *,
        now: datetime,
        lease: timedelta,
        holder: str,
        is_gone: Callable[[str], bool],
    ) -> WorkItem | None:
        """Take a paper in hand, if there is something to do and nobody else has it.

        Args:
            paper: which.
            now: aware UTC.
            lease: how long another machine leaves it to us; on this one ``is_gone`` decides.
            holder: who takes it.
            is_gone: whether a holder is known to live no more.
        """
        with self._writing() as c:
            row = paper_row(c, paper, lock=True)
            if row is None or row["state"] not in MOVING or row["set_aside_at"] is not None:
                return None
            leased = row["lease_until"] is not None and row["lease_until"] > now
            if leased and not is_gone(row["held_by"]):
                return None
            if row["retry_at"] is not None and row["retry_at"] > now:
                return None
            if row["state"] == PaperState.DESCRIBED and not row["sign_requested"]:
                return None
            return self._take(c, row, holder=holder, now=now, until=now + lease)

    def claim_next(
        self,
        states: Sequence[PaperState],
        *,
        now: datetime,
        lease: timedelta,
        holder: str,
        is_gone: Callable[[str], bool],
    ) -> WorkItem | None:
        """Take the paper in hand that waits in these states and whose dossier is the oldest.

        Args:
            states: from which a step may begin.
            now: aware UTC.
            lease: how long others leave it to us, unless it is renewed.
            holder: who takes it.
            is_gone: whether a holder is known to live no more.
        """
        with self._writing() as c:
            free = unheld(c, now, is_gone)
            for state in _by_age(c, [(*to_do([state], now), free) for state in states]):
                # One state at a time: then an index has them in order, however many wait. What
                # another takes at this moment is his.
                query = (
                    rows.SELECT_PAPER.where(*state)
                    .order_by(*OLDEST_FIRST)
                    .limit(1)
                    .with_for_update(of=PAPER, skip_locked=True)
                )
                while (row := c.execute(query).mappings().first()) is not None:
                    held = self._take(c, dict(row), holder=holder, now=now, until=now + lease)
                    if held is not None:
                        return held
        return None

    def _take(
        self,
        connection: sa.Connection,
        row: dict[str, Any],
        *,
        holder: str,
        now: datetime,
        until: datetime,
    ) -> WorkItem | None:
        """Hold a free paper; None where it is set aside, since nobody outlived it."""
        lost = row["lost"] + (row["lease_until"] is not None)
        taken = {"version": row["version"] + 1, "attempts": row["attempts"] + 1, "lost": lost}
        its = PAPER.update().where(PAPER.c.id == row["id"])
        if lost >= _MOST_LOST:
            taken |= {"lease_until": None, "set_aside_at": now, "updated_at": now}
            why = {"code": LOST, "reason": _LOST_REASON, "fault": Misconfigured.fault}
            connection.execute(its.values(**taken, **why))
            return None
        unread = {"pages_read": 0, "pages_to_read": 0}
        connection.execute(
            its.values(**taken, **unread, held_by=holder, lease_until=until, retry_at=None)
        )
        return rows.in_hand_of({**row, **taken}, self._cipher)

    def renew(self, holder: str, papers: Collection[UUID], *, until: datetime) -> None:
        """Hold for longer what a holder has in hand, of these papers."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.id.in_(papers), PAPER.c.held_by == holder)
                .where(PAPER.c.lease_until.is_not(None))
                .values(lease_until=until)
            )

    def note_reading(self, holder: str, read: Mapping[UUID, tuple[int, int]]) -> None:
        """Write down how far a holder is with reading: pages read, of how many, by paper."""
        with self._writing() as c:
            for paper, (pages, of) in sorted(read.items()):
                c.execute(
                    PAPER.update()
                    .where(PAPER.c.id == paper, PAPER.c.held_by == holder)
                    .where(PAPER.c.lease_until.is_not(None))
                    .values(pages_read=pages, pages_to_read=of)
                )

    def let_go(
        self,
        held: WorkItem,
        *,
        code: str,
        reason: str,
        now: datetime,
        retry_at: datetime | None,
        fault: str = "",
    ) -> None:
        """Give a paper back as it was, with the reason; without a time to retry it is set aside."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.id == held.paper.id, PAPER.c.version == held.version)
                .values(
                    version=held.version + 1,
                    lease_until=None,
                    retry_at=retry_at,
                    set_aside_at=None if retry_at is not None else now,
                    code=code,
                    reason=reason,
                    fault=fault,
                    updated_at=now,
                )
            )

    def hand_back(self, held: WorkItem, *, now: datetime) -> None:
        """Give a paper back as if it had not been claimed: whoever held it is stopping."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.id == held.paper.id, PAPER.c.version == held.version)
                .values({**_AS_NOT_CLAIMED, PAPER.c.updated_at: now})
            )

    def give_back(self, holder: str, papers: Collection[UUID], *, now: datetime) -> None:
        """Let go what somebody holds, but could not write down; as if it had not been claimed."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.id.in_(papers), PAPER.c.held_by == holder)
                .where(PAPER.c.lease_until.is_not(None))
                .values({**_AS_NOT_CLAIMED, PAPER.c.updated_at: now})
            )

    def wait_no_longer(self, *, now: datetime) -> None:
        """Let what waits for a time be tried at once: a start is somebody asking for it."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.retry_at > now, PAPER.c.state.in_(MOVING))
                .values(retry_at=None)
            )


_Conditions = tuple[sa.ColumnElement[bool], ...]


def _by_age(connection: sa.Connection, choices: Sequence[_Conditions]) -> list[_Conditions]:
    """The conditions that papers fulfil, those first whose oldest paper is the oldest."""
    if len(choices) == 1:
        return list(choices)
    oldest = [
        sa.select(
            sa.select(sa.literal(number).label("number"), *OLDEST_FIRST)
            .where(*conditions)
            .order_by(*OLDEST_FIRST)
            .limit(1)
            .subquery()
        )
        for number, conditions in enumerate(choices)
    ]
    found = connection.execute(sa.union_all(*oldest)).all()
    return [choices[row.number] for row in sorted(found, key=lambda row: tuple(row[1:]))]
