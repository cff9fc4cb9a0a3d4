"""Who holds a paper and for how long, on every database, asked of the real ones."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from contract.ledger_acts import (
    LEASE,
    Check,
    ask_to_sign,
    claim,
    hold,
    next_one,
    recognise,
    row_of,
    take,
    waiting,
)
from unit.workflow.fakes import OFFICE, START, ledger_on

from dossier.states import PaperState
from workflow.ledger.edits import EditRequest
from workflow.ledger.papers import PIPELINE_STATES
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import Outcome


def a_lease_holds_until_its_time_or_its_holders_end(ledger: SqlLedger) -> None:
    paper = take(ledger, 1, b"a")
    assert claim(ledger, paper) is not None
    assert claim(ledger, paper) is None
    assert ledger.queue.list_stalled(now=START, is_gone=lambda _: False) == []
    assert ledger.queue.list_stalled(now=START, is_gone=lambda _: True) == [paper]
    taken = claim(ledger, paper, gone=True)
    assert taken is not None
    assert taken.attempts == 2
    assert claim(ledger, paper, later=3601) is not None


def a_lease_that_is_renewed_holds_for_longer(ledger: SqlLedger) -> None:
    ours, others, free, lost = (take(ledger, n, bytes([n])) for n in (1, 2, 3, 4))
    assert claim(ledger, ours, holder="a:1:1") is not None
    assert claim(ledger, others, holder="b:1:1") is not None
    # Of which we never heard that it is ours: the answer was lost.
    assert claim(ledger, lost, holder="a:1:1") is not None
    ledger.queue.renew_leases("a:1:1", [ours, others], until=START + 2 * LEASE)
    assert waiting(ledger, later=3601) == [others.int, free.int, lost.int]
    assert claim(ledger, ours, later=7199) is None
    assert claim(ledger, ours, later=7201) is not None


def work_is_handed_out_by_the_age_of_the_dossier(ledger: SqlLedger) -> None:
    # D2 came first, though most of its papers did not; within a dossier by ordinal.
    for number, dossier, minutes in (
        (1, "D2", 0), (2, "D1", 1), (3, "D3", 2), (4, "D2", 3), (5, "D1", 4), (6, "D2", 5)
    ):  # fmt: skip
        take(ledger, number, bytes([number]), dossier=dossier, minutes=minutes)
    assert waiting(ledger) == [1, 4, 6, 2, 5, 3]
    assert [
        paper.int
        for paper in ledger.queue.list_claimable(
            PIPELINE_STATES, now=START, is_gone=lambda _: False, limit=2
        )
    ] == [1, 4]
    assert ledger.queue.list_stalled(now=START, is_gone=lambda _: False)[2] == UUID(int=6)
    # A paper that is on its next step keeps its place.
    recognise(ledger, UUID(int=4))
    assert waiting(ledger) == [1, 4, 6, 2, 5, 3]
    assert waiting(ledger, [PaperState.RECOGNISED]) == [4]
    both = [PaperState.RECEIVED, PaperState.RECOGNISED]
    assert next_one(ledger, [PaperState.SIGNED]) is None
    given = [next_one(ledger, both) for _ in range(7)]
    assert given == [*(UUID(int=number) for number in (1, 4, 6, 2, 5, 3)), None]


def a_paper_waits_as_long_as_the_dossier_it_was_put_into(ledger: SqlLedger) -> None:
    take(ledger, 1, b"a", dossier="D1")
    take(ledger, 2, b"b", dossier="D2", minutes=1)
    take(ledger, 3, b"c", dossier="D3", minutes=2)
    act = EditRequest(paper=UUID(int=3), offices=[OFFICE], actor="x", at=START)
    ledger.edits.move_to_dossier(act, "D1")
    assert waiting(ledger) == [1, 3, 2]


def what_waits_for_something_is_not_handed_out(ledger: SqlLedger) -> None:
    for number in (1, 2, 3):
        take(ledger, number, bytes([number]))
    soon = START + timedelta(seconds=60)
    held = hold(ledger, UUID(int=1))
    ledger.queue.fail(held, code="store.no-answer", reason="r", now=START, retry_at=soon)
    held = hold(ledger, UUID(int=2))
    ledger.queue.fail(held, code="set-aside.child.crashed", reason="r", now=START, retry_at=None)
    assert next_one(ledger) == UUID(int=3)
    assert next_one(ledger) is None
    assert waiting(ledger) == []
    assert waiting(ledger, later=60) == [1]
    ledger.queue.clear_retry_times(now=START)
    assert next_one(ledger) == UUID(int=1)


def who_is_gone_holds_nothing(ledger: SqlLedger) -> None:
    paper = take(ledger, 1, b"a")
    assert next_one(ledger) == paper
    assert next_one(ledger) is None
    assert next_one(ledger, gone=True, holder="b:1:1") == paper
    assert next_one(ledger, later=3601) == paper


def what_nobody_outlives_is_set_aside(ledger: SqlLedger) -> None:
    deadly, other = take(ledger, 1, b"a"), take(ledger, 2, b"b", dossier="D2", minutes=1)
    for _ in range(20):
        assert next_one(ledger, gone=True) == deadly
    # All that was in its way goes on, and it is said why this one does not.
    assert next_one(ledger, gone=True) == other
    assert row_of(ledger, deadly).code == "set-aside.worker.lost"
    assert row_of(ledger, deadly).fault == "operator"
    assert claim(ledger, deadly, gone=True) is None
    # Submitting it again resets the count of attempts.
    assert take(ledger, 3, b"a") == deadly
    for _ in range(20):
        assert claim(ledger, deadly, gone=True) is not None
    assert claim(ledger, deadly, gone=True) is None


def a_step_that_ends_forgets_who_was_lost_before(ledger: SqlLedger) -> None:
    paper = take(ledger, 1, b"a")
    for _ in range(19):
        assert claim(ledger, paper, gone=True) is not None
    held = claim(ledger, paper, gone=True)
    assert held is not None
    assert ledger.queue.finish(held, Outcome(after=PaperState.RECOGNISED), now=START, actor="x")
    for _ in range(20):
        assert claim(ledger, paper, gone=True) is not None
    # To give it back is not to be lost.
    ledger.queue.release_leases("h:1:1", [paper], now=START)
    assert claim(ledger, paper) is not None


def who_waits_sees_what_is_in_hand(ledger: SqlLedger) -> None:
    following = ledger.monitor
    for number in (1, 2, 3):
        take(ledger, number, bytes([number]))
    assert following.leased_states(now=START) == set()
    recognise(ledger, UUID(int=1))
    hold(ledger, UUID(int=1))
    assert following.leased_states(now=START) == {PaperState.RECOGNISED}
    hold(ledger, UUID(int=2))
    assert following.leased_states(now=START) == {PaperState.RECOGNISED, PaperState.RECEIVED}
    assert following.leased_states(now=START + 2 * LEASE) == set()


def that_nobody_takes_papers_up_is_seen(ledger: SqlLedger) -> None:
    following = ledger.monitor

    def untaken(seconds: int, *states: PaperState) -> bool:
        now = START + timedelta(seconds=seconds)
        asked = states or (PaperState.RECEIVED, PaperState.RECOGNISED)
        return following.is_neglected(asked, since=now - timedelta(seconds=60), now=now)

    assert not untaken(99)
    take(ledger, 1, b"a")
    take(ledger, 2, b"b")
    assert not untaken(60)  # not for long
    assert untaken(61)
    assert not untaken(61, PaperState.DESCRIBED, PaperState.SIGNED)
    held = hold(ledger, UUID(int=1))
    assert not untaken(61)  # the other's turn will come
    later = START + timedelta(seconds=70)
    assert ledger.queue.finish(held, Outcome(after=PaperState.RECOGNISED), now=later, actor="x")
    assert not untaken(71)  # somebody moved one a moment ago
    assert untaken(131)
    for number in (1, 2):
        held = hold(ledger, UUID(int=number))
        soon = START + timedelta(seconds=200)
        ledger.queue.fail(held, code="store.no-answer", reason="r", now=later, retry_at=soon)
    assert not untaken(150)  # they wait for a time
    assert not untaken(259)
    assert untaken(261)


def how_far_a_worker_reads_is_seen_elsewhere(ledger: SqlLedger) -> None:
    following, listing = ledger.monitor, ledger.papers
    one, two = take(ledger, 1, b"a"), take(ledger, 2, b"b")

    def seen() -> dict[UUID, tuple[int, int]]:
        found = following.get_progress([one, two])
        for standing in listing.list_papers(offices=[OFFICE], limit=9):
            assert standing.progress == found.get(standing.paper)
        return found

    ledger.queue.save_progress("h:1:1", {one: (1, 3)})
    assert seen() == {}
    held = hold(ledger, one)
    claim(ledger, two, holder="b:1:1")
    ledger.queue.save_progress("h:1:1", {one: (1, 3), two: (1, 3)})
    assert seen() == {one: (1, 3)}
    # Progress is not a change of the paper's version.
    assert ledger.queue.finish(held, Outcome(after=PaperState.RECOGNISED), now=START, actor="x")
    assert seen() == {}
    ledger.queue.save_progress("b:1:1", {two: (2, 3)})
    assert seen() == {two: (2, 3)}
    # Who takes it up next begins anew.
    assert claim(ledger, two, gone=True) is not None
    assert seen() == {}


def what_is_to_be_signed_waits_only_when_asked_for(ledger: SqlLedger) -> None:
    paper = take(ledger, 1, b"a")
    recognise(ledger, paper)
    held = hold(ledger, paper)
    assert ledger.queue.finish(held, Outcome(after=PaperState.DESCRIBED), now=START, actor="x")
    assert waiting(ledger) == []
    assert next_one(ledger) is None
    assert claim(ledger, paper) is None
    ask_to_sign(ledger, paper)
    assert waiting(ledger) == [1]
    assert next_one(ledger, [PaperState.DESCRIBED, PaperState.SIGNED]) == paper


def a_release_is_not_an_attempt(ledger: SqlLedger) -> None:
    paper = take(ledger, 1, b"a")
    ledger.queue.release(hold(ledger, paper), now=START)
    assert hold(ledger, paper).attempts == 1


def what_is_given_back_is_free_and_was_not_tried(ledger: SqlLedger) -> None:
    one, two = take(ledger, 1, b"a"), take(ledger, 2, b"b")
    late = hold(ledger, one)
    hold(ledger, two)
    ledger.queue.release_leases("b:1:1", [one, two], now=START)
    assert claim(ledger, one) is None
    ledger.queue.release_leases("h:1:1", [one], now=START)
    assert not ledger.queue.finish(
        late, Outcome(after=PaperState.REJECTED, code="a.b"), now=START, actor="x"
    )
    assert hold(ledger, one).attempts == 1
    assert claim(ledger, two) is None


CONTRACT: tuple[Check, ...] = (
    a_lease_holds_until_its_time_or_its_holders_end,
    a_lease_that_is_renewed_holds_for_longer,
    work_is_handed_out_by_the_age_of_the_dossier,
    a_paper_waits_as_long_as_the_dossier_it_was_put_into,
    what_waits_for_something_is_not_handed_out,
    who_is_gone_holds_nothing,
    what_nobody_outlives_is_set_aside,
    a_step_that_ends_forgets_who_was_lost_before,
    who_waits_sees_what_is_in_hand,
    that_nobody_takes_papers_up_is_seen,
    how_far_a_worker_reads_is_seen_elsewhere,
    what_is_to_be_signed_waits_only_when_asked_for,
    a_release_is_not_an_attempt,
    what_is_given_back_is_free_and_was_not_tried,
)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_the_ledger_keeps_the_contract(engine: sa.Engine, check: Check) -> None:
    check(ledger_on(engine))
