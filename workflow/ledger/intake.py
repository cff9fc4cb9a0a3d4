"""Receives scans, many in one transaction. Each becomes a paper, or is one already."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import Misconfigured, RejectedInput, WrongUse
from dossier.spine import Scan
from dossier.states import PaperState, ScanState
from workflow.ledger import mapping
from workflow.ledger.batching import WriteBatcher
from workflow.ledger.connections import Connections, lock
from workflow.ledger.dossiers import closed_among, dossier_closed, lock_dossiers, next_place
from workflow.ledger.history_writer import SIGN_REQUESTED, NewEntry, Transition, append_history
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.offices import reserve_numbers
from workflow.ledger.papers import PIPELINE_STATES
from workflow.ledger.queue import WORKER_LOST
from workflow.ledger.tables import ANSWERED, NOTE, OFFICE, PAPER, SCAN
from workflow.ledger.types import IncomingScan, IntakeResult, Received

_Place = tuple[str, str]  # an office and a dossier of it

# Built once: every upload runs these, and building a statement costs more than running it.
_KNOWN = (
    sa.select(SCAN.c.office, SCAN.c.dossier, SCAN.c.digest, PAPER.c.id)
    .join(SCAN, SCAN.c.id == PAPER.c.scan)
    .where(
        SCAN.c.office.in_(sa.bindparam("offices", expanding=True)),
        SCAN.c.dossier.in_(sa.bindparam("dossiers", expanding=True)),
        SCAN.c.digest.in_(sa.bindparam("digests", expanding=True)),
        SCAN.c.state != ScanState.REJECTED,
        SCAN.c.released_at.is_(None),
    )
    .order_by(PAPER.c.ordinal)
)
_ANSWERED = sa.select(ANSWERED).where(
    ANSWERED.c.token.in_(sa.bindparam("tokens", expanding=True)),
    ANSWERED.c.key.in_(sa.bindparam("keys", expanding=True)),
)
_REBUILD = sa.select(NOTE.c.value).where(NOTE.c.name == "rebuild")
_INSERT_ANSWER = ANSWERED.insert()
_INSERT_SCAN = SCAN.insert()
_INSERT_PAPER = PAPER.insert()


class ScanIntake:
    """Where scans and restored records enter the ledger."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._writing = connections.writing
        self._cipher = cipher
        self._batcher = WriteBatcher(self.receive_batch)

    def receive(self, incoming: IncomingScan) -> Received:
        """Store a scan and its paper, or find the paper that holds the same bytes already.

        Scans submitted at the same moment share a transaction.

        Raises:
            WrongUse: ``dossier.closed``; ``idempotency.key-reused``.
        """
        result = self._batcher.submit(incoming)
        if isinstance(result, WrongUse):
            raise result
        return result

    def receive_batch(self, batch: Sequence[IncomingScan]) -> list[IntakeResult]:
        """Receive scans in one transaction; the result of each, in order.

        A result is an error where the dossier is closed (``dossier.closed``) or the key belongs to
        another request (``idempotency.key-reused``); the other scans are received.
        """
        with self._writing() as c:
            require_complete(c)
            # Take locks in a fixed order, to avoid deadlock.
            keys = {
                (one.idempotency.token, one.idempotency.key.hex())
                for one in batch
                if one.idempotency
            }
            for token, key in sorted(keys):
                lock(c, "key", token, key)
            for office, dossier in sorted({_place(one) for one in batch}):
                lock_dossiers(c, office, dossier)
            parts = list(_split(batch))
            if len(parts) > 1:
                _lock_for_parts(c, batch)
            results: dict[int, IntakeResult] = {}
            for part in parts:
                results |= _receive(c, part, self._cipher)
            return [results[id(one)] for one in batch]


def require_complete(connection: sa.Connection) -> None:
    """Refuse scans while the ledger lacks papers of the store: ordinals would be given twice.

    Raises:
        Misconfigured: ``ledger.rebuild-first``.
    """
    value = connection.execute(_REBUILD).scalar()
    if value is not None and json.loads(value)["papers_missing"]:
        raise Misconfigured(
            "ledger.rebuild-first",
            "the store holds records that this database does not know; run: sohoa rebuild",
        )


def _place(one: IncomingScan) -> _Place:
    return one.scan.office, one.dossier


def _split(batch: Sequence[IncomingScan]) -> Iterator[list[IncomingScan]]:
    """Parts without equal bytes or keys: of two equal scans the second must see the first."""
    seen: set[tuple[str, ...]] = set()
    part: list[IncomingScan] = []
    for one in batch:
        marks = _marks(one)
        if marks & seen:
            yield part
            part, seen = [], set()
        part.append(one)
        seen |= marks
    yield part


