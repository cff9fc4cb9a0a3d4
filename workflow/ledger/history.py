"""Appends to the history of papers, and queues webhook deliveries in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from workflow.ledger.connections import lock
from workflow.ledger.tables import DELIVERY, MOVE, PAPER, WEBHOOK

_INSERT = MOVE.insert()
_INSERT_RETURNING_IDS = MOVE.insert().returning(MOVE.c.id, sort_by_parameter_order=True)
_ACTIVE_WEBHOOKS = sa.select(WEBHOOK.c.office, WEBHOOK.c.id).where(
    WEBHOOK.c.office.in_(sa.bindparam("offices", expanding=True)), WEBHOOK.c.stopped_at.is_(None)
)

# The code of an entry: a signature was requested.
SIGN_REQUESTED = "sign-requested"


class Transition(NamedTuple):
    """A change of one paper, as its history shows it."""

    before: str
    after: str
    code: str
    reason: str
    actor: str


class NewEntry(NamedTuple):
    """A history entry to be appended."""

    office: str
    paper: UUID
    at: datetime
    transition: Transition


def append_history(connection: sa.Connection, entries: Sequence[NewEntry]) -> None:
    """Append entries, and queue a delivery of each for every webhook of its office.

    A delivery carries no reason: a person may have written it.

    Readers follow the history by ID, so IDs must be assigned in commit order: the lock is held
    until the transaction ends. Call this last in a transaction, to hold it briefly.
    """
    if not entries:
        return
    lock(connection, "moves")
    rows = [
        {
            "office": entry.office,
            "paper": entry.paper,
            "at": entry.at,
            **entry.transition._asdict(),
        }
        for entry in entries
    ]
    webhooks = defaultdict(list)
    offices = list({entry.office for entry in entries})
    for office, webhook in connection.execute(_ACTIVE_WEBHOOKS, {"offices": offices}):
        webhooks[office].append(webhook)
    if not webhooks:
        connection.execute(_INSERT, rows)
        return
    ids = connection.execute(_INSERT_RETURNING_IDS, rows).scalars().all()
    for number, entry in zip(ids, entries, strict=True):
        for webhook in webhooks[entry.office]:
            _queue_delivery(connection, webhook, number, entry)


def _queue_delivery(connection: sa.Connection, webhook: UUID, number: int, entry: NewEntry) -> None:
    dossier, ordinal = connection.execute(
        sa.select(PAPER.c.dossier, PAPER.c.ordinal).where(PAPER.c.id == entry.paper)
    ).one()
    connection.execute(
        DELIVERY.insert().values(
            office=entry.office,
            webhook=webhook,
            paper=entry.paper,
            payload={
                "event": number,
                "at": entry.at.isoformat(),
                "office": entry.office,
                "dossier": dossier,
                "ordinal": ordinal,
                "paper": str(entry.paper),
                "before": entry.transition.before,
                "state": entry.transition.after,
                "code": entry.transition.code,
            },
            created_at=entry.at,
            attempts=0,
            next_at=entry.at,
            status=0,
        )
    )
