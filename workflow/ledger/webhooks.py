"""Webhooks and the outbox of their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import WrongUse
from workflow.ledger.connections import Connections
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.tables import DELIVERY, OFFICE, WEBHOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address to which an office has its events sent.

    Attributes:
        url: set by the operator only.
        secret: signs the messages; encrypted at rest.
        former_secret: the one before it, which signs as well until ``former_until``.
        failures: failed attempts in a row.
        paused_until: no attempts before this time, because of the failures.
    """

    id: UUID
    office: str
    url: str
    secret: bytes
    created_at: datetime
    created_by: str
    former_secret: bytes | None = None
    former_until: datetime | None = None
    stopped_at: datetime | None = None
    failures: int = 0
    paused_until: datetime | None = None

    def secrets(self, *, now: datetime) -> tuple[bytes, ...]:
        """The secrets that sign a message now, the newest first."""
        if self.former_secret is None or self.former_until is None or self.former_until <= now:
            return (self.secret,)
        return (self.secret, self.former_secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event to be sent to one webhook.

    Attributes:
        payload: the message; no content of the paper.
        next_at: the time of the next attempt; None once delivered or given up.
        status: HTTP status of the last attempt; 0 without an answer.
    """

    id: int
    office: str
    webhook: UUID
    paper: UUID
    payload: dict[str, Any]
    created_at: datetime
    attempts: int
    next_at: datetime | None
    delivered_at: datetime | None
    status: int


class Outbox:
    """Webhooks and deliveries of all offices.

    Args:
        connections: of the database.
        cipher: encrypts the secrets.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        cipher: FieldCipher,
    ) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._cipher = cipher

    def add(self, webhook: Webhook) -> None:
        """Insert a new webhook.

        Raises:
            WrongUse: ``office.unknown``.
        """
        with self._writing() as c:
            office = sa.select(OFFICE.c.code).where(OFFICE.c.code == webhook.office)
            if c.execute(office).first() is None:
                raise WrongUse("office.unknown", "there is no such office here")
            c.execute(
                WEBHOOK.insert().values(
                    id=webhook.id,
                    office=webhook.office,
                    url=webhook.url,
                    secret=self._cipher.encrypt(webhook.secret, webhook.id),
                    created_at=webhook.created_at,
                    created_by=webhook.created_by,
                )
            )

    def list_webhooks(self) -> list[Webhook]:
        """All webhooks, oldest first."""
        return self._found(sa.select(WEBHOOK))

    def list_ready(self, *, now: datetime) -> list[Webhook]:
        """Active webhooks with a due delivery, oldest first; paused ones are left out."""
        waits = sa.exists().where(DELIVERY.c.webhook == WEBHOOK.c.id, DELIVERY.c.next_at <= now)
        not_paused = WEBHOOK.c.paused_until.is_(None) | (WEBHOOK.c.paused_until <= now)
        return self._found(
            sa.select(WEBHOOK).where(WEBHOOK.c.stopped_at.is_(None), not_paused, waits)
        )

    def _found(self, query: sa.Select[Any]) -> list[Webhook]:
        with self._reading() as c:
            found = c.execute(query.order_by(WEBHOOK.c.id)).mappings().all()
        return [self._webhook(dict(row)) for row in found]

    def _webhook(self, row: dict[str, Any]) -> Webhook:
        for name in ("secret", "former_secret"):
            if row[name] is not None:
                row[name] = self._cipher.decrypt(row[name], row["id"])
        return Webhook(**row)

    def rotate(self, webhook: UUID, *, secret: bytes, until: datetime) -> None:
        """Replace the secret of a webhook; the present one signs as well until a time.

        Raises:
            WrongUse: ``webhook.unknown``.
        """
        with self._writing() as c:
            changed = c.execute(
                WEBHOOK.update()
                .where(WEBHOOK.c.id == webhook, WEBHOOK.c.stopped_at.is_(None))
                .values(
                    secret=self._cipher.encrypt(secret, webhook),
                    former_secret=WEBHOOK.c.secret,
                    former_until=until,
                )
            )
        if changed.rowcount != 1:
            raise _unknown()

    def pause(self, webhook: UUID, *, failures: int, until: datetime | None) -> None:
        """Save the failed attempts in a row, and pause until a time."""
        with self._writing() as c:
            c.execute(
                WEBHOOK.update()
                .where(WEBHOOK.c.id == webhook)
                .values(failures=failures, paused_until=until)
            )

    def stop(self, webhook: UUID, *, now: datetime) -> None:
        """Stop a webhook and cancel its waiting deliveries.

        Raises:
            WrongUse: ``webhook.unknown``.
        """
        with self._writing() as c:
            ended = sa.func.coalesce(WEBHOOK.c.stopped_at, now)
            changed = c.execute(
                WEBHOOK.update().where(WEBHOOK.c.id == webhook).values(stopped_at=ended)
            )
            if changed.rowcount != 1:
                raise _unknown()
            c.execute(_end_waiting(now).where(DELIVERY.c.webhook == webhook))

    def give_up(self, webhook: UUID, *, before: datetime, now: datetime) -> None:
        """Give up waiting deliveries created before a time; they can still be replayed."""
        old = DELIVERY.c.created_at <= before
        with self._writing() as c:
            c.execute(_end_waiting(now).where(DELIVERY.c.webhook == webhook, old))

    def list_due(self, webhook: UUID, *, now: datetime, limit: int) -> list[Delivery]:
        """Due deliveries of a webhook, oldest first; claim each before sending it."""
        query = (
            sa.select(DELIVERY)
            .where(
                DELIVERY.c.webhook == webhook,
                DELIVERY.c.next_at <= now,
                # One that was queued while its webhook was being stopped may still be due.
                DELIVERY.c.webhook.in_(_LIVE),
            )
            .order_by(DELIVERY.c.id)
        )
        with self._reading() as c:
            return [_delivery(row) for row in c.execute(query.limit(limit)).mappings()]

    def claim(self, delivery: int, *, now: datetime, until: datetime) -> bool:
        """Claim a due delivery; False if another sender has it.

        Args:
            delivery: the ID.
            now: aware UTC.
            until: the end of the claim; then the delivery is due again.
        """
        with self._writing() as c:
            taken = c.execute(
                DELIVERY.update()
                .where(
                    DELIVERY.c.id == delivery,
                    DELIVERY.c.next_at <= now,
                    DELIVERY.c.webhook.in_(_LIVE),
                )
                .values(next_at=until)
            )
            return taken.rowcount == 1

    def record_attempt(
        self, delivery: int, *, status: int, now: datetime, next_at: datetime | None, done: bool
    ) -> None:
        """Save the result of an attempt."""
        with self._writing() as c:
            c.execute(
                DELIVERY.update()
                .where(DELIVERY.c.id == delivery)
                .values(
                    attempts=DELIVERY.c.attempts + 1,
                    status=status,
                    next_at=next_at,
                    delivered_at=now if done else None,
                    ended_at=now if next_at is None else None,
                )
            )

    def list_deliveries(self, *, offices: Sequence[str], after: int, limit: int) -> list[Delivery]:
        """Deliveries after an ID, oldest first."""
        query = sa.select(DELIVERY).where(DELIVERY.c.office.in_(offices), DELIVERY.c.id > after)
        with self._reading() as c:
            found = c.execute(query.order_by(DELIVERY.c.id).limit(limit)).mappings()
            return [_delivery(row) for row in found]

    def replay(self, *, offices: Sequence[str], first: int, last: int, now: datetime) -> int:
        """Make deliveries due again, whatever their result; return how many."""
        with self._writing() as c:
            c.execute(
                WEBHOOK.update()
                .where(WEBHOOK.c.office.in_(offices))
                .values(failures=0, paused_until=None)
            )
            return c.execute(
                DELIVERY.update()
                .where(
                    DELIVERY.c.office.in_(offices),
                    DELIVERY.c.id.between(first, last),
                    DELIVERY.c.webhook.in_(_LIVE),
                )
                .values(next_at=now, attempts=0, ended_at=None)
            ).rowcount

    def prune(self, *, before: datetime, now: datetime) -> None:
        """Delete deliveries that ended before a time: sent, given up, or cancelled."""
        with self._writing() as c:
            # One may have been queued or attempted while its webhook was being stopped.
            c.execute(_end_waiting(now).where(DELIVERY.c.webhook.in_(_STOPPED)))
        # SQLite takes the highest ID plus one: the newest row stays, so that no ID is used twice.
        newest = sa.select(sa.func.max(DELIVERY.alias().c.id)).scalar_subquery()
        old = (DELIVERY.c.ended_at <= before) & (DELIVERY.c.id < newest)
        some = sa.select(DELIVERY.c.id).where(old).limit(_ROWS_PER_DELETE)
        deleted = _ROWS_PER_DELETE
        while deleted == _ROWS_PER_DELETE:
            with self._writing() as c:
                # The condition again: some may be replayed at this moment.
                deleted = c.execute(DELIVERY.delete().where(DELIVERY.c.id.in_(some), old)).rowcount


# Rows deleted in one transaction, to let other writers in between.
_ROWS_PER_DELETE = 1000
_STOPPED = sa.select(WEBHOOK.c.id).where(WEBHOOK.c.stopped_at.is_not(None))
_LIVE = sa.select(WEBHOOK.c.id).where(WEBHOOK.c.stopped_at.is_(None))


def _end_waiting(now: datetime) -> sa.Update:
    """An update that ends waiting deliveries."""
    waits = DELIVERY.c.next_at.is_not(None)
    return DELIVERY.update().where(waits).values(next_at=None, ended_at=now)


def _unknown() -> WrongUse:
    return WrongUse(
        "webhook.unknown", "there is no such webhook; see them with: sohoa webhook list"
    )


def _delivery(row: Any) -> Delivery:  # noqa: ANN401 - a row of SQLAlchemy's
    return Delivery(**{name: row[name] for name in Delivery.__dataclass_fields__})