def _lock_for_parts(connection: sa.Connection, batch: Sequence[IncomingScan]) -> None:
    """Lock the papers, then the counters, that the parts will change: again a fixed order."""
    known = _known_papers(connection, [one for one in batch if one.rejected is None])
    papers = sa.select(PAPER.c.id).where(PAPER.c.id.in_(known.values())).order_by(PAPER.c.id)
    connection.execute(papers.with_for_update())
    offices = sa.select(OFFICE.c.code).where(OFFICE.c.code.in_({o for o, _ in map(_place, batch)}))
    connection.execute(offices.order_by(OFFICE.c.code).with_for_update(key_share=True))


def _marks(one: IncomingScan) -> set[tuple[str, ...]]:
    marks: set[tuple[str, ...]] = set()
    if one.rejected is None:
        marks.add((*_place(one), one.scan.blob.digest))
    if one.idempotency is not None:
        marks.add((one.idempotency.token, one.idempotency.key.hex()))
    return marks


def _receive(
    connection: sa.Connection, part: Sequence[IncomingScan], cipher: FieldCipher
) -> dict[int, IntakeResult]:
    results = _earlier_answers(connection, part)
    left = [one for one in part if id(one) not in results]
    closed = closed_among(connection, {_place(one) for one in left})
    for one in left:
        if _place(one) in closed:
            results[id(one)] = dossier_closed()
    left = [one for one in left if id(one) not in results]
    known = _known_papers(connection, [one for one in left if one.rejected is None])
    entries: dict[int, NewEntry] = {}
    # Papers in a fixed order, to avoid deadlock.
    for one in sorted(left, key=lambda one: known.get(id(one), one.paper)):
        paper = known.get(id(one))
        if paper is not None:
            entry = _resubmit(connection, paper, one)
            if entry is not None:
                entries[id(one)] = entry
        results[id(one)] = Received(paper or one.paper, known_already=paper is not None)
    new = [one for one in left if id(one) not in known]
    _insert(connection, new, cipher)
    _save_answers(connection, left, results)
    entries |= {id(one): _entry(one, one.paper, _first_entry(one)) for one in new}
    append_history(
        connection, [entries[id(one)] for one in left if id(one) in entries], cipher=cipher
    )
    return results


def _earlier_answers(
    connection: sa.Connection, part: Sequence[IncomingScan]
) -> dict[int, IntakeResult]:
    """The stored answers to idempotency keys that were used before."""
    keyed = [(one, one.idempotency) for one in part if one.idempotency is not None]
    if not keyed:
        return {}
    parameters = {
        "tokens": sorted({key.token for _, key in keyed}),
        "keys": [key.key for _, key in keyed],
    }
    found = {(row.token, row.key): row for row in connection.execute(_ANSWERED, parameters)}
    results: dict[int, IntakeResult] = {}
    for one, key in keyed:
        row = found.get((key.token, key.key))
        if row is None:
            continue
        if row.asked == key.request:
            results[id(one)] = Received(
                row.paper, known_already=row.known, code=row.code, reason=row.reason
            )
        else:
            results[id(one)] = WrongUse(
                "idempotency.key-reused",
                "this Idempotency-Key was used for another request; use a new key for each",
            )
    return results


def _known_papers(connection: sa.Connection, part: Sequence[IncomingScan]) -> dict[int, UUID]:
    """The papers whose dossiers hold the same bytes already."""
    if not part:
        return {}
    parameters = {
        "offices": sorted({one.scan.office for one in part}),
        "dossiers": sorted({one.dossier for one in part}),
        "digests": [one.scan.blob.digest for one in part],
    }
    first: dict[tuple[str, ...], UUID] = {}
    for office, dossier, digest, paper in connection.execute(_KNOWN, parameters):
        first.setdefault((office, dossier, digest), paper)
    found = {id(one): first.get((*_place(one), one.scan.blob.digest)) for one in part}
    return {one: paper for one, paper in found.items() if paper is not None}


