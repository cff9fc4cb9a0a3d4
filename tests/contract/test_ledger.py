"""What the ledger does on every database, asked of the real ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from unit.api.fakes import OFFICE, START, ledger_on, scan

from api.ledger.arranging import Act, Arranging
from api.ledger.backlog import Backlog
from api.ledger.following import Following
from api.ledger.hand import Incoming, InHand, Lookup, Once, Outcome, Received
from api.ledger.incoming import receive_all
from api.ledger.listing import Listing
from api.ledger.looking import MOVING
from api.ledger.models import LOOKUP, PAPER
from api.ledger.sql_ledger import SqlLedger
from api.ledger.tokens import Token, Tokens
from dossier.errors import WrongUse
from dossier.ports import LedgerRow
from dossier.states import PaperState

LEASE = timedelta(hours=1)
ALL = (OFFICE, "H99")

Check = Callable[[SqlLedger], None]


def _take(
    ledger: SqlLedger, number: int, content: bytes, *, dossier: str = "D1", minutes: int = 0
) -> UUID:
    came = dataclasses.replace(
        scan(number, content=content), received_at=START + timedelta(minutes=minutes)
    )
    return ledger.receive(Incoming(scan=came, paper=UUID(int=number), dossier=dossier)).paper


def _claim(
    ledger: SqlLedger, paper: UUID, *, gone: bool = False, later: int = 0, holder: str = "h:1:1"
) -> InHand | None:
    return ledger.claim(
        paper,
        now=START + timedelta(seconds=later),
        lease=LEASE,
        holder=holder,
        is_gone=lambda _: gone,
    )


def _held(ledger: SqlLedger, paper: UUID) -> InHand:
    held = _claim(ledger, paper)
    assert held is not None
    return held


def _next(
    ledger: SqlLedger,
    states: Sequence[PaperState] = MOVING,
    *,
    gone: bool = False,
    later: int = 0,
    holder: str = "h:1:1",
) -> UUID | None:
    held = ledger.claim_next(
        states,
        now=START + timedelta(seconds=later),
        lease=LEASE,
        holder=holder,
        is_gone=lambda _: gone,
    )
    return None if held is None else held.paper.id


def _row(ledger: SqlLedger, paper: UUID) -> LedgerRow:
    row = ledger.row(paper, offices=[OFFICE])
    assert row is not None
    return row


def _waiting(ledger: SqlLedger, states: Sequence[PaperState] = MOVING, later: int = 0) -> list[int]:
    now = START + timedelta(seconds=later)
    found = ledger.waiting_in(states, now=now, is_gone=lambda _: False)
    assert ledger.count_waiting(states, now=now, is_gone=lambda _: False) == len(found)
    return [paper.int for paper in found]


def _recognised(ledger: SqlLedger, paper: UUID) -> None:
    assert ledger.finish(
        _held(ledger, paper), Outcome(after=PaperState.RECOGNISED), now=START, actor="x"
    )


# -- coming in -------------------------------------------------------------------------------


def the_same_bytes_twice_in_a_dossier_are_one_paper(ledger: SqlLedger) -> None:
    first = _take(ledger, 1, b"a")
    again = ledger.receive(Incoming(scan=scan(2, content=b"a"), paper=UUID(int=2), dossier="D1"))
    assert again.known_already
    assert again.paper == first
    assert _take(ledger, 3, b"a", dossier="D2") == UUID(int=3)


def those_that_come_together_see_each_other(ledger: SqlLedger) -> None:
    _take(ledger, 1, b"a")
    group = [
        Incoming(scan=scan(number, content=content), paper=UUID(int=number), dossier=dossier)
        for number, (content, dossier) in enumerate(
            [(b"b", "D1"), (b"b", "D1"), (b"b", "D2"), (b"a", "D1"), (b"c", "D1")], 2
        )
    ]
    with ledger.connections.writing() as connection:
        answers = receive_all(connection, group)
    told = [(a.paper.int, a.known_already) for a in answers if isinstance(a, Received)]
    assert told == [(2, False), (2, True), (4, False), (1, True), (6, False)]
    for dossier, ordinals in (("D1", [1, 2, 3]), ("D2", [1])):
        rows = ledger.rows(offices=[OFFICE], dossier=dossier)
        assert [row.ordinal for row in rows] == ordinals


def papers_are_numbered_in_their_dossier(ledger: SqlLedger) -> None:
    for number, content in enumerate([b"a", b"b", b"c"], 1):
        _take(ledger, number, content)
    _take(ledger, 9, b"a", dossier="D2")
    found = ledger.rows(offices=[OFFICE], dossier="D1")
    assert [row.ordinal for row in found] == [1, 2, 3]
    assert [row.ordinal for row in ledger.rows(offices=[OFFICE], dossier="D2")] == [1]


def what_was_rejected_may_come_again(ledger: SqlLedger) -> None:
    for number in (1, 2):
        received = ledger.receive(
            Incoming(
                scan=scan(number, content=b"bad"),
                paper=UUID(int=number),
                dossier="D1",
                rejected=("scan.damaged", "scan it again"),
            )
        )
        assert not received.known_already
    assert _row(ledger, UUID(int=1)).fault == "sender"
    assert _take(ledger, 3, b"bad") == UUID(int=3)
    states = [row.state for row in ledger.rows(offices=[OFFICE])]
    assert states == [PaperState.REJECTED, PaperState.REJECTED, PaperState.RECEIVED]


def what_was_rejected_by_a_step_may_come_again(ledger: SqlLedger) -> None:
    for number in (1, 2):
        held = _held(ledger, _take(ledger, number, b"a"))
        # The second one after its pages were counted.
        split = held.paper if number == 2 else None
        if split is not None:
            counted = Outcome(after=PaperState.RECEIVED, split=split)
            assert ledger.finish(held, counted, now=START, actor="x")
            held = _held(ledger, split.id)
        assert ledger.finish(held, Outcome(after=PaperState.REJECTED), now=START, actor="x")
    assert _take(ledger, 3, b"a") == UUID(int=3)


def a_key_is_answered_once(ledger: SqlLedger) -> None:
    Tokens(ledger.connections).add(
        Token(
            id="t", office=OFFICE, name="", digest=b"", scopes=(), rate=1, created_at=START,
            created_by="", expires_at=START,
        )
    )  # fmt: skip

    def send(number: int, asked: bytes) -> UUID:
        return ledger.receive(
            Incoming(
                scan=scan(number, content=b"a"),
                paper=UUID(int=number),
                dossier="D1",
                once=Once(token="t", key=b"k", asked=asked),  # noqa: S106 - an id, not a secret
            )
        ).paper

    assert send(1, b"q") == send(2, b"q") == UUID(int=1)
    with pytest.raises(WrongUse) as raised:
        send(3, b"other")
    assert raised.value.code == "idempotency.other-question"


def the_request_follows_the_paper(ledger: SqlLedger) -> None:
    ledger.receive(Incoming(scan=scan(1), paper=UUID(int=1), dossier="D1", request="r-1"))
    assert _held(ledger, UUID(int=1)).request == "r-1"
    looked = ledger.look(UUID(int=1), offices=[OFFICE])
    assert looked is not None
    assert looked.request == "r-1"
    assert _held(ledger, _take(ledger, 2, b"b")).request == ""


def the_first_office_is_told_once(ledger: SqlLedger) -> None:
    assert not ledger.add_office("H99", "UBND", first_notes={"trial": "yes"})
    assert ledger.note("H99", "trial") == ""


# -- who holds what --------------------------------------------------------------------------


def a_lease_holds_until_its_time_or_its_holders_end(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    assert _claim(ledger, paper) is not None
    assert _claim(ledger, paper) is None
    assert ledger.stalled(now=START, is_gone=lambda _: False) == []
    assert ledger.stalled(now=START, is_gone=lambda _: True) == [paper]
    taken = _claim(ledger, paper, gone=True)
    assert taken is not None
    assert taken.attempts == 2
    assert _claim(ledger, paper, later=3601) is not None


def a_lease_that_is_renewed_holds_for_longer(ledger: SqlLedger) -> None:
    ours, others, free = (_take(ledger, n, bytes([n])) for n in (1, 2, 3))
    assert _claim(ledger, ours, holder="a:1:1") is not None
    assert _claim(ledger, others, holder="b:1:1") is not None
    ledger.renew("a:1:1", until=START + 2 * LEASE)
    assert _waiting(ledger, later=3601) == [others.int, free.int]
    assert _claim(ledger, ours, later=7199) is None
    assert _claim(ledger, ours, later=7201) is not None


def work_is_handed_out_by_the_age_of_the_dossier(ledger: SqlLedger) -> None:
    # D2 came first, though most of its papers did not; within a dossier by ordinal.
    for number, dossier, minutes in (
        (1, "D2", 0), (2, "D1", 1), (3, "D3", 2), (4, "D2", 3), (5, "D1", 4), (6, "D2", 5)
    ):  # fmt: skip
        _take(ledger, number, bytes([number]), dossier=dossier, minutes=minutes)
    assert _waiting(ledger) == [1, 4, 6, 2, 5, 3]
    assert [
        paper.int
        for paper in ledger.waiting_in(MOVING, now=START, is_gone=lambda _: False, limit=2)
    ] == [1, 4]
    assert ledger.stalled(now=START, is_gone=lambda _: False)[2] == UUID(int=6)
    # A paper that is on its next step keeps its place.
    _recognised(ledger, UUID(int=4))
    assert _waiting(ledger) == [1, 4, 6, 2, 5, 3]
    assert _waiting(ledger, [PaperState.RECOGNISED]) == [4]
    both = [PaperState.RECEIVED, PaperState.RECOGNISED]
    assert _next(ledger, [PaperState.SIGNED]) is None
    given = [_next(ledger, both) for _ in range(7)]
    assert given == [*(UUID(int=number) for number in (1, 4, 6, 2, 5, 3)), None]


def a_paper_waits_as_long_as_the_dossier_it_was_put_into(ledger: SqlLedger) -> None:
    _take(ledger, 1, b"a", dossier="D1")
    _take(ledger, 2, b"b", dossier="D2", minutes=1)
    _take(ledger, 3, b"c", dossier="D3", minutes=2)
    act = Act(paper=UUID(int=3), offices=[OFFICE], actor="x", at=START)
    Arranging(ledger.connections).move(act, "D1")
    assert _waiting(ledger) == [1, 3, 2]


def what_waits_for_something_is_not_handed_out(ledger: SqlLedger) -> None:
    for number in (1, 2, 3):
        _take(ledger, number, bytes([number]))
    soon = START + timedelta(seconds=60)
    held = _held(ledger, UUID(int=1))
    ledger.let_go(held, code="store.no-answer", reason="r", now=START, retry_at=soon)
    held = _held(ledger, UUID(int=2))
    ledger.let_go(held, code="set-aside.child.crashed", reason="r", now=START, retry_at=None)
    assert _next(ledger) == UUID(int=3)
    assert _next(ledger) is None
    assert _waiting(ledger) == []
    assert _waiting(ledger, later=60) == [1]
    ledger.wait_no_longer(now=START)
    assert _next(ledger) == UUID(int=1)


def who_is_gone_holds_nothing(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    assert _next(ledger) == paper
    assert _next(ledger) is None
    assert _next(ledger, gone=True, holder="b:1:1") == paper
    assert _next(ledger, later=3601) == paper


def what_nobody_outlives_is_set_aside(ledger: SqlLedger) -> None:
    deadly, other = _take(ledger, 1, b"a"), _take(ledger, 2, b"b", dossier="D2", minutes=1)
    for _ in range(20):
        assert _next(ledger, gone=True) == deadly
    # All that was in its way goes on, and it is said why this one does not.
    assert _next(ledger, gone=True) == other
    assert _row(ledger, deadly).code == "set-aside.worker.lost"
    assert _row(ledger, deadly).fault == "operator"
    assert _claim(ledger, deadly, gone=True) is None
    # Whoever sends it again has it tried again, as often.
    assert _take(ledger, 3, b"a") == deadly
    for _ in range(20):
        assert _claim(ledger, deadly, gone=True) is not None
    assert _claim(ledger, deadly, gone=True) is None


def a_step_that_ends_forgets_who_was_lost_before(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    for _ in range(19):
        assert _claim(ledger, paper, gone=True) is not None
    held = _claim(ledger, paper, gone=True)
    assert held is not None
    assert ledger.finish(held, Outcome(after=PaperState.RECOGNISED), now=START, actor="x")
    for _ in range(20):
        assert _claim(ledger, paper, gone=True) is not None
    # To give it back is not to be lost.
    ledger.give_back("h:1:1", [paper], now=START)
    assert _claim(ledger, paper) is not None


def who_waits_sees_what_is_in_hand(ledger: SqlLedger) -> None:
    following = Following(ledger.connections)
    for number in (1, 2, 3):
        _take(ledger, number, bytes([number]))
    assert following.held(now=START) == set()
    _recognised(ledger, UUID(int=1))
    _held(ledger, UUID(int=1))
    assert following.held(now=START) == {PaperState.RECOGNISED}
    _held(ledger, UUID(int=2))
    assert following.held(now=START) == {PaperState.RECOGNISED, PaperState.RECEIVED}
    assert following.held(now=START + 2 * LEASE) == set()


def how_far_a_worker_reads_is_seen_elsewhere(ledger: SqlLedger) -> None:
    following, listing = Following(ledger.connections), Listing(ledger.connections)
    one, two = _take(ledger, 1, b"a"), _take(ledger, 2, b"b")

    def seen() -> dict[UUID, tuple[int, int]]:
        found = following.reading([one, two])
        for standing in listing.papers(offices=[OFFICE], limit=9):
            assert standing.reading == found.get(standing.paper)
        return found

    ledger.note_reading("h:1:1", {one: (1, 3)})
    assert seen() == {}
    held = _held(ledger, one)
    _claim(ledger, two, holder="b:1:1")
    ledger.note_reading("h:1:1", {one: (1, 3), two: (1, 3)})
    assert seen() == {one: (1, 3)}
    # It is no change that whoever reads would have to know of.
    assert ledger.finish(held, Outcome(after=PaperState.RECOGNISED), now=START, actor="x")
    assert seen() == {}
    ledger.note_reading("b:1:1", {two: (2, 3)})
    assert seen() == {two: (2, 3)}
    # Who takes it up next begins anew.
    assert _claim(ledger, two, gone=True) is not None
    assert seen() == {}


def what_is_to_be_signed_waits_only_when_asked_for(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    _recognised(ledger, paper)
    held = _held(ledger, paper)
    assert ledger.finish(held, Outcome(after=PaperState.DESCRIBED), now=START, actor="x")
    assert _waiting(ledger) == []
    assert _next(ledger) is None
    assert _claim(ledger, paper) is None
    ledger.request_signature(paper, office=OFFICE, now=START)
    assert _waiting(ledger) == [1]
    assert _next(ledger, [PaperState.DESCRIBED, PaperState.SIGNED]) == paper


def who_hands_back_has_not_tried(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    ledger.hand_back(_held(ledger, paper), now=START)
    assert _held(ledger, paper).attempts == 1


def what_is_given_back_is_free_and_was_not_tried(ledger: SqlLedger) -> None:
    one, two = _take(ledger, 1, b"a"), _take(ledger, 2, b"b")
    late = _held(ledger, one)
    _held(ledger, two)
    ledger.give_back("b:1:1", [one, two], now=START)
    assert _claim(ledger, one) is None
    ledger.give_back("h:1:1", [one], now=START)
    assert not ledger.finish(
        late, Outcome(after=PaperState.REJECTED, code="a.b"), now=START, actor="x"
    )
    assert _held(ledger, one).attempts == 1
    assert _claim(ledger, two) is None


# -- saving ----------------------------------------------------------------------------------


def who_lost_the_paper_saves_nothing(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    late = _claim(ledger, paper)
    now = _claim(ledger, paper, gone=True)
    assert late is not None
    assert now is not None
    rejected = Outcome(after=PaperState.REJECTED, code="a.b")
    assert ledger.finish(now, rejected, now=START, actor="x")
    assert not ledger.finish(late, dataclasses.replace(rejected, code="c.d"), now=START, actor="y")
    ledger.let_go(late, code="e.f", reason="", now=START, retry_at=None)
    ledger.hand_back(late, now=START)
    assert _row(ledger, paper).code == "a.b"
    assert [move.code for move in ledger.history(paper)] == ["", "a.b"]


def a_move_that_is_not_in_the_table_saves_nothing(ledger: SqlLedger) -> None:
    held = _held(ledger, _take(ledger, 1, b"a"))
    with pytest.raises(WrongUse):
        ledger.finish(held, Outcome(after=PaperState.ARCHIVED), now=START, actor="x")
    assert _row(ledger, held.paper.id).state is PaperState.RECEIVED


def whose_fault_it_is_stands_until_the_paper_moves(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    ledger.let_go(
        _held(ledger, paper), code="a.b", reason="r", fault="operator", now=START, retry_at=START
    )
    assert (_row(ledger, paper).code, _row(ledger, paper).fault) == ("a.b", "operator")
    _recognised(ledger, paper)
    assert (_row(ledger, paper).code, _row(ledger, paper).fault) == ("", "")
    outcome = Outcome(after=PaperState.REJECTED, code="c.d", fault="sender")
    assert ledger.finish(_held(ledger, paper), outcome, now=START, actor="x")
    assert _row(ledger, paper).fault == "sender"


# -- looking ---------------------------------------------------------------------------------


def another_office_sees_nothing(ledger: SqlLedger) -> None:
    paper = _take(ledger, 1, b"a")
    assert ledger.row(paper, offices=["H99"]) is None
    assert ledger.look(paper, offices=["H99"]) is None
    assert ledger.rows(offices=["H99"]) == []
    assert Listing(ledger.connections).moves(offices=["H99"]) == []
    with pytest.raises(WrongUse):
        ledger.request_signature(paper, office="H99", now=START)


def what_was_looked_for_lies_sealed(ledger: SqlLedger) -> None:
    lookup = Lookup(
        office=OFFICE, at=START, actor="cli:a", purpose="D1", manner="citizen-id",
        asked="001099012345", shown=(UUID(int=5),),
    )  # fmt: skip
    ledger.log_lookup(lookup, key=UUID(int=9))
    with ledger._reading() as connection:
        row = connection.execute(LOOKUP.select()).one()
    assert b"001099012345" not in row.asked
    assert row.purpose == "D1"
    assert row.shown == [str(UUID(int=5))]


def times_come_back_aware_and_without_zone_are_refused(ledger: SqlLedger) -> None:
    row = _row(ledger, _take(ledger, 1, b"a"))
    assert row.updated_at == START
    assert row.updated_at.utcoffset() == timedelta(0)
    with (
        pytest.raises(Exception, match="without zone"),
        ledger._writing() as connection,
    ):
        connection.execute(PAPER.update().values(updated_at=START.replace(tzinfo=None)))


def the_pace_is_that_of_the_last_minutes(ledger: SqlLedger) -> None:
    for number in range(1, 5):
        _take(ledger, number, bytes([number]))
    for number in (1, 2):
        _recognised(ledger, UUID(int=number))
    told = Backlog(ledger.connections).told(now=START + timedelta(minutes=1))
    assert told.waiting == {PaperState.RECEIVED: 2, PaperState.RECOGNISED: 2}
    assert told.moved == {PaperState.RECEIVED: 2}
    assert told.left() == timedelta(minutes=10)
    assert told.oldest[PaperState.RECEIVED] == timedelta(minutes=1)
    late = Backlog(ledger.connections, offices=[OFFICE]).told(now=START + timedelta(minutes=11))
    assert (late.moved, late.left()) == ({}, None)
    assert Backlog(ledger.connections, offices=["H99"]).told(now=START).waiting == {}


CONTRACT: tuple[Check, ...] = (
    the_same_bytes_twice_in_a_dossier_are_one_paper,
    those_that_come_together_see_each_other,
    papers_are_numbered_in_their_dossier,
    what_was_rejected_may_come_again,
    what_was_rejected_by_a_step_may_come_again,
    a_key_is_answered_once,
    the_request_follows_the_paper,
    the_first_office_is_told_once,
    a_lease_holds_until_its_time_or_its_holders_end,
    a_lease_that_is_renewed_holds_for_longer,
    what_is_given_back_is_free_and_was_not_tried,
    work_is_handed_out_by_the_age_of_the_dossier,
    a_paper_waits_as_long_as_the_dossier_it_was_put_into,
    what_waits_for_something_is_not_handed_out,
    who_is_gone_holds_nothing,
    what_nobody_outlives_is_set_aside,
    a_step_that_ends_forgets_who_was_lost_before,
    who_waits_sees_what_is_in_hand,
    how_far_a_worker_reads_is_seen_elsewhere,
    what_is_to_be_signed_waits_only_when_asked_for,
    who_hands_back_has_not_tried,
    who_lost_the_paper_saves_nothing,
    a_move_that_is_not_in_the_table_saves_nothing,
    whose_fault_it_is_stands_until_the_paper_moves,
    another_office_sees_nothing,
    what_was_looked_for_lies_sealed,
    times_come_back_aware_and_without_zone_are_refused,
    the_pace_is_that_of_the_last_minutes,
)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_the_ledger_keeps_the_contract(engine: sa.Engine, check: Check) -> None:
    check(ledger_on(engine))
