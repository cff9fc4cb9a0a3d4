"""A line of a paper's history, and whoever is to be told of it, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from api.ledger.connections import hold
from api.ledger.models import DELIVERY, MOVE, PAPER, WEBHOOK

_NEW_MOVE = MOVE.insert().returning(MOVE.c.id)
_TOLD = sa.select(WEBHOOK.c.id).where(
    WEBHOOK.c.office == sa.bindparam("office"), WEBHOOK.c.stopped_at.is_(None)
)


class Told(NamedTuple):
    """What a line of history says."""

    before: str
    after: str
    code: str
    reason: str
    actor: str


def add_move(connection: sa.Connection, office: str, paper: UUID, at: datetime, told: Told) -> None:
    """Write a move down, and for each webhook of the office that it is to be told.

    The reason stays here: a person may have written it.

    Who asks for what came after a number must find all that is before it, so that moves are
    numbered in the order in which they are committed: to be called last in a transaction.
    """
    hold(connection, "moves")
    line = {"office": office, "paper": paper, "at": at, **told._asdict()}
    move = connection.execute(_NEW_MOVE, line).scalar_one()
    webhooks = connection.execute(_TOLD, {"office": office}).scalars()
    for webhook in webhooks.all():
        dossier, ordinal = connection.execute(
            sa.select(PAPER.c.dossier, PAPER.c.ordinal).where(PAPER.c.id == paper)
        ).one()
        connection.execute(
            DELIVERY.insert().values(
                office=office,
                webhook=webhook,
                paper=paper,
                told={
                    "event": move,
                    "at": at.isoformat(),
                    "office": office,
                    "dossier": dossier,
                    "ordinal": ordinal,
                    "paper": str(paper),
                    "before": told.before,
                    "state": told.after,
                    "code": told.code,
                },
                created_at=at,
                attempts=0,
                next_at=at,
                status=0,
            )
        )
