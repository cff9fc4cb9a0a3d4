"""The work queue: papers are claimed with a lease, then finished, failed or released."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import Misconfigured
from dossier.states import PAPER_MOVES, SCAN_MOVES, PaperState, ScanState, check_move
from workflow.ledger import mapping
from workflow.ledger.claim_order import ClaimOrder
from workflow.ledger.connections import Connections
from workflow.ledger.dossiers import note_change
from workflow.ledger.history_writer import NewEntry, Transition, append_history
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.papers import (
    OLDEST_FIRST,
    PIPELINE_STATES,
    not_leased,
    paper_row,
    runnable,
)
from workflow.ledger.tables import OFFICE, PAPER, SCAN
from workflow.ledger.types import Outcome, WorkItem

# The new version keeps the former holder from saving; the run does not count as an attempt.
_UNCLAIMED = {
    PAPER.c.version: PAPER.c.version + 1,
    PAPER.c.attempts: PAPER.c.attempts - 1,
    PAPER.c.lease_until: None,
}

# A power cut or a restart ends workers too, but not again and again at the same paper.
_MAX_LOST_WORKERS = 20
WORKER_LOST = "set-aside.worker.lost"
_WORKER_LOST_REASON = (
    f"{_MAX_LOST_WORKERS} workers ended while they processed this paper; check their log and "
    "the machine's memory, then send the scan again"
)


_Conditions = tuple[sa.ColumnElement[bool], ...]


class PaperQueue:
    """Leases on papers. Only the holder of a paper's newest version can save it."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._reading, self._writing = connections.reading, connections.writing
        self._cipher = cipher

    def claim(
        self,
        paper: UUID,
        *,
        now: datetime,
        lease: timedelta,
        holder: str,
        is_gone: Callable[[str], bool],
    ) -> WorkItem | None:
        """Claim a paper; None if it has no step to run or another worker holds it.

        Args:
            paper: the ID.
            now: aware UTC.
            lease: how long other machines respect the claim, unless it is renewed.
            holder: the name of the claiming process.
            is_gone: whether a holder is known to be dead; its lease is void.
        """
        with self._writing() as c:
            row = paper_row(c, paper, for_update=True)
            if row is None or row["state"] not in PIPELINE_STATES:
                return None
            if row["set_aside_at"] is not None:
                return None
            leased = row["lease_until"] is not None and row["lease_until"] > now
            if leased and not is_gone(row["held_by"]):
                return None
            if row["retry_at"] is not None and row["retry_at"] > now:
                return None
            if row["state"] == PaperState.DESCRIBED and not row["sign_requested"]:
                return None
            return self._lease(c, row, holder=holder, now=now, until=now + lease)

    def claim_next(
        self,
        states: Sequence[PaperState],
        *,
        now: datetime,
        lease: timedelta,
        holder: str,
        is_gone: Callable[[str], bool],
        order: ClaimOrder | None = None,
        full: Collection[str] = (),
    ) -> WorkItem | None:
        """Claim a paper that waits in these states: of the office and dossier whose turn it is.

        Args:
            states: from which a step may start.
            now: aware UTC.
            lease: how long other machines respect the claim, unless it is renewed.
            holder: the name of the claiming process.
            is_gone: whether a holder is known to be dead; its lease is void.
            order: whose turn it is; without it the oldest dossier's.
            full: offices of which no more papers are wanted at the moment.
        """
        order = order or ClaimOrder()
        with self._writing() as c:
            free = not_leased(c, now, is_gone)
            # One state at a time: an index then holds them in order.
            choices = [(*runnable([state], now), free) for state in states]
            for office in order.sort_offices(_waiting_offices(c, choices, full)):
                served = PAPER.c.dossier.in_(order.served(office))
                for turn in (sa.not_(served), served):
                    theirs = [(PAPER.c.office == office, turn, *choice) for choice in choices]
                    for conditions in _by_age(c, theirs):
                        item = self._lease_first(
                            c, conditions, holder=holder, now=now, until=now + lease
                        )
                        if item is not None:
                            order.record(office, item.paper.dossier)
                            return item
        return None

    def _lease_first(
        self,
        connection: sa.Connection,
        conditions: _Conditions,
        *,
        holder: str,
        now: datetime,
        until: datetime,
    ) -> WorkItem | None:
        """Lease the first paper that fulfils the conditions; others may be claiming some."""
        query = (
            mapping.SELECT_PAPER.where(*conditions)
            .order_by(*OLDEST_FIRST)
            .limit(1)
            .with_for_update(of=PAPER, skip_locked=True)
        )
        while (row := connection.execute(query).mappings().first()) is not None:
            item = self._lease(connection, dict(row), holder=holder, now=now, until=until)
            if item is not None:
                return item
        return None

    def _lease(
        self,
        connection: sa.Connection,
        row: dict[str, Any],
        *,
        holder: str,
        now: datetime,
        until: datetime,
    ) -> WorkItem | None:
        """Lease a free paper; None if it is set aside because too many workers died with it."""
        lost = row["lost"] + (row["lease_until"] is not None)
        claimed = {"version": row["version"] + 1, "attempts": row["attempts"] + 1, "lost": lost}
        update = PAPER.update().where(PAPER.c.id == row["id"])
        if lost >= _MAX_LOST_WORKERS:
            claimed |= {"lease_until": None, "set_aside_at": now, "updated_at": now}
            why = {
                "code": WORKER_LOST,
                "reason": self._cipher.encrypt_text(_WORKER_LOST_REASON, row["id"]),
                "fault": Misconfigured.fault,
            }
            connection.execute(update.values(**claimed, **why))
            return None
        unread = {"pages_read": 0, "pages_to_read": 0}
        connection.execute(
            update.values(**claimed, **unread, held_by=holder, lease_until=until, retry_at=None)
        )
        return mapping.work_item({**row, **claimed}, self._cipher)

    def finish(self, item: WorkItem, outcome: Outcome, *, now: datetime, actor: str) -> bool:
        """Save the outcome of a step and end the lease.

        Returns:
            False if the paper has a newer version; then nothing is saved.

        Raises:
            WrongUse: ``state.move-not-allowed``; nothing is saved.
        """
        columns = mapping.outcome_columns(outcome, self._cipher)
        if outcome.after is not item.state:
            check_move(PAPER_MOVES, item.state, outcome.after)
        if outcome.after is PaperState.REVIEW:
            # The signature was requested before the review changed the values.
            columns["sign_requested"] = False
        with self._writing() as c:
            saved = c.execute(
                _update(item).values(
                    **columns,
                    state=outcome.after,
                    version=item.version + 1,
                    attempts=0,
                    lost=0,
                    lease_until=None,
                    retry_at=None,
                    code=outcome.code,
                    reason=self._cipher.encrypt_text(outcome.reason, item.paper.id),
                    fault=outcome.fault,
                    updated_at=now,
                )
            )
            if saved.rowcount != 1:
                return False
            _finish_scan(c, item, outcome, now)
            if outcome.after is PaperState.ARCHIVED:
                note_change(c, item.paper.office, item.paper.dossier)
            if outcome.after is not item.state:
                transition = Transition(
                    item.state, outcome.after, outcome.code, outcome.reason, actor
                )
                entry = NewEntry(item.paper.office, item.paper.id, now, transition)
                append_history(c, [entry], cipher=self._cipher)
        return True

    def fail(
        self,
        item: WorkItem,
        *,
        code: str,
        reason: str,
        now: datetime,
        retry_at: datetime | None,
        fault: str = "",
    ) -> None:
        """Save why a step failed and end the lease. Without ``retry_at`` the paper is set aside."""
        with self._writing() as c:
            c.execute(
                _update(item).values(
                    version=item.version + 1,
                    lease_until=None,
                    retry_at=retry_at,
                    set_aside_at=None if retry_at is not None else now,
                    code=code,
                    reason=self._cipher.encrypt_text(reason, item.paper.id),
                    fault=fault,
                    updated_at=now,
                )
            )

    def release(self, item: WorkItem, *, now: datetime) -> None:
        """End the lease of a step that did not run; it does not count as an attempt."""
        with self._writing() as c:
            c.execute(_update(item).values({**_UNCLAIMED, PAPER.c.updated_at: now}))

    def release_leases(self, holder: str, papers: Collection[UUID], *, now: datetime) -> None:
        """End a holder's leases on papers whose outcome could not be saved."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.id.in_(papers), PAPER.c.held_by == holder)
                .where(PAPER.c.lease_until.is_not(None))
                .values({**_UNCLAIMED, PAPER.c.updated_at: now})
            )

    def renew_leases(self, holder: str, papers: Collection[UUID], *, until: datetime) -> None:
        """Extend a holder's leases on these papers."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.id.in_(papers), PAPER.c.held_by == holder)
                .where(PAPER.c.lease_until.is_not(None))
                .values(lease_until=until)
            )

    def save_progress(self, holder: str, progress: Mapping[UUID, tuple[int, int]]) -> None:
        """Save the progress of recognition: pages recognised and pages in all, by paper."""
        with self._writing() as c:
            # Rows in a fixed order, to avoid deadlock.
            for paper, (pages, total) in sorted(progress.items()):
                c.execute(
                    PAPER.update()
                    .where(PAPER.c.id == paper, PAPER.c.held_by == holder)
                    .where(PAPER.c.lease_until.is_not(None))
                    .values(pages_read=pages, pages_to_read=total)
                )

    def versions(self, papers: Collection[UUID]) -> dict[UUID, int]:
        """The present versions of papers: a higher one than was claimed ends a claim."""
        query = sa.select(PAPER.c.id, PAPER.c.version).where(PAPER.c.id.in_(papers))
        with self._reading() as c:
            return {row.id: row.version for row in c.execute(query)}

    def clear_retry_times(self, *, now: datetime) -> None:
        """Make all scheduled retries due now, as a process does when it starts."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.retry_at > now, PAPER.c.state.in_(PIPELINE_STATES))
                .values(retry_at=None)
            )

    def list_stalled(self, *, now: datetime, is_gone: Callable[[str], bool]) -> list[UUID]:
        """Papers in any pipeline state that a worker can claim."""
        return self.list_claimable(PIPELINE_STATES, now=now, is_gone=is_gone)

    def list_claimable(
        self,
        states: Sequence[PaperState],
        *,
        now: datetime,
        is_gone: Callable[[str], bool],
        limit: int | None = None,
    ) -> list[UUID]:
        """Papers in these states that a worker can claim, oldest dossier first."""
        with self._reading() as c:
            query = (
                sa.select(PAPER.c.id)
                .where(*runnable(states, now), not_leased(c, now, is_gone))
                .order_by(*OLDEST_FIRST)
                .limit(limit)
            )
            return list(c.execute(query).scalars())

    def count_claimable(
        self, states: Sequence[PaperState], *, now: datetime, is_gone: Callable[[str], bool]
    ) -> int:
        """The number of papers in these states that a worker can claim."""
        with self._reading() as c:
            query = sa.select(sa.func.count()).where(
                *runnable(states, now), not_leased(c, now, is_gone)
            )
            return c.execute(query).scalar_one()


def release_scan(connection: sa.Connection, scan: UUID, paper: UUID, now: datetime) -> None:
    """Mark a scan as no longer used by a paper, so that the same bytes may be submitted again."""
    connection.execute(SCAN.update().where(SCAN.c.id == scan).values(released_at=now, paper=paper))


def _update(item: WorkItem) -> sa.Update:
    return PAPER.update().where(PAPER.c.id == item.paper.id, PAPER.c.version == item.version)


def _finish_scan(
    connection: sa.Connection, item: WorkItem, outcome: Outcome, now: datetime
) -> None:
    """Save what the outcome means for the scan."""
    after = item.scan_state
    if outcome.split is not None:
        after = ScanState.SPLIT
    if item.scan_state is ScanState.RECEIVED and outcome.after is PaperState.REJECTED:
        after = ScanState.REJECTED
    if after is not item.scan_state:
        check_move(SCAN_MOVES, item.scan_state, after)
        connection.execute(SCAN.update().where(SCAN.c.id == item.paper.scan.id).values(state=after))
    if outcome.after is PaperState.REJECTED:
        release_scan(connection, item.paper.scan.id, item.paper.id, now)


def _waiting_offices(
    connection: sa.Connection, choices: Sequence[_Conditions], full: Collection[str]
) -> list[str]:
    """The offices with a paper that fulfils some conditions, that of the oldest dossier first."""
    oldest = [
        sa.select(PAPER.c.dossier_since)
        .where(PAPER.c.office == OFFICE.c.code, *conditions)
        .order_by(PAPER.c.dossier_since)
        .limit(1)
        .correlate(OFFICE)
        .scalar_subquery()
        for conditions in choices
    ]
    query = sa.select(OFFICE.c.code, *oldest).where(OFFICE.c.code.not_in(full))
    since = {
        row[0]: min(times)
        for row in connection.execute(query)
        if (times := [time for time in row[1:] if time is not None])
    }
    return sorted(since, key=lambda office: (since[office], office))


def _by_age(connection: sa.Connection, choices: Sequence[_Conditions]) -> list[_Conditions]:
    """The conditions that some paper fulfils, in the order of each one's oldest paper."""
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
