"""Parts of a transaction that takes a scan in, or lets one go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from api.ledger.connections import hold
from api.ledger.hand import Once, Received
from api.ledger.models import ANSWERED, DOSSIER, PAPER, SCAN
from dossier.errors import WrongUse
from dossier.spine import Scan


def next_ordinal(connection: sa.Connection, office: str, dossier: str) -> int:
    """The number that the next paper of a dossier gets."""
    highest = sa.select(sa.func.max(PAPER.c.ordinal)).where(
        PAPER.c.office == office, PAPER.c.dossier == dossier
    )
    return (connection.execute(highest).scalar() or 0) + 1


def dossier_since(connection: sa.Connection, office: str, dossier: str, now: datetime) -> datetime:
    """When the first paper of a dossier came in; now, where there is none yet."""
    first = sa.select(sa.func.min(PAPER.c.dossier_since)).where(
        PAPER.c.office == office, PAPER.c.dossier == dossier
    )
    since: datetime | None = connection.execute(first).scalar()
    return since or now


def hold_dossier(connection: sa.Connection, office: str, *dossiers: str) -> None:
    """Be the only one to change what belongs to these dossiers, until the transaction ends."""
    for dossier in sorted(set(dossiers)):
        hold(connection, "dossier", office, dossier)


def release(connection: sa.Connection, scan: UUID, paper: UUID, now: datetime) -> None:
    """Note that no paper stands for a scan any more; its bytes may come again as another one."""
    connection.execute(SCAN.update().where(SCAN.c.id == scan).values(released_at=now, paper=paper))


def refuse_closed(connection: sa.Connection, office: str, dossier: str) -> None:
    """See that a dossier still takes papers.

    Raises:
        WrongUse: ``dossier.closed``.
    """
    closed = sa.select(DOSSIER.c.closed_at).where(
        DOSSIER.c.office == office, DOSSIER.c.code == dossier, DOSSIER.c.closed_at.is_not(None)
    )
    if connection.execute(closed).first() is not None:
        raise WrongUse(
            "dossier.closed", "the dossier is closed and takes no more papers; use another one"
        )


def answer_before(connection: sa.Connection, once: Once) -> Received | None:
    """What was answered to this key before.

    Raises:
        WrongUse: ``idempotency.other-question``.
    """
    hold(connection, "key", once.token, once.key.hex())
    row = connection.execute(
        sa.select(ANSWERED).where(ANSWERED.c.token == once.token, ANSWERED.c.key == once.key)
    ).first()
    if row is None:
        return None
    if row.asked != once.asked:
        raise WrongUse(
            "idempotency.other-question",
            "this Idempotency-Key was used for another question; use a new key for each",
        )
    return Received(row.paper, known_already=row.known, code=row.code, reason=row.reason)


def answered(
    connection: sa.Connection,
    scan: Scan,
    once: Once,
    received: Received,
    rejected: tuple[str, str] | None,
) -> None:
    """Write down what is answered to a key."""
    code, reason = rejected or ("", "")
    connection.execute(
        ANSWERED.insert().values(
            token=once.token,
            key=once.key,
            office=scan.office,
            asked=once.asked,
            paper=received.paper,
            known=received.known_already,
            code=code,
            reason=reason,
            at=scan.received_at,
        )
    )
