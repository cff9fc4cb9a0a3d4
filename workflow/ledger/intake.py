"""Scans that come in, many in one transaction: each becomes a paper, or is one already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import RejectedInput, WrongUse
from dossier.states import PaperState, ScanState
from workflow.ledger.connections import hold
from workflow.ledger.history import SIGN_REQUESTED, Line, Told, add_moves
from workflow.ledger.papers import MOVING
from workflow.ledger.queue import LOST
from workflow.ledger.receiving import (
    closed_among,
    dossier_is_closed,
    hold_dossier,
    place_in_dossier,
    write_papers,
    write_scans,
)
from workflow.ledger.tables import ANSWERED, PAPER, SCAN
from workflow.ledger.types import Answer, Incoming, Received

_Place = tuple[str, str]  # an office and its dossier

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
_NEW_ANSWERS = ANSWERED.insert()


def receive_all(connection: sa.Connection, group: Sequence[Incoming]) -> list[Answer]:
    """Take these in; the answer to each, in their order.

    An answer is an error where the dossier is closed (``dossier.closed``) or the key was used for
    another question (``idempotency.other-question``): that is said of this one alone.
    """
    # First all that is held, each kind in one order, so that nobody waits for each other.
    for token, key in sorted({(one.once.token, one.once.key.hex()) for one in group if one.once}):
        hold(connection, "key", token, key)
    for office, dossier in sorted({_place(one) for one in group}):
        hold_dossier(connection, office, dossier)
    answers: dict[int, Answer] = {}
    for part in _apart(group):
        answers |= _receive(connection, part)
    return [answers[id(one)] for one in group]


def _place(one: Incoming) -> _Place:
    return one.scan.office, one.dossier


def _apart(group: Sequence[Incoming]) -> Iterator[list[Incoming]]:
    """Runs in which none has the bytes or the key of another: the second must see the first."""
    seen: set[tuple[str, ...]] = set()
    run: list[Incoming] = []
    for one in group:
        marks = _marks(one)
        if marks & seen:
            yield run
            run, seen = [], set()
        run.append(one)
        seen |= marks
    yield run


def _marks(one: Incoming) -> set[tuple[str, ...]]:
    marks: set[tuple[str, ...]] = set()
    if one.rejected is None:
        marks.add((*_place(one), one.scan.blob.digest))
    if one.once is not None:
        marks.add((one.once.token, one.once.key.hex()))
    return marks


def _receive(connection: sa.Connection, part: Sequence[Incoming]) -> dict[int, Answer]:
    answers = _answers_before(connection, part)
    left = [one for one in part if id(one) not in answers]
    closed = closed_among(connection, {_place(one) for one in left})
    for one in left:
        if _place(one) in closed:
            answers[id(one)] = dossier_is_closed()
    left = [one for one in left if id(one) not in answers]
    known = _known(connection, [one for one in left if one.rejected is None])
    wishes: dict[int, Line] = {}
    for one in sorted(left, key=lambda one: known.get(id(one), one.paper)):
        paper = known.get(id(one))
        if paper is not None:
            wish = _ask_again(connection, paper, one)
            if wish is not None:
                wishes[id(one)] = wish
        answers[id(one)] = Received(paper or one.paper, known_already=paper is not None)
    new = [one for one in left if id(one) not in known]
    _write(connection, new)
    _write_answers(connection, left, answers)
    # In the order in which they came.
    lines = wishes | {id(one): _line(one, one.paper, _first_line(one)) for one in new}
    add_moves(connection, [lines[id(one)] for one in left if id(one) in lines])
    return answers


def _answers_before(connection: sa.Connection, part: Sequence[Incoming]) -> dict[int, Answer]:
    """What was answered to their keys before."""
    asking = [(one, one.once) for one in part if one.once is not None]
    if not asking:
        return {}
    asked = {
        "tokens": sorted({once.token for _, once in asking}),
        "keys": [once.key for _, once in asking],
    }
    found = {(row.token, row.key): row for row in connection.execute(_ANSWERED, asked)}
    answers: dict[int, Answer] = {}
    for one, once in asking:
        row = found.get((once.token, once.key))
        if row is None:
            continue
        if row.asked == once.asked:
            answers[id(one)] = Received(
                row.paper, known_already=row.known, code=row.code, reason=row.reason
            )
        else:
            answers[id(one)] = WrongUse(
                "idempotency.other-question",
                "this Idempotency-Key was used for another question; use a new key for each",
            )
    return answers


def _known(connection: sa.Connection, part: Sequence[Incoming]) -> dict[int, UUID]:
    """The papers that their bytes are already in their dossiers."""
    if not part:
        return {}
    asked = {
        "offices": sorted({one.scan.office for one in part}),
        "dossiers": sorted({one.dossier for one in part}),
        "digests": [one.scan.blob.digest for one in part],
    }
    first: dict[tuple[str, ...], UUID] = {}
    for office, dossier, digest, paper in connection.execute(_KNOWN, asked):
        first.setdefault((office, dossier, digest), paper)
    found = {id(one): first.get((*_place(one), one.scan.blob.digest)) for one in part}
    return {one: paper for one, paper in found.items() if paper is not None}


def _write(connection: sa.Connection, new: Sequence[Incoming]) -> None:
    if not new:
        return
    last: dict[_Place, tuple[int, datetime]] = {}
    scans, papers = [], []
    for one in new:
        place = _place(one)
        if place in last:
            ordinal, since = last[place][0] + 1, last[place][1]
        else:
            ordinal, since = place_in_dossier(connection, *place, one.scan.received_at)
        last[place] = ordinal, since
        begins = _begins(one)
        its = ScanState.REJECTED if one.rejected else ScanState.RECEIVED
        scans.append((one.scan, one.dossier, its))
        papers.append(
            (
                one.scan,
                one.dossier,
                {
                    "fault": RejectedInput.fault if one.rejected else "",
                    "request": one.request,
                    "id": one.paper,
                    "ordinal": ordinal,
                    "state": begins.after,
                    "code": begins.code,
                    "reason": begins.reason,
                    "sign_requested": one.sign,
                    "accept_as_found": one.accept,
                    "dossier_since": since,
                },
            )
        )
    write_scans(connection, scans)
    write_papers(connection, papers)


def _begins(one: Incoming) -> Told:
    """The first line of its paper's history."""
    state = PaperState.REJECTED if one.rejected else PaperState.RECEIVED
    return Told("", state, *(one.rejected or ("", "")), one.actor)


