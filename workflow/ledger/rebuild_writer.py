"""Writing archived papers back into the ledger, as a rebuild reads them from the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from archive.catalogue.models import RECORD
from dossier.spine import ArchivedRecord, HistoryEvent, Paper
from dossier.states import PaperState, ScanState
from workflow.ledger import mapping as rows
from workflow.ledger.connections import Connections, lock
from workflow.ledger.dossiers import lock_dossiers, note_change
from workflow.ledger.history_writer import NewEntry, Transition, append_history
from workflow.ledger.intake import insert_papers, insert_scans
from workflow.ledger.offices import insert_office
from workflow.ledger.tables import NOTE, PAPER, SCAN
from workflow.ledger.types import Outcome

_NOTE = "rebuild"
_REBUILT = "rebuilt"


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildState:
    """A rebuild that is needed, or was begun and has not ended.

    Attributes:
        since: when it was begun, ISO 8601; empty where it has not been begun.
        done: objects handled.
        total: objects in the store; 0 where it is not known yet.
        papers_missing: the ledger lacks archived papers too: no paper may be taken in.
    """

    since: str = ""
    done: int = 0
    total: int = 0
    papers_missing: bool = False


class Restoring:
    """Archived papers written back, and how far a rebuild has come.

    Args:
        connections: of the database.
        cipher: of a paper's description.
    """

    def __init__(self, connections: Connections, *, cipher: rows.FieldCipher) -> None:
        self._reading, self._writing = connections.reading, connections.writing
        self._cipher = cipher

    # -- the state of a rebuild ----------------------------------------------------------------

    def state(self) -> RebuildState | None:
        """The rebuild that has not ended; None where catalogue and ledger are complete."""
        with self._reading() as c:
            return _state(c)

    def save_state(self, office: str, state: RebuildState) -> None:
        """Write down how far a rebuild is."""
        with self._writing() as c:
            lock(c, _NOTE)
            c.execute(NOTE.delete().where(NOTE.c.name == _NOTE))
            for name, value in note_of(state).items():
                c.execute(NOTE.insert().values(office=office, name=name, value=value))

    def end(self) -> None:
        """Write down that catalogue and ledger are complete."""
        with self._writing() as c:
            lock(c, _NOTE)
            c.execute(NOTE.delete().where(NOTE.c.name == _NOTE))

    # -- papers ----------------------------------------------------------------------------------

    def restore_all(self, archived: Sequence[ArchivedRecord]) -> int:
        """Write down archived papers that the ledger does not know; how many those were.

        A paper whose ordinal another paper of its dossier has gets the next free one; the record
        itself keeps its own. ``same_ordinal`` finds both.
        """
        if not archived:
            return 0
        with self._writing() as c:
            papers = [one.signed.record.paper for one in archived]
            for office in sorted({paper.office for paper in papers}):
                # An office that only the store knows is named by its code.
                insert_office(c, office, office)
            for office, dossier in sorted({(p.office, p.dossier) for p in papers}):
                lock_dossiers(c, office, dossier)
            self._update(c, archived)
            known = set(
                c.execute(sa.select(PAPER.c.id).where(PAPER.c.id.in_(_ids(papers)))).scalars()
            )
            new = [one for one in archived if one.signed.record.paper.id not in known]
            if new:
                self._restore(c, new)
            return len(new)

    def correct(self, archived: ArchivedRecord) -> None:
        """Write down a new version of an archived paper's record, and its line of history."""
        paper = archived.signed.record.paper
        with self._writing() as c:
            lock_dossiers(c, paper.office, paper.dossier)
            note_change(c, paper.office, paper.dossier)
            self._update(c, [archived])

    def _update(self, c: sa.Connection, archived: Sequence[ArchivedRecord]) -> None:
        """Take over later versions of records whose papers are known."""
        by_id = {one.signed.record.paper.id: one for one in archived if one.version > 1}
        if not by_id:
            return
        query = sa.select(PAPER.c.id, PAPER.c.object_version).where(
            PAPER.c.id.in_(list(by_id)), PAPER.c.state == PaperState.ARCHIVED
        )
        lines = []
        for paper, version in c.execute(query).all():
            one = by_id[paper]
            if version >= one.version:
                continue
            c.execute(
                PAPER.update()
                .where(PAPER.c.id == paper)
                .values(
                    **rows.outcome_columns(
                        Outcome(
                            after=PaperState.ARCHIVED, record=one.signed.record, signed=one.signed
                        ),
                        self._cipher,
                    ),
                    preserve_at=None,
                    preserve_code="",
                    object_version=one.version,
                    kept_until=one.kept_until,
                    version=PAPER.c.version + 1,
                    updated_at=one.provenance.events[-1].at,
                )
            )
            lines += [
                NewEntry(one.signed.record.paper.office, paper, move.at, _transition(move))
                for move in one.provenance.events[-(one.version - version) :]
            ]
        append_history(c, lines, cipher=self._cipher)

    def _restore(self, c: sa.Connection, new: Sequence[ArchivedRecord]) -> None:
        dossiers = _Dossiers(c, [one.signed.record.paper for one in new])
        papers = []
        lines = []
        for one in new:
            paper = one.signed.record.paper
            ordinal, since = dossiers.place(paper)
            outcome = Outcome(
                after=PaperState.ARCHIVED,
                split=paper,
                record=one.signed.record,
                signed=one.signed,
                archived=one,
            )
            columns = {
                **rows.outcome_columns(outcome, self._cipher),
                "words": rows.blob_to_json(one.signed.record.words),
                "engine": one.signed.record.engine,
                "office": paper.office,
                "id": paper.id,
                "ordinal": ordinal,
                "state": PaperState.ARCHIVED,
                "code": "",
                "reason": b"",
                "sign_requested": False,
                "accept_as_found": False,
                "dossier_since": since,
                "updated_at": one.archived_at,
            }
            papers.append((paper.scan, paper.dossier, columns))
            lines += [
                NewEntry(paper.office, paper.id, move.at, _transition(move))
                for move in _history(one)
            ]
        self._write_scans(c, [one.signed.record.paper for one in new], dossiers)
        insert_papers(c, papers)
        append_history(c, lines, cipher=self._cipher)

    def _write_scans(self, c: sa.Connection, papers: Sequence[Paper], dossiers: _Dossiers) -> None:
        """Write down the scans that are not known yet; two papers may share one."""
        ids = [paper.scan.id for paper in papers]
        known = set(c.execute(sa.select(SCAN.c.id).where(SCAN.c.id.in_(ids))).scalars())
        scans = []
        for paper in papers:
            if paper.scan.id in known:
                continue
            known.add(paper.scan.id)
            scans.append(paper)
        fresh: list[Paper] = []
        again: list[Paper] = []
        for paper in scans:
            place = (paper.office, paper.dossier, paper.scan.blob.digest)
            (again if place in dossiers.scans else fresh).append(paper)
            dossiers.scans.add(place)
        if fresh:
            insert_scans(
                c,
                [(paper.scan, paper.dossier, ScanState.SPLIT) for paper in fresh],
                cipher=self._cipher,
            )
        for paper in again:
            # The same bytes came in again before the rebuild: two papers stand for them now.
            c.execute(
                SCAN.insert().values(
                    **rows.scan_columns(paper.scan, self._cipher),
                    dossier=paper.dossier,
                    state=ScanState.SPLIT,
                    released_at=paper.scan.received_at,
                    paper=paper.id,
                )
            )

    def same_ordinal(self) -> list[tuple[str, int, list[str]]]:
        """Ordinals that several records of one dossier have: dossier, ordinal, object keys."""
        twice = (
            sa.select(RECORD.c.office, RECORD.c.dossier, RECORD.c.ordinal)
            .group_by(RECORD.c.office, RECORD.c.dossier, RECORD.c.ordinal)
            .having(sa.func.count() > 1)
        ).subquery()
        query = sa.select(RECORD.c.dossier, RECORD.c.ordinal, RECORD.c.object_key).join(
            twice,
            sa.and_(
                RECORD.c.office == twice.c.office,
                RECORD.c.dossier == twice.c.dossier,
                RECORD.c.ordinal == twice.c.ordinal,
            ),
        )
        found: dict[tuple[str, int], list[str]] = {}
        with self._reading() as c:
            for dossier, ordinal, key in c.execute(query.order_by(RECORD.c.id)):
                found.setdefault((dossier, ordinal), []).append(key)
        return [(dossier, ordinal, keys) for (dossier, ordinal), keys in found.items()]

    def without_record(self, *, limit: int) -> list[str]:
        """Object keys of archived papers that the catalogue has no record of."""
        query = (
            sa.select(PAPER.c.object_key)
            .where(
                PAPER.c.state == PaperState.ARCHIVED,
                PAPER.c.id.not_in(sa.select(RECORD.c.paper)),
            )
            .order_by(PAPER.c.object_key)
            .limit(limit)
        )
        with self._reading() as c:
            return list(c.execute(query).scalars())

    def counts(self) -> tuple[int, int]:
        """Archived papers of the ledger, and records of the catalogue."""
        ledger = sa.select(sa.func.count()).where(PAPER.c.state == PaperState.ARCHIVED)
        catalogue = sa.select(sa.func.count()).select_from(RECORD)
        with self._reading() as c:
            return c.execute(ledger).scalar_one(), c.execute(catalogue).scalar_one()

    def signed(self, keys: Iterable[str]) -> set[str]:
        """Which of these paper ids wait to be archived: their objects may be incomplete."""
        ids = [UUID(key) for key in keys]
        query = sa.select(PAPER.c.id).where(PAPER.c.id.in_(ids), PAPER.c.state == PaperState.SIGNED)
        with self._reading() as c:
            return {str(paper) for paper in c.execute(query).scalars()}


