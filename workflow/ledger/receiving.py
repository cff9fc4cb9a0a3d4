"""Parts of a transaction that takes a scan in, or lets one go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import WrongUse
from dossier.spine import Scan
from dossier.states import ScanState
from workflow.ledger import mapping as rows
from workflow.ledger.connections import hold
from workflow.ledger.tables import DOSSIER, PAPER, SCAN

# Statements that every upload asks are built once: building costs more than asking.
_LAST = (
    sa.select(PAPER.c.ordinal, PAPER.c.dossier_since)
    .where(PAPER.c.office == sa.bindparam("office"), PAPER.c.dossier == sa.bindparam("dossier"))
    .order_by(PAPER.c.ordinal.desc())
    .limit(1)
)
_CLOSED = sa.select(DOSSIER.c.office, DOSSIER.c.code).where(
    DOSSIER.c.office.in_(sa.bindparam("offices", expanding=True)),
    DOSSIER.c.code.in_(sa.bindparam("dossiers", expanding=True)),
    DOSSIER.c.closed_at.is_not(None),
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


def write_scans(connection: sa.Connection, scans: Sequence[tuple[Scan, str, ScanState]]) -> None:
    """Write scans down, each with its dossier and state."""
    connection.execute(
        _NEW_SCAN,
        [
            {**rows.scan_columns(scan), "dossier": dossier, "state": state}
            for scan, dossier, state in scans
        ],
    )


def write_papers(
    connection: sa.Connection, papers: Sequence[tuple[Scan, str, rows.Columns]]
) -> None:
    """Write down the new papers that stand for scans, each with its dossier."""
    connection.execute(
        _NEW_PAPER,
        [
            {
                **rows.EMPTY_PAPER,
                "office": scan.office,
                "dossier": dossier,
                "scan": scan.id,
                "created_at": scan.received_at,
                "updated_at": scan.received_at,
                **columns,
            }
            for scan, dossier, columns in papers
        ],
    )


def hold_dossier(connection: sa.Connection, office: str, *dossiers: str) -> None:
    """Be the only one to change what belongs to these dossiers, until the transaction ends."""
    for dossier in sorted(set(dossiers)):
        hold(connection, "dossier", office, dossier)


def release(connection: sa.Connection, scan: UUID, paper: UUID, now: datetime) -> None:
    """Note that no paper stands for a scan any more; its bytes may come again as another one."""
    connection.execute(SCAN.update().where(SCAN.c.id == scan).values(released_at=now, paper=paper))


def closed_among(
    connection: sa.Connection, places: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Which of these dossiers, each with its office, take no more papers."""
    if not places:
        return set()
    asked = {
        "offices": sorted({office for office, _ in places}),
        "dossiers": sorted({dossier for _, dossier in places}),
    }
    found = connection.execute(_CLOSED, asked)
    return {(office, dossier) for office, dossier in found} & set(places)


def refuse_closed(connection: sa.Connection, office: str, dossier: str) -> None:
    """See that a dossier still takes papers.

    Raises:
        WrongUse: ``dossier.closed``.
    """
    if closed_among(connection, [(office, dossier)]):
        raise dossier_is_closed()


def dossier_is_closed() -> WrongUse:
    """``dossier.closed``."""
    return WrongUse(
        "dossier.closed", "the dossier is closed and takes no more papers; use another one"
    )
