"""The ledger on SQLAlchemy: one transaction a call, compare-and-swap on a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from dossier.errors import WrongUse
from dossier.spine import ArchivedRecord
from dossier.states import PAPER_MOVES, SCAN_MOVES, PaperState, ScanState, check_move
from workflow.ledger import mapping as rows
from workflow.ledger.batching import Gathering
from workflow.ledger.connections import hold
from workflow.ledger.history import Told, add_move
from workflow.ledger.intake import receive_all
from workflow.ledger.papers import paper_row
from workflow.ledger.queue import Claiming
from workflow.ledger.receiving import (
    hold_dossier,
    place_in_dossier,
    release,
    write_papers,
    write_scans,
)
from workflow.ledger.tables import NOTE, OFFICE, PAPER, SCAN
from workflow.ledger.types import Answer, Incoming, Outcome, Received, WorkItem


class SqlLedger(Claiming):
    """Scans, papers, history and look-ups of all offices."""

    def __init__(self, engine: sa.Engine, *, cipher: rows.FieldCipher) -> None:
        super().__init__(engine, cipher=cipher)
        self._gathering = Gathering(self._receive_all)

    # -- notes -------------------------------------------------------------------------------

    def add_office(
        self, code: str, name: str, *, first_notes: Mapping[str, str] | None = None
    ) -> bool:
        """Make an office known; a known one keeps its name. Whether there was none before.

        Args:
            code: of the office.
            name: as stamps show it.
            first_notes: written down with the first office of all, or not at all.
        """
        with self._writing() as c:
            hold(c, "office")
            known = set(c.execute(sa.select(OFFICE.c.code)).scalars())
            if code not in known:
                c.execute(OFFICE.insert().values(code=code, name=name))
            if not known:
                for note, value in (first_notes or {}).items():
                    c.execute(NOTE.insert().values(office=code, name=note, value=value))
        return not known

    # -- coming in ---------------------------------------------------------------------------

    def receive(self, incoming: Incoming) -> Received:
        """Write down a scan and its one paper, or tell which paper it is already.

        Those that come at the same moment share a transaction; nobody waits for others to come.

        Raises:
            WrongUse: ``dossier.closed``; ``idempotency.other-question``.
        """
        answer = self._gathering.take(incoming)
        if isinstance(answer, WrongUse):
            raise answer
        return answer

    def _receive_all(self, group: Sequence[Incoming]) -> list[Answer]:
        with self._writing() as c:
            return receive_all(c, group)

    def restore(self, archived: ArchivedRecord) -> bool:
        """Write down an archived paper as the store tells it; False where it is known already."""
        signed = archived.signed
        record = signed.record
        paper, scan = record.paper, record.paper.scan
        outcome = Outcome(
            after=PaperState.ARCHIVED, split=paper, record=record, signed=signed, archived=archived
        )
        known = {
            **rows.outcome_columns(outcome, self._cipher),
            "words": rows.blob_to_json(record.words),
            "engine": record.engine,
        }
        with self._writing() as c:
            hold_dossier(c, paper.office, paper.dossier)
            if paper_row(c, paper.id) is not None:
                return False
            write_scans(c, [(scan, paper.dossier, ScanState.SPLIT)])
            _, since = place_in_dossier(c, paper.office, paper.dossier, scan.received_at)
            columns = {
                **known,
                "office": paper.office,
                "id": paper.id,
                "ordinal": paper.ordinal,
                "state": PaperState.ARCHIVED,
                "code": "",
                "reason": "",
                "sign_requested": False,
                "accept_as_found": False,
                "dossier_since": since,
            }
            write_papers(c, [(scan, paper.dossier, columns)])
            told = Told("", PaperState.ARCHIVED, "rebuilt", "", "rebuild")
            add_move(c, paper.office, paper.id, scan.received_at, told)
        return True

    # -- the steps ---------------------------------------------------------------------------

    def finish(self, held: WorkItem, outcome: Outcome, *, now: datetime, actor: str) -> bool:
        """Save what a step came to and let go; False where the paper was lost to another.

        A move that the table of states does not hold raises WrongUse and saves nothing.
        """
        columns = rows.outcome_columns(outcome, self._cipher)
        if outcome.after is not held.state:
            check_move(PAPER_MOVES, held.state, outcome.after)
        if outcome.after is PaperState.REVIEW:
            # Who asked for a signature has not seen what a review will change.
            columns["sign_requested"] = False
        with self._writing() as c:
            saved = c.execute(
                PAPER.update()
                .where(PAPER.c.id == held.paper.id, PAPER.c.version == held.version)
                .values(
                    **columns,
                    state=outcome.after,
                    version=held.version + 1,
                    attempts=0,
                    lost=0,
                    lease_until=None,
                    retry_at=None,
                    code=outcome.code,
                    reason=outcome.reason,
                    fault=outcome.fault,
                    updated_at=now,
                )
            )
            if saved.rowcount != 1:
                return False
            scan_after = _scan_after(held, outcome)
            if scan_after is not held.scan_state:
                check_move(SCAN_MOVES, held.scan_state, scan_after)
                c.execute(
                    SCAN.update().where(SCAN.c.id == held.paper.scan.id).values(state=scan_after)
                )
            if outcome.after is PaperState.REJECTED:
                release(c, held.paper.scan.id, held.paper.id, now)
            if outcome.after is not held.state:
                told = Told(held.state, outcome.after, outcome.code, outcome.reason, actor)
                add_move(c, held.paper.office, held.paper.id, now, told)
        return True


def _scan_after(held: WorkItem, outcome: Outcome) -> ScanState:
    if held.scan_state is ScanState.RECEIVED and outcome.after is PaperState.REJECTED:
        return ScanState.REJECTED
    return held.scan_state if outcome.split is None else ScanState.SPLIT
