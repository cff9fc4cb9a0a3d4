"""Parts of a transaction that takes a scan in, or lets one go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from api.ledger import rows
from api.ledger.connections import hold
from api.ledger.hand import Once, Received
from api.ledger.models import ANSWERED, DOSSIER, PAPER, SCAN
from dossier.errors import WrongUse
from dossier.spine import Scan
from dossier.states import ScanState

# Statements that every upload asks are built once: building costs more than asking.
_LAST = (
    sa.select(PAPER.c.ordinal, PAPER.c.dossier_since)
    .where(PAPER.c.office == sa.bindparam("office"), PAPER.c.dossier == sa.bindparam("dossier"))
    .order_by(PAPER.c.ordinal.desc())
    .limit(1)
)
_CLOSED = sa.select(DOSSIER.c.closed_at).where(
    DOSSIER.c.office == sa.bindparam("office"),
    DOSSIER.c.code == sa.bindparam("dossier"),
    DOSSIER.c.closed_at.is_not(None),
)
_KNOWN = (
    sa.select(PAPER.c.id)
    .join(SCAN, SCAN.c.id == PAPER.c.scan)
    .where(
        SCAN.c.office == sa.bindparam("office"),
        SCAN.c.dossier == sa.bindparam("dossier"),
        SCAN.c.digest == sa.bindparam("digest"),
        SCAN.c.state != ScanState.REJECTED,
        SCAN.c.released_at.is_(None),
    )
    .order_by(PAPER.c.ordinal)
)
_NEW_SCAN = SCAN.insert()
_NEW_PAPER = PAPER.insert()


def place_in_dossier(
    connection: sa.Connection, office: str, dossier: str, now: datetime
) -> tuple[int, datetime]:
    """The number that the next paper of a dossier gets, and when its first one came.

    All papers of a dossier say the same of its beginning; ``now`` is it where there is none yet.
    """
    last = connection.execute(_LAST, {"office": office, "dossier": dossier}).first()
    return (1, now) if last is None else (last.ordinal + 1, last.dossier_since)


def known_as(connection: sa.Connection, scan: Scan, dossier: str) -> UUID | None:
    """The paper that these bytes are already in this dossier."""
    asked = {"office": scan.office, "dossier": dossier, "digest": scan.blob.digest}
    found: UUID | None = connection.execute(_KNOWN, asked).scalar()
    return found


def write_scan(connection: sa.Connection, scan: Scan, dossier: str, state: ScanState) -> None:
    """Write a scan down."""
    connection.execute(_NEW_SCAN, {**rows.scan_columns(scan), "dossier": dossier, "state": state})


def write_paper(connection: sa.Connection, scan: Scan, dossier: str, columns: rows.Columns) -> None:
    """Write down the new paper that stands for a scan."""
    its = {
        "office": scan.office,
        "dossier": dossier,
        "scan": scan.id,
        "created_at": scan.received_at,
        "updated_at": scan.received_at,
    }
    connection.execute(_NEW_PAPER, {**rows.EMPTY_PAPER, **its, **columns})


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
    if connection.execute(_CLOSED, {"office": office, "dossier": dossier}).first() is not None:
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
