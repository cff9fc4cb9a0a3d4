"""Webhooks: where moves are told, and what is still to be told there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import WrongUse
from workflow.ledger.connections import Connections
from workflow.ledger.tables import DELIVERY, OFFICE, WEBHOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where an office wants the moves of its papers told.

    Attributes:
        url: as the operator gave it; nobody else can.
        secret: what messages are signed with; sealed at rest.
        failures: tries in a row at which it was silent.
        rests_until: until when it is asked nothing for that.
    """

    id: UUID
    office: str
    url: str
    secret: bytes
    created_at: datetime
    created_by: str
    stopped_at: datetime | None = None
    failures: int = 0
    rests_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One move to be told at one address.

    Attributes:
        told: the message; no content of the paper.
        next_at: when it is tried next; None once it was delivered or given up.
        status: HTTP status of the last try; 0 where there was no answer.
    """

    id: int
    office: str
    webhook: UUID
    paper: UUID
    told: dict[str, Any]
    created_at: datetime
    attempts: int
    next_at: datetime | None
    delivered_at: datetime | None
    status: int


class Outbox:
    """Webhooks and deliveries of all offices.

    Args:
        connections: of the database.
        encrypt: a secret, by the webhook's ID.
        decrypt: the reverse.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        encrypt: Callable[[bytes, UUID], bytes],
        decrypt: Callable[[bytes, UUID], bytes],
    ) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._encrypt, self._decrypt = encrypt, decrypt

    def add(self, webhook: Webhook) -> None:
        """Write a new webhook down.

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
                    secret=self._encrypt(webhook.secret, webhook.id),
                    created_at=webhook.created_at,
                    created_by=webhook.created_by,
                )
            )

    def webhooks(self) -> list[Webhook]:
        """All webhooks, oldest first."""
        return self._found(sa.select(WEBHOOK))

    def ready(self, *, now: datetime) -> list[Webhook]:
        """Webhooks where something is to be told now and which do not rest, oldest first."""
        waits = sa.exists().where(DELIVERY.c.webhook == WEBHOOK.c.id, DELIVERY.c.next_at <= now)
        rested = WEBHOOK.c.rests_until.is_(None) | (WEBHOOK.c.rests_until <= now)
        return self._found(sa.select(WEBHOOK).where(WEBHOOK.c.stopped_at.is_(None), rested, waits))

    def _found(self, query: sa.Select[Any]) -> list[Webhook]:
        with self._reading() as c:
            found = c.execute(query.order_by(WEBHOOK.c.id)).mappings().all()
        return [
            Webhook(**{**row, "secret": self._decrypt(row["secret"], row["id"])}) for row in found
        ]

    def rest(self, webhook: UUID, *, failures: int, until: datetime | None) -> None:
        """Write down how often in a row it was silent, and until when it is asked nothing."""
        with self._writing() as c:
            c.execute(
                WEBHOOK.update()
                .where(WEBHOOK.c.id == webhook)
                .values(failures=failures, rests_until=until)
            )

    def stop(self, webhook: UUID, *, now: datetime) -> None:
        """Tell nothing there any more, not even what waits.

        Raises:
            WrongUse: ``webhook.unknown``.
        """
        with self._writing() as c:
            ended = sa.func.coalesce(WEBHOOK.c.stopped_at, now)
            changed = c.execute(
                WEBHOOK.update().where(WEBHOOK.c.id == webhook).values(stopped_at=ended)
            )
            if changed.rowcount != 1:
                raise WrongUse(
                    "webhook.unknown", "there is no such webhook; see them with: sohoa webhook list"
                )
            c.execute(_ended(now).where(DELIVERY.c.webhook == webhook))

    def give_up(self, webhook: UUID, *, before: datetime, now: datetime) -> None:
        """Tell what was written before then and still waits there only when somebody asks."""
        old = DELIVERY.c.created_at <= before
        with self._writing() as c:
            c.execute(_ended(now).where(DELIVERY.c.webhook == webhook, old))

    def due(self, webhook: UUID, *, now: datetime, limit: int) -> list[Delivery]:
        """What is to be told there now, oldest first; claim each before it is told."""
        query = (
            sa.select(DELIVERY)
            .where(
                DELIVERY.c.webhook == webhook,
                DELIVERY.c.next_at <= now,
                # A move that was written while its webhook was stopped may still have a time.
                DELIVERY.c.webhook.in_(_LIVE),
            )
            .order_by(DELIVERY.c.id)
        )
        with self._reading() as c:
            return [_delivery(row) for row in c.execute(query.limit(limit)).mappings()]

    def claim(self, delivery: int, *, now: datetime, until: datetime) -> bool:
        """Take a due delivery upon oneself; False where another sender has it.

        Args:
            delivery: which.
            now: aware UTC.
            until: who has not written down by then how it ended is taken for dead, and it is due
                again.
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

    def tried(
        self, delivery: int, *, status: int, now: datetime, next_at: datetime | None, done: bool
    ) -> None:
        """Write down how a try ended."""
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

    def deliveries(self, *, offices: Sequence[str], after: int, limit: int) -> list[Delivery]:
        """Deliveries after a number, oldest first."""
        query = sa.select(DELIVERY).where(DELIVERY.c.office.in_(offices), DELIVERY.c.id > after)
        with self._reading() as c:
            found = c.execute(query.order_by(DELIVERY.c.id).limit(limit)).mappings()
            return [_delivery(row) for row in found]

    def replay(self, *, offices: Sequence[str], first: int, last: int, now: datetime) -> int:
        """Tell deliveries again whatever became of them, also where one is silent; how many."""
        with self._writing() as c:
            c.execute(
                WEBHOOK.update()
                .where(WEBHOOK.c.office.in_(offices))
                .values(failures=0, rests_until=None)
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

    def forget(self, *, before: datetime, now: datetime) -> None:
        """Forget what came to its end before then: delivered, given up, or its webhook stopped."""
        with self._writing() as c:
            # A move may have been written, or a try noted, while its webhook was being stopped.
            c.execute(_ended(now).where(DELIVERY.c.webhook.in_(_STOPPED)))
        # SQLite numbers from the highest that is there: the newest stays, so that none comes again.
        newest = sa.select(sa.func.max(DELIVERY.alias().c.id)).scalar_subquery()
        old = (DELIVERY.c.ended_at <= before) & (DELIVERY.c.id < newest)
        some = sa.select(DELIVERY.c.id).where(old).limit(_AT_ONCE)
        forgotten = _AT_ONCE
        while forgotten == _AT_ONCE:
            with self._writing() as c:
                # Said twice: some of them may be asked for again at this moment.
                forgotten = c.execute(
                    DELIVERY.delete().where(DELIVERY.c.id.in_(some), old)
                ).rowcount


# Rows that are forgotten in one transaction: others want to write too.
_AT_ONCE = 1000
_STOPPED = sa.select(WEBHOOK.c.id).where(WEBHOOK.c.stopped_at.is_not(None))
_LIVE = sa.select(WEBHOOK.c.id).where(WEBHOOK.c.stopped_at.is_(None))


def _ended(now: datetime) -> sa.Update:
    """Whatever still waits is no longer told by itself."""
    waits = DELIVERY.c.next_at.is_not(None)
    return DELIVERY.update().where(waits).values(next_at=None, ended_at=now)


def _delivery(row: Any) -> Delivery:  # noqa: ANN401 - a row of SQLAlchemy's
    return Delivery(**{name: row[name] for name in Delivery.__dataclass_fields__})