class _Dossiers:
    """Ordinals and beginnings of the dossiers of a batch, as the ledger has them."""

    def __init__(self, c: sa.Connection, papers: Sequence[Paper]) -> None:
        codes = sorted({paper.dossier for paper in papers})
        self._taken: dict[tuple[str, str], set[int]] = {}
        self._since: dict[tuple[str, str], datetime] = {}
        query = sa.select(
            PAPER.c.office, PAPER.c.dossier, PAPER.c.ordinal, PAPER.c.dossier_since
        ).where(PAPER.c.dossier.in_(codes))
        for office, dossier, ordinal, since in c.execute(query):
            self._taken.setdefault((office, dossier), set()).add(ordinal)
            self._since[office, dossier] = since
        for paper in papers:
            place = (paper.office, paper.dossier)
            received = paper.scan.received_at
            self._since.setdefault(place, received)
        digests = sa.select(SCAN.c.office, SCAN.c.dossier, SCAN.c.digest).where(
            SCAN.c.dossier.in_(codes), SCAN.c.released_at.is_(None)
        )
        self.scans = {tuple(row) for row in c.execute(digests)}

    def place(self, paper: Paper) -> tuple[int, datetime]:
        """The ordinal that a paper gets in the ledger, and the beginning of its dossier."""
        place = (paper.office, paper.dossier)
        taken = self._taken.setdefault(place, set())
        ordinal = paper.ordinal if paper.ordinal not in taken else max(taken) + 1
        taken.add(ordinal)
        return ordinal, self._since[place]