def _insert(connection: sa.Connection, new: Sequence[IncomingScan], cipher: FieldCipher) -> None:
    if not new:
        return
    last: dict[_Place, tuple[int, datetime]] = {}
    scans, papers = [], []
    for one in new:
        place = _place(one)
        if place in last:
            ordinal, since = last[place][0] + 1, last[place][1]
        else:
            ordinal, since = next_place(connection, *place, one.scan.received_at)
        last[place] = ordinal, since
        first = _transition(one)
        state = ScanState.REJECTED if one.rejected else ScanState.RECEIVED
        scans.append((one.scan, one.dossier, state))
        columns = {
            "fault": RejectedInput.fault if one.rejected else "",
            "request": one.request,
            "id": one.paper,
            "ordinal": ordinal,
            "state": first.after,
            "code": first.code,
            "reason": cipher.encrypt_text(first.reason, one.paper),
            "sign_requested": one.sign,
            **(mapping.request_columns(one.actor, one.sign_key) if one.sign else {}),
            "accept_as_found": one.accept,
            "dossier_since": since,
        }
        papers.append((one.scan, one.dossier, columns))
    insert_scans(connection, scans, cipher=cipher)
    insert_papers(connection, papers)


def insert_scans(
    connection: sa.Connection,
    scans: Sequence[tuple[Scan, str, ScanState]],
    *,
    cipher: FieldCipher,
) -> None:
    """Insert scans, each with its dossier and state."""
    connection.execute(
        _INSERT_SCAN,
        [
            {**mapping.scan_columns(scan, cipher), "dossier": dossier, "state": state}
            for scan, dossier, state in scans
        ],
    )


def insert_papers(
    connection: sa.Connection, papers: Sequence[tuple[Scan, str, mapping.Columns]]
) -> None:
    """Insert the papers of scans, each with its dossier."""
    counts = Counter(scan.office for scan, _, _ in papers)
    numbers = reserve_numbers(connection, OFFICE.c.papers, counts)
    sequences = {office: count(first) for office, first in numbers.items()}
    connection.execute(
        _INSERT_PAPER,
        [
            {
                **mapping.EMPTY_PAPER,
                "office": scan.office,
                "sequence": next(sequences[scan.office]),
                "dossier": dossier,
                "scan": scan.id,
                "created_at": scan.received_at,
                "updated_at": scan.received_at,
                **columns,
            }
            for scan, dossier, columns in papers
        ],
    )


def _transition(one: IncomingScan) -> Transition:
    state = PaperState.REJECTED if one.rejected else PaperState.RECEIVED
    return Transition("", state, *(one.rejected or ("", "")), one.actor)


def _save_answers(
    connection: sa.Connection,
    part: Sequence[IncomingScan],
    results: Mapping[int, IntakeResult],
) -> None:
    """Store the answers to idempotency keys."""
    new = []
    for one in part:
        result = results[id(one)]
        if one.idempotency is not None and isinstance(result, Received):
            first = _transition(one)
            new.append(
                {
                    "token": one.idempotency.token,
                    "key": one.idempotency.key,
                    "office": one.scan.office,
                    "asked": one.idempotency.request,
                    "paper": result.paper,
                    "known": result.known_already,
                    "code": first.code,
                    "reason": first.reason,
                    "at": one.scan.received_at,
                }
            )
    if new:
        connection.execute(_INSERT_ANSWER, new)


def _first_entry(one: IncomingScan) -> Transition:
    first = _transition(one)
    return first._replace(code=SIGN_REQUESTED) if one.sign else first


def _entry(one: IncomingScan, paper: UUID, transition: Transition) -> NewEntry:
    return NewEntry(one.scan.office, paper, one.scan.received_at, transition)


def _resubmit(connection: sa.Connection, paper: UUID, one: IncomingScan) -> NewEntry | None:
    """Retry a paper that was submitted again; request its signature if the sender wants it.

    The lease is not checked, since its worker may be dead; a running step is not disturbed.
    """
    unfinished = PAPER.update().where(PAPER.c.id == paper, PAPER.c.state.in_(PIPELINE_STATES))
    entry = None
    if one.sign:
        connection.execute(unfinished.values(retry_at=None))
        requested = unfinished.where(PAPER.c.sign_requested.is_(False)).values(
            sign_requested=True, **mapping.request_columns(one.actor, one.sign_key)
        )
        state = connection.execute(requested.returning(PAPER.c.state)).scalar()
        if state is not None:
            entry = _entry(one, paper, Transition(state, state, SIGN_REQUESTED, "", one.actor))
    # An integrity violation stays set aside until an operator finds its cause. Missing bytes,
    # however, have just been submitted again.
    connection.execute(
        unfinished.where(
            sa.or_(
                PAPER.c.code.startswith("set-aside.child."),
                PAPER.c.code.in_((WORKER_LOST, "set-aside.work.missing")),
            )
        ).values(set_aside_at=None, attempts=0, lost=0, retry_at=None)
    )
    return entry