def _write_answers(
    connection: sa.Connection, part: Sequence[Incoming], answers: Mapping[int, Answer]
) -> None:
    """Write down what is answered to keys."""
    new = []
    for one in part:
        told = answers[id(one)]
        if one.once is not None and isinstance(told, Received):
            begins = _begins(one)
            new.append(
                {
                    "token": one.once.token,
                    "key": one.once.key,
                    "office": one.scan.office,
                    "asked": one.once.asked,
                    "paper": told.paper,
                    "known": told.known_already,
                    "code": begins.code,
                    "reason": begins.reason,
                    "at": one.scan.received_at,
                }
            )
    if new:
        connection.execute(_NEW_ANSWERS, new)


def _first_line(one: Incoming) -> Told:
    told = _begins(one)
    return told._replace(code=SIGN_REQUESTED) if one.sign else told


def _line(one: Incoming, paper: UUID, told: Told) -> Line:
    return one.scan.office, paper, one.scan.received_at, told


def _ask_again(connection: sa.Connection, paper: UUID, one: Incoming) -> Line | None:
    """Somebody hands in a paper that is there: it is tried anew, and signed where they ask for it.

    Whoever holds it may be dead, so that is not looked at; nor does a wish change what is held.
    """
    unfinished = PAPER.update().where(PAPER.c.id == paper, PAPER.c.state.in_(MOVING))
    wish = None
    if one.sign:
        connection.execute(unfinished.values(retry_at=None))
        asked = unfinished.where(PAPER.c.sign_requested.is_(False)).values(sign_requested=True)
        state = connection.execute(asked.returning(PAPER.c.state)).scalar()
        if state is not None:
            wish = _line(one, paper, Told(state, state, SIGN_REQUESTED, "", one.actor))
    # Not one whose integrity is violated: that is an alarm until somebody has found out why. But
    # bytes that were missing have just come again.
    connection.execute(
        unfinished.where(
            sa.or_(
                PAPER.c.code.startswith("set-aside.child."),
                PAPER.c.code.in_((LOST, "set-aside.work.missing")),
            )
        ).values(set_aside_at=None, attempts=0, lost=0, retry_at=None)
    )
    return wish
