"""A line of a paper's history, and whoever is to be told of it, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from workflow.ledger.connections import hold
from workflow.ledger.tables import DELIVERY, MOVE, PAPER, WEBHOOK

_NEW_MOVES = MOVE.insert()
_NEW_MOVES_NUMBERED = MOVE.insert().returning(MOVE.c.id, sort_by_parameter_order=True)
_TOLD = sa.select(WEBHOOK.c.office, WEBHOOK.c.id).where(
    WEBHOOK.c.office.in_(sa.bindparam("offices", expanding=True)), WEBHOOK.c.stopped_at.is_(None)
)


class Told(NamedTuple):
    """What a line of history says."""

    before: str
    after: str
    code: str
    reason: str
    actor: str


# The code of a line of history: somebody asked that the paper be signed once it is described.
SIGN_REQUESTED = "sign-requested"
Line = tuple[str, UUID, datetime, Told]  # of an office's paper


def add_move(connection: sa.Connection, office: str, paper: UUID, at: datetime, told: Told) -> None:
    """Write a move down, as ``add_moves`` does."""
    add_moves(connection, [(office, paper, at, told)])


def add_moves(connection: sa.Connection, lines: Sequence[Line]) -> None:
    """Write moves down, and for each webhook of their offices that it is to be told.

    The reason stays here: a person may have written it.

    Who asks for what came after a number must find all that is before it, so that moves are
    numbered in the order in which they are committed: to be called last in a transaction.
    """
    if not lines:
        return
    hold(connection, "moves")
    new = [
        {"office": office, "paper": paper, "at": at, **told._asdict()}
        for office, paper, at, told in lines
    ]
    webhooks = defaultdict(list)
    for office, webhook in connection.execute(_TOLD, {"offices": list({o for o, *_ in lines})}):
        webhooks[office].append(webhook)
    if not webhooks:
        connection.execute(_NEW_MOVES, new)
        return
    numbers = connection.execute(_NEW_MOVES_NUMBERED, new).scalars().all()
    for move, line in zip(numbers, lines, strict=True):
        for webhook in webhooks[line[0]]:
            _deliver(connection, webhook, move, line)


def _deliver(connection: sa.Connection, webhook: UUID, move: int, line: Line) -> None:
    office, paper, at, told = line
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
