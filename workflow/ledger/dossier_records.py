"""What the objects of dossiers are made of, and which of them are to be written again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from archive.catalogue.models import OBJECT_VERSION
from archive.dossier_record import DossierRecord, ListedPaper
from dossier import written
from dossier.states import PaperState
from workflow.ledger.connections import Connections
from workflow.ledger.dossiers import REOPENED, lock_dossiers
from workflow.ledger.history_writer import NewEntry, Transition, append_history
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.offices import insert_office
from workflow.ledger.tables import DOSSIER, MOVE, PAPER, SCAN


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierState:
    """A dossier as the ledger has it now, for its object.

    Attributes:
        revision: to be saved with ``set_written``.
        owner: the first person whom its papers name; empty where unknown.
        papers: the archived ones, by ordinal.
        first: when the first of these was received; None without any.
        last: when the last was archived; None without any.
        reopened: when, and by whom.
    """

    office: str
    code: str
    revision: int
    closed_at: datetime | None
    closed_by: str
    expected: tuple[str, ...]
    reopened: tuple[tuple[datetime, str], ...]
    owner: str
    born_digital: bool
    papers: tuple[ListedPaper, ...]
    first: datetime | None
    last: datetime | None


class DossierRecords:
    """The ledger's side of the objects of dossiers.

    Args:
        connections: of the database.
        cipher: of a paper's description.
    """

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._reading, self._writing = connections.reading, connections.writing
        self._cipher = cipher

    def list_unwritten(self, *, limit: int) -> list[tuple[str, str]]:
        """Office and code of dossiers whose object is to be written."""
        query = (
            sa.select(DOSSIER.c.office, DOSSIER.c.code)
            .where(DOSSIER.c.revision != DOSSIER.c.written)
            .order_by(DOSSIER.c.office, DOSSIER.c.code)
            .limit(limit)
        )
        with self._reading() as c:
            return [(row.office, row.code) for row in c.execute(query)]

    def state(self, office: str, code: str) -> DossierState | None:
        """A dossier as it is now; None where it has no row of its own."""
        row_query = sa.select(DOSSIER).where(DOSSIER.c.office == office, DOSSIER.c.code == code)
        with self._reading() as c:
            row = c.execute(row_query).first()
            if row is None:
                return None
            rows = c.execute(_papers(office, code)).all()
            reopened = tuple((move.at, move.actor) for move in c.execute(_reopenings(office, code)))
        return DossierState(
            office=office,
            code=code,
            revision=row.revision,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            expected=tuple(row.expected),
            reopened=reopened,
            owner=self._owner(rows),
            born_digital=bool(rows) and all(one.arrived_signed for one in rows),
            papers=tuple(
                ListedPaper(
                    paper=one.id,
                    ordinal=one.ordinal,
                    kind=one.kind,
                    pages=one.page_count,
                    object_id=one.object_id,
                    version=one.object_version,
                    digest=one.digest,
                )
                for one in rows
            ),
            first=min((one.received_at for one in rows), default=None),
            last=max((one.created_at for one in rows), default=None),
        )

    def _owner(self, rows: Sequence[sa.Row[tuple[object, ...]]]) -> str:
        if not rows or rows[0].description is None:
            return ""
        opened = self._cipher.decrypt(rows[0].description, rows[0].id)
        people = written.description_from_json(json.loads(opened)).people()
        return next((person.name for person in people if person.name), "")

    def set_written(self, office: str, code: str, *, revision: int, keep_years: int) -> None:
        """Note that the object has the state of a revision, and the dossier's term."""
        with self._writing() as c:
            c.execute(
                DOSSIER.update()
                .where(DOSSIER.c.office == office, DOSSIER.c.code == code)
                .values(written=revision, keep_years=keep_years)
            )

    def restore(self, record: DossierRecord) -> None:
        """Write a dossier down as its object has it; one that the ledger knows stays."""
        with self._writing() as c:
            insert_office(c, record.office, record.office)
            lock_dossiers(c, record.office, record.code)
            there = sa.select(DOSSIER.c.code).where(
                DOSSIER.c.office == record.office, DOSSIER.c.code == record.code
            )
            if c.execute(there).first() is not None:
                return
            c.execute(
                DOSSIER.insert().values(
                    office=record.office,
                    code=record.code,
                    expected=list(record.expected),
                    created_at=record.first,
                    closed_at=record.closed_at,
                    closed_by=record.closed_by,
                    keep_years=record.keep_years,
                    # What the ledger says may differ where a paper came after this version.
                    revision=2,
                    written=1,
                )
            )
            append_history(c, _reopened(c, record), cipher=self._cipher)


def _reopenings(office: str, code: str) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(MOVE.c.at, MOVE.c.actor)
        .distinct()
        .join(PAPER, PAPER.c.id == MOVE.c.paper)
        .where(PAPER.c.office == office, PAPER.c.dossier == code, MOVE.c.code == REOPENED)
        .order_by(MOVE.c.at, MOVE.c.actor)
    )


def _reopened(c: sa.Connection, record: DossierRecord) -> list[NewEntry]:
    """The lines of history of reopenings, for papers that were archived before them.

    Those of the others are part of their own records.
    """
    entries = []
    for at, actor in record.reopened:
        papers = (
            sa.select(MOVE.c.paper)
            .join(PAPER, PAPER.c.id == MOVE.c.paper)
            .where(
                PAPER.c.office == record.office,
                PAPER.c.dossier == record.code,
                MOVE.c.before == PaperState.SIGNED,
                MOVE.c.after == PaperState.ARCHIVED,
                MOVE.c.at <= at,
            )
            .order_by(PAPER.c.ordinal)
        )
        line = Transition(PaperState.ARCHIVED, PaperState.ARCHIVED, REOPENED, "", actor)
        entries += [
            NewEntry(record.office, paper, at, line) for paper in c.execute(papers).scalars()
        ]
    return entries


def _papers(office: str, code: str) -> sa.Select[tuple[object, ...]]:
    version = OBJECT_VERSION.c
    return (
        sa.select(
            PAPER.c.id,
            PAPER.c.ordinal,
            PAPER.c.kind,
            PAPER.c.page_count,
            PAPER.c.arrived_signed,
            PAPER.c.object_id,
            PAPER.c.object_version,
            PAPER.c.description,
            SCAN.c.received_at,
            version.digest,
            version.created_at,
        )
        .join(SCAN, SCAN.c.id == PAPER.c.scan)
        .join(
            OBJECT_VERSION,
            sa.and_(
                version.object_id == PAPER.c.object_id, version.number == PAPER.c.object_version
            ),
        )
        .where(
            PAPER.c.office == office,
            PAPER.c.dossier == code,
            PAPER.c.state == PaperState.ARCHIVED,
        )
        .order_by(PAPER.c.ordinal)
    )
