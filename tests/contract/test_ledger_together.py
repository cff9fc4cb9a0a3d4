"""Many at one ledger at once, on every database."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
import sqlalchemy as sa
from contract.processes import (
    THREADS,
    ledger_of_separate_processes,
    ledger_of_two_processes,
    receive_scan,
    run_together,
)
from unit.workflow.fakes import OFFICE, SEALING, START, ledger_on, scan

from dossier.errors import WrongUse
from dossier.states import PaperState
from workflow.ledger.cursors import Cursor
from workflow.ledger.edits import EditRequest
from workflow.ledger.papers import PIPELINE_STATES
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.tokens import Token, Tokens
from workflow.ledger.types import IdempotencyKey, IncomingScan, Outcome, WorkItem
from workflow.ledger.webhooks import Outbox, Webhook

# How often all race for one thing: once can be won by nobody being in time to disturb.
ROUNDS = 5
CLOSED = 8
LEASE = timedelta(minutes=3)

Check = Callable[[SqlLedger], None]


def _firsts() -> range:
    """The first number of each round; each thread may take one that follows it."""
    return range(1, ROUNDS * THREADS, THREADS)


def _claim(ledger: SqlLedger, paper: UUID, n: int) -> WorkItem | None:
    return ledger.queue.claim(
        paper, now=START, lease=LEASE, holder=f"h:{n}:1", is_gone=lambda _: False
    )


def _ordinals(ledger: SqlLedger, dossier: str = "D1") -> list[int]:
    return [row.ordinal for row in ledger.papers.list_papers(offices=[OFFICE], dossier=dossier)]


def _move(ledger: SqlLedger, number: int, dossier: str) -> None:
    act = EditRequest(paper=UUID(int=number), offices=[OFFICE], actor="x", at=START)
    ledger.edits.move_to_dossier(act, dossier)


# -- the contract ----------------------------------------------------------------------------


def the_same_bytes_are_one_paper(ledger: SqlLedger) -> None:
    def take(number: int, n: int) -> tuple[UUID, bool]:
        return receive_scan(ledger, number + n, number)

    for number in _firsts():
        answers = run_together(partial(take, number))
        assert len({paper for paper, _ in answers}) == 1
        assert Counter(known for _, known in answers) == {False: 1, True: THREADS - 1}
    assert _ordinals(ledger) == list(range(1, ROUNDS + 1))


def ordinals_have_no_gap_and_no_double(ledger: SqlLedger) -> None:
    def take(n: int) -> None:
        for each in range(5):
            receive_scan(ledger, 1 + n * 5 + each, n * 5 + each)

    run_together(take)
    assert _ordinals(ledger) == list(range(1, THREADS * 5 + 1))


def each_paper_is_handed_out_once(ledger: SqlLedger) -> None:
    for number in range(1, 51):
        receive_scan(ledger, number, number, dossier=f"D{number % 7}")

    def take_all(n: int) -> list[UUID]:
        mine: list[UUID] = []
        while True:
            held = ledger.queue.claim_next(
                PIPELINE_STATES, now=START, lease=LEASE, holder=f"h:{n}:1", is_gone=lambda _: False
            )
            if held is None:
                return mine
            mine.append(held.paper.id)

    given = [paper for mine in run_together(take_all) for paper in mine]
    assert Counter(given) == {UUID(int=number): 1 for number in range(1, 51)}


def one_of_many_claims_wins(ledger: SqlLedger) -> None:
    for number in _firsts():
        paper, _ = receive_scan(ledger, number, number)
        won = run_together(partial(_claim, ledger, paper))
        assert len([held for held in won if held is not None]) == 1


def one_of_many_saves_wins(ledger: SqlLedger) -> None:
    def save(held: WorkItem, n: int) -> bool:
        outcome = Outcome(after=PaperState.RECOGNISED)
        return ledger.queue.finish(held, outcome, now=START, actor=f"{n}")

    for number in _firsts():
        paper, _ = receive_scan(ledger, number, number)
        held = _claim(ledger, paper, 1)
        assert held is not None
        assert Counter(run_together(partial(save, held))) == {True: 1, False: THREADS - 1}
        assert len(ledger.papers.list_history(paper)) == 2


def one_of_many_acts_wins(ledger: SqlLedger) -> None:
    def withdraw(paper: UUID, _n: int) -> bool:
        try:
            ledger.edits.withdraw(EditRequest(paper=paper, offices=[OFFICE], actor="x", at=START))
        except WrongUse:
            return False
        return True

    for number in _firsts():
        paper, _ = receive_scan(ledger, number, number)
        won = run_together(partial(withdraw, paper))
        assert Counter(won) == {True: 1, False: THREADS - 1}
        assert len(ledger.papers.list_history(paper)) == 2


def a_key_is_answered_once(ledger: SqlLedger) -> None:
    Tokens(ledger.connections).add(
        Token(
            id="t", office=OFFICE, name="", digest=b"", scopes=(), rate=1, created_at=START,
            created_by="", expires_at=START,
        )
    )  # fmt: skip

    # Of different bytes, for different dossiers: it is the key that is one.
    def take(number: int, n: int) -> tuple[UUID, bool]:
        key = IdempotencyKey(token="t", key=b"%d" % number, request=b"q")  # noqa: S106 - an id, not a secret
        return receive_scan(ledger, number + n, number + n, dossier=f"D{number + n}", key=key)

    for number in _firsts():
        assert len(set(run_together(partial(take, number)))) == 1
    assert [row.ordinal for row in ledger.papers.list_papers(offices=[OFFICE])] == [1] * ROUNDS


def swapping_papers_never_deadlocks(ledger: SqlLedger) -> None:
    for n in range(THREADS):
        receive_scan(ledger, 1 + n, n, dossier=f"D{n % 2}")

    def there_and_back(n: int) -> None:
        for to in (1 - n % 2, n % 2):
            _move(ledger, 1 + n, f"D{to}")
            receive_scan(ledger, 100 + 2 * n + to, 100 + 2 * n + to, dossier=f"D{to}")

    run_together(there_and_back)
    for dossier in ("D0", "D1"):
        ordinals = _ordinals(ledger, dossier)
        # Four that came back, and one that each thread sent.
        assert len(set(ordinals)) == len(ordinals) == THREADS // 2 + THREADS


def a_history_is_a_chain(ledger: SqlLedger) -> None:
    """Steps come to their end while people take their papers away."""
    pairs = THREADS // 2
    helds = []
    for n in range(pairs):
        paper, _ = receive_scan(ledger, 1 + n, n)
        helds.append(_claim(ledger, paper, 1))

    def work(n: int) -> None:
        held = helds[n // 2]
        assert held is not None
        if n % 2:
            ledger.queue.finish(held, Outcome(after=PaperState.RECOGNISED), now=START, actor="x")
            return
        act = EditRequest(paper=held.paper.id, offices=[OFFICE], actor="x", at=START)
        ledger.edits.withdraw(act)

    run_together(work)
    for n in range(pairs):
        moves_ = ledger.papers.list_history(UUID(int=1 + n))
        assert moves_[-1].after == PaperState.REJECTED
        assert [m.after for m in moves_[:-1]] == [m.before for m in moves_[1:]]


def a_scan_is_moved_into_a_dossier_once(ledger: SqlLedger) -> None:
    def move(number: int, n: int) -> str:
        try:
            _move(ledger, number + n, f"D{number}")
        except WrongUse as error:
            return error.code
        return ""

    for number in _firsts():
        for n in range(THREADS):
            receive_scan(ledger, number + n, number, dossier=f"F{n}")
        moved = run_together(partial(move, number))
        assert Counter(moved) == {"": 1, "dossier.has-it-already": THREADS - 1}


def a_closed_dossier_takes_nothing(ledger: SqlLedger) -> None:
    """Each of several is closed while all others send into it what they can."""
    known = ledger.dossiers
    codes = [f"D{n}" for n in range(CLOSED)]
    after: dict[str, int] = {}

    def close_all() -> None:
        for at, code in enumerate(codes):
            # Meanwhile all others come to this one; their numbers do not come so far.
            receive_scan(ledger, 1_000_000 + 2 * at, 1, dossier=code)
            receive_scan(ledger, 1_000_001 + 2 * at, 2, dossier=code)
            known.close(code, office=OFFICE, actor="x", now=START)
            after[code] = len(_ordinals(ledger, code))

    def work(n: int) -> None:
        if n == 0:
            close_all()
            return
        numbers = itertools.count(n, THREADS)
        for code in codes:
            with contextlib.suppress(WrongUse):
                for number in itertools.islice(numbers, 200):
                    receive_scan(ledger, number, number, dossier=code)

    run_together(work)
    assert after == {code: len(_ordinals(ledger, code)) for code in codes}


def a_cursor_over_moves_misses_none(ledger: SqlLedger) -> None:
    seen: list[UUID] = []
    ended = threading.Event()

    def follow() -> None:
        last = Cursor()
        while True:
            over = ended.is_set()
            found = ledger.papers.list_events(offices=[OFFICE], after=last, limit=5)
            seen.extend(entry.paper for entry in found)
            last = last.advance(found)
            if over and not found:
                return

    follower = threading.Thread(target=follow)
    follower.start()

    def take(n: int) -> None:
        for each in range(5):
            receive_scan(ledger, 1 + n * 5 + each, n * 5 + each, dossier=f"D{n}")

    try:
        run_together(take)
    finally:
        ended.set()
        follower.join()
    assert Counter(seen) == {UUID(int=1 + n): 1 for n in range(THREADS * 5)}


def a_cursor_over_two_offices_misses_none(ledger: SqlLedger) -> None:
    ledger.offices.add("H16", "UBND")
    seen: list[UUID] = []
    ended = threading.Event()

    def follow() -> None:
        last = Cursor()
        while True:
            over = ended.is_set()
            found = ledger.papers.list_papers(offices=[OFFICE, "H16"], after=last, limit=3)
            seen.extend(paper.paper for paper in found)
            last = last.advance(found)
            if over and not found:
                return

    follower = threading.Thread(target=follow)
    follower.start()

    def take(n: int) -> None:
        for each in range(5):
            # IDs and times run backwards, as after a clock that was set back.
            number = 900 - n * 5 - each
            taken = scan(number, content=number.to_bytes(2, "big"), office=(OFFICE, "H16")[n % 2])
            early = replace(taken, received_at=START - timedelta(seconds=each))
            paper = UUID(int=number)
            ledger.intake.receive(IncomingScan(scan=early, paper=paper, dossier=f"D{n}"))

    try:
        run_together(take)
    finally:
        ended.set()
        follower.join()
    assert Counter(seen) == {UUID(int=900 - n): 1 for n in range(THREADS * 5)}
    for office in (OFFICE, "H16"):
        papers = ledger.papers.list_papers(offices=[office])
        assert [paper.sequence for paper in papers] == list(range(1, THREADS * 5 // 2 + 1))


def each_delivery_has_one_sender(ledger: SqlLedger) -> None:
    box = Outbox(ledger.connections, cipher=SEALING)
    box.add(
        Webhook(
            id=UUID(int=5), office=OFFICE, url="http://x/", secret=b"s", created_at=START,
            created_by="x",
        )
    )  # fmt: skip
    for number in range(1, 11):
        receive_scan(ledger, number, number)

    def send(_n: int) -> list[int]:
        due = [delivery.id for delivery in box.list_due(UUID(int=5), now=START, limit=99)]
        return [d for d in due if box.claim(d, now=START, until=START + LEASE)]

    sent = [delivery for mine in run_together(send) for delivery in mine]
    assert sorted(sent) == sorted(set(sent))
    assert len(sent) == 10


def one_office_is_the_first(ledger: SqlLedger) -> None:
    engine = ledger.connections._engine
    for _ in range(ROUNDS):
        with engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM note"))
            connection.execute(sa.text("DELETE FROM office"))
        new = run_together(
            lambda n: ledger.offices.add(f"H{n}", "UBND", first_notes={"trial": "yes"})
        )
        assert Counter(new) == {True: 1, False: THREADS - 1}
        assert (
            Counter(ledger.offices.get_note(f"H{n}", "trial") for n in range(THREADS))["yes"] == 1
        )


CONTRACT: tuple[Check, ...] = (
    the_same_bytes_are_one_paper,
    ordinals_have_no_gap_and_no_double,
    each_paper_is_handed_out_once,
    one_of_many_claims_wins,
    one_of_many_saves_wins,
    one_of_many_acts_wins,
    a_key_is_answered_once,
    swapping_papers_never_deadlocks,
    a_history_is_a_chain,
    a_scan_is_moved_into_a_dossier_once,
    a_closed_dossier_takes_nothing,
    a_cursor_over_moves_misses_none,
    a_cursor_over_two_offices_misses_none,
    each_delivery_has_one_sender,
    one_office_is_the_first,
)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_threads_at_once_keep_the_contract(engine: sa.Engine, check: Check) -> None:
    check(ledger_on(engine))


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_processes_at_once_keep_the_contract(engine: sa.Engine, check: Check) -> None:
    ledger_on(engine)
    check(ledger_of_separate_processes(engine))


def test_processes_that_gather_keep_the_contract(engine: sa.Engine) -> None:
    ledger_on(engine)
    ledger = ledger_of_two_processes(engine)

    def take(n: int) -> None:
        for each in range(10):
            # Each of two threads of different processes sends the same, in another order.
            content = (n // 2) * 10 + (each if n % 4 < 2 else 9 - each)
            receive_scan(ledger, 1 + n * 10 + each, content, dossier=f"D{content % 3}")

    run_together(take, threads=16)
    ordinals = sorted(len(_ordinals(ledger, f"D{n}")) for n in range(3))
    assert ordinals == [26, 27, 27]
    for n in range(3):
        found = _ordinals(ledger, f"D{n}")
        assert found == list(range(1, len(found) + 1))
