"""Appends to the history of papers, and queues webhook deliveries in the same transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from workflow.ledger.mapping import FieldCipher
from workflow.ledger.offices import reserve_numbers
from workflow.ledger.tables import DELIVERY, MOVE, OFFICE, PAPER, WEBHOOK

_INSERT = MOVE.insert()
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


def append_history(
    connection: sa.Connection, entries: Sequence[NewEntry], *, cipher: FieldCipher
) -> None:
    """Append entries, and queue a delivery of each for every webhook of its office and those above.

    A delivery carries no reason: a person may have written it. Call this last in a transaction,
    since it locks the counters of the offices.
    """
    if not entries:
        return
    counts = Counter(entry.office for entry in entries)
    numbers = reserve_numbers(connection, OFFICE.c.events, counts)
    webhooks = defaultdict(list)
    above = sorted({office for below in counts for office in _with_above(below)})
    for office, webhook in connection.execute(_ACTIVE_WEBHOOKS, {"offices": above}):
        webhooks[office].append((office, webhook))
    rows, deliveries = [], []
    for entry in entries:
        number = numbers[entry.office]
        numbers[entry.office] += 1
        reason = cipher.encrypt_text(entry.transition.reason, entry.paper)
        rows.append(
            {
                **entry.transition._asdict(),
                "office": entry.office,
                "sequence": number,
                "paper": entry.paper,
                "at": entry.at,
                "reason": reason,
            }
        )
        deliveries += [
            (webhook, number, entry)
            for office in _with_above(entry.office)
            for webhook in webhooks[office]
        ]
    connection.execute(_INSERT, rows)
    for webhook, number, entry in deliveries:
        _queue_delivery(connection, webhook, number, entry)


def _with_above(office: str) -> list[str]:
    """An office and those above it: each sees the papers of the offices below it."""
    parts = office.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _queue_delivery(
    connection: sa.Connection, webhook: tuple[str, UUID], number: int, entry: NewEntry
) -> None:
    dossier, ordinal = connection.execute(
        sa.select(PAPER.c.dossier, PAPER.c.ordinal).where(PAPER.c.id == entry.paper)
    ).one()
    connection.execute(
        DELIVERY.insert().values(
            office=webhook[0],
            webhook=webhook[1],
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
