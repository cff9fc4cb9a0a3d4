"""What lists, polls and streams ask of the ledger; nothing here changes a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.states import PaperState
from workflow.ledger.connections import Connections
from workflow.ledger.mapping import SELECT_PAPER, FieldCipher, in_hand_of, reading_of
from workflow.ledger.tables import MOVE, PAPER, SCAN
from workflow.ledger.types import WorkItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a paper stands, without what it says.

    Attributes:
        version: changes with whatever is done to it.
        code: why it waits, was rejected or is in review; or empty.
        reason: the sentence to the code.
        fault: who must act, where the code is that of an error (``dossier.errors``).
        media_type: empty where what came could not be taken.
        retry_at: when it is tried again, where that is a matter of time.
        set_aside: it is tried no more until the operator has looked at it.
        reading: pages read and pages to read while a worker elsewhere reads it; else None.
    """

    paper: UUID
    version: int
    office: str
    dossier: str
    ordinal: int
    source: str
    media_type: str
    state: PaperState
    code: str
    reason: str
    fault: str
    pages: int
    kind: str
    level: str
    sign_requested: bool
    retry_at: datetime | None
    set_aside: bool
    received_at: datetime
    updated_at: datetime
    reading: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One line of history, with its number in all histories."""

    id: int
    office: str
    paper: UUID
    dossier: str
    ordinal: int
    at: datetime
    before: str
    after: str
    code: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The OCFL object of an archived paper.

    Attributes:
        object_id: ``urn:uuid:...``.
        key: of the object's root in the record area.
        version: of the object, from 1.
        kept_until: aware UTC; end of the lock.
    """

    object_id: str
    key: str
    version: int
    kept_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScan:
    """A scan that stands or stood for a paper.

    Attributes:
        size: bytes.
        replaced_at: aware UTC; None for the current scan.
    """

    sha256: str
    size: int
    received_at: datetime
    replaced_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPaper:
    """One paper with its history, read in one transaction.

    Attributes:
        item: its content as far as it exists; None where only the state was read.
        history: oldest first.
        scans: oldest first.
        location: in the record area; None before it is archived.
    """

    standing: Standing
    item: WorkItem | None
    history: tuple[Moved, ...]
    scans: tuple[StoredScan, ...]
    location: Location | None


class Listing:
    """Papers and their moves, as a page of a list or since a moment."""

    def __init__(self, connections: Connections) -> None:
        self._reading = connections.reading

    def papers(
        self,
        *,
        offices: Sequence[str],
        state: PaperState | None = None,
        dossier: str | None = None,
        after: UUID | None = None,
        limit: int | None,
    ) -> list[Standing]:
        """Papers in the order they came in, from after one of them on."""
        query = SELECT_PAPER.where(PAPER.c.office.in_(offices))
        if state is not None:
            query = query.where(PAPER.c.state == state)
        if dossier is not None:
            query = query.where(PAPER.c.dossier == dossier)
        if after is not None:
            query = query.where(PAPER.c.id > after)
        with self._reading() as c:
            found = c.execute(query.order_by(PAPER.c.id).limit(limit)).mappings()
            return [_standing(row) for row in found]

    def standing(self, paper: UUID, *, offices: Sequence[str]) -> Standing | None:
        """Where one paper stands; None where it is not there for these offices."""
        query = SELECT_PAPER.where(PAPER.c.id == paper, PAPER.c.office.in_(offices))
        with self._reading() as c:
            row = c.execute(query).mappings().first()
        return None if row is None else _standing(row)

    def moves(
        self,
        *,
        offices: Sequence[str],
        paper: UUID | None = None,
        dossier: str | None = None,
        after: int = 0,
        limit: int = 500,
    ) -> list[Moved]:
        """Moves after a number, oldest first, of one paper, one dossier or all."""
        query = _MOVES.where(MOVE.c.id > after, PAPER.c.office.in_(offices))
        if paper is not None:
            query = query.where(MOVE.c.paper == paper)
        if dossier is not None:
            query = query.where(PAPER.c.dossier == dossier)
        with self._reading() as c:
            return _moved(c, query.order_by(MOVE.c.id).limit(limit))

    def last_move(self) -> int:
        """The number of the newest move of all."""
        with self._reading() as c:
            return c.execute(sa.select(sa.func.max(MOVE.c.id))).scalar() or 0


_MOVES = sa.select(
    MOVE.c.id,
    PAPER.c.office,
    MOVE.c.paper,
    PAPER.c.dossier,
    PAPER.c.ordinal,
    MOVE.c.at,
    MOVE.c.before,
    MOVE.c.after,
    MOVE.c.code,
    MOVE.c.reason,
    MOVE.c.actor,
).join(PAPER, PAPER.c.id == MOVE.c.paper)


def stored_paper(
    connection: sa.Connection,
    paper: UUID,
    *,
    offices: Sequence[str],
    cipher: FieldCipher | None,
) -> StoredPaper | None:
    """One paper with its history and scans; None where it is unknown or of another office.

    Args:
        connection: of the transaction.
        paper: its id.
        offices: whose papers may be read.
        cipher: decrypts the description; None reads the state alone.
    """
    query = SELECT_PAPER.where(PAPER.c.id == paper, PAPER.c.office.in_(offices))
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    scans = (
        sa.select(SCAN.c.digest, SCAN.c.size, SCAN.c.received_at, SCAN.c.released_at)
        .where(sa.or_(SCAN.c.id == row["scan"], SCAN.c.paper == paper))
        .order_by(SCAN.c.received_at, SCAN.c.id)
    )
    return StoredPaper(
        standing=_standing(row),
        item=None if cipher is None else in_hand_of(row, cipher),  # type: ignore[arg-type]  # keys are strings
        history=tuple(_moved(connection, _MOVES.where(MOVE.c.paper == paper).order_by(MOVE.c.id))),
        scans=tuple(
            StoredScan(sha256=s[0], size=s[1], received_at=s[2], replaced_at=s[3])
            for s in connection.execute(scans)
        ),
        location=None
        if not row["object_key"]
        else Location(
            object_id=row["object_id"],
            key=row["object_key"],
            version=row["object_version"],
            kept_until=row["kept_until"],
        ),
    )


def _moved(connection: sa.Connection, query: sa.Select[Any]) -> list[Moved]:
    return [Moved(**row) for row in connection.execute(query).mappings()]


def _standing(row: sa.RowMapping) -> Standing:
    return Standing(
        paper=row["id"],
        version=row["version"],
        office=row["office"],
        dossier=row["dossier"],
        ordinal=row["ordinal"],
        source=row["scan_source"],
        media_type=row["scan_media_type"] if row["scan_digest"] else "",
        state=PaperState(row["state"]),
        code=row["code"],
        reason=row["reason"],
        fault=row["fault"],
        pages=row["page_count"],
        kind=row["kind"],
        level=row["level"],
        sign_requested=row["sign_requested"],
        retry_at=row["retry_at"],
        set_aside=row["set_aside_at"] is not None,
        received_at=row["scan_received_at"],
        updated_at=row["updated_at"],
        reading=reading_of(row),
    )