def _history(archived: ArchivedRecord) -> tuple[HistoryEvent, ...]:
    """The moves of a paper; one line that says it was rebuilt where the record keeps none."""
    last = HistoryEvent(
        at=archived.archived_at,
        before=PaperState.SIGNED,
        after=PaperState.ARCHIVED,
        code="",
        reason="",
        actor=archived.provenance.archived_by,
    )
    events = archived.provenance.events
    if events:
        later = tuple(move for move in events if move.before == PaperState.ARCHIVED)
        return (*events[: len(events) - len(later)], last, *later)
    return (replace(last, before="", code=_REBUILT, actor="rebuild"),)


def _transition(move: HistoryEvent) -> Transition:
    return Transition(move.before, move.after, move.code, move.reason, move.actor)


def _ids(papers: Sequence[Paper]) -> list[UUID]:
    return [paper.id for paper in papers]


def note_of(state: RebuildState) -> dict[str, str]:
    """The state as a note of the ledger, by its name."""
    return {_NOTE: json.dumps(asdict(state))}


def _state(c: sa.Connection) -> RebuildState | None:
    value = c.execute(sa.select(NOTE.c.value).where(NOTE.c.name == _NOTE)).scalar()
    if value is None:
        return None
    read: Mapping[str, object] = json.loads(value)
    return RebuildState(
        since=str(read["since"]),
        done=int(str(read["done"])),
        total=int(str(read["total"])),
        papers_missing=bool(read["papers_missing"]),
    )
