"""Turns at the child processes are fair between offices, then between dossiers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dossier.errors import TransientFault
from workflow.pipeline.fair_scheduler import Owner, Turns

PATIENCE = 60.0  # seconds; no test that passes waits so long
BIG, SMALL = Owner("H15", "D-1"), Owner("H16", "D-2")


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Jobs:
    """Jobs on threads of their own, which wait for a turn and end on a signal."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._changed = threading.Condition()
        self._ends: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}
        self.begun: list[str] = []
        self._asked = 0

    def ask(self, name: str, owner: Owner) -> None:
        """Ask for a turn."""
        self._ends[name] = threading.Event()

        def job() -> None:
            with self._turns.turn(owner, cancelled=lambda: False):
                with self._changed:
                    self.begun.append(name)
                    self._changed.notify_all()
                assert self._ends[name].wait(PATIENCE)

        self._threads[name] = threading.Thread(target=job, daemon=True)
        self._threads[name].start()
        self._asked += 1
        self._until(lambda: len(self._turns._waiting) + len(self.begun) == self._asked)

    def end(self, name: str) -> None:
        """End a job that has begun."""
        self._ends[name].set()
        self._threads[name].join(PATIENCE)

    def until_begun(self, *names: str) -> None:
        """Wait until exactly these have begun, in this order."""
        self._until(lambda: self.begun == list(names))

    def _until(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, 0.01) or self._poll(holds)

    def _poll(self, holds: Callable[[], bool]) -> bool:
        return any(holds() or self._changed.wait(0.01) for _ in range(int(PATIENCE * 100)))

    def end_all(self) -> None:
        for end in self._ends.values():
            end.set()


@contextmanager
def _jobs(turns: Turns) -> Iterator[Jobs]:
    jobs = Jobs(turns)
    try:
        yield jobs
    finally:
        jobs.end_all()


def test_another_office_waits_for_the_running_page_only() -> None:
    time = Time()
    with _jobs(Turns(1, monotonic=time)) as jobs:
        for number in range(1, 6):
            jobs.ask(f"big {number}", BIG)
        jobs.ask("small", SMALL)
        time.now += 1
        jobs.end("big 1")
        jobs.until_begun("big 1", "small")


def test_the_next_job_of_the_other_office_comes_before_the_next_page() -> None:
    time = Time()
    with _jobs(Turns(1, monotonic=time)) as jobs:
        for number in range(1, 4):
            jobs.ask(f"big {number}", BIG)
        jobs.ask("small 1", SMALL)
        time.now += 50
        jobs.end("big 1")
        jobs.until_begun("big 1", "small 1")
        time.now += 1
        jobs.end("small 1")
        # The child stays free for a moment; our clock stands still, so for as long as we like.
        jobs.ask("small 2", SMALL)
        jobs.until_begun("big 1", "small 1", "small 2")
        jobs.end("small 2")
        time.now += 1
        jobs.until_begun("big 1", "small 1", "small 2", "big 2")


def test_two_busy_offices_take_turns() -> None:
    time = Time()
    with _jobs(Turns(1, monotonic=time)) as jobs:
        jobs.ask("start", Owner("H17", "D"))
        for number in range(1, 4):
            jobs.ask(f"big {number}", BIG)
        for number in range(1, 4):
            jobs.ask(f"small {number}", SMALL)
        order = ["start"]
        while len(order) < 7:
            time.now += 10
            jobs.end(order[-1])
            time.now += 1  # no child is kept free any more
            jobs._until(lambda: len(jobs.begun) > len(order))
            order.append(jobs.begun[-1])
        offices = [name.split()[0] for name in order[1:]]
        for end in range(1, 7):
            big = offices[:end].count("big")
            assert abs(end - 2 * big) <= 1, offices


def test_dossiers_of_an_office_take_turns() -> None:
    time = Time()
    other = Owner("H15", "D-9")
    with _jobs(Turns(1, monotonic=time)) as jobs:
        for number in range(1, 4):
            jobs.ask(f"one {number}", BIG)
        jobs.ask("other", other)
        time.now += 1
        jobs.end("one 1")
        jobs.until_begun("one 1", "other")


def test_no_more_run_at_once_than_there_are_children() -> None:
    with _jobs(Turns(2)) as jobs:
        for number in range(1, 5):
            jobs.ask(f"{number}", BIG)
        assert jobs.begun == ["1", "2"]
        jobs.end("1")
        jobs.until_begun("1", "2", "3")


def test_a_cancelled_job_waits_no_longer() -> None:
    turns = Turns(1)
    cancelled = threading.Event()
    raised: list[TransientFault] = []

    def waiting() -> None:
        try:
            with turns.turn(SMALL, cancelled=cancelled.is_set):
                raise AssertionError("it had no turn")
        except TransientFault as error:
            raised.append(error)

    with turns.turn(BIG, cancelled=lambda: False):
        thread = threading.Thread(target=waiting, daemon=True)
        thread.start()
        cancelled.set()
        thread.join(PATIENCE)
    assert [error.code for error in raised] == ["child.cancelled"]
    # And it has left no trace: the next one has a turn.
    with turns.turn(SMALL, cancelled=lambda: False):
        pass


def test_a_job_that_fails_ends_its_turn() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="x"), turns.turn(BIG, cancelled=lambda: False):
        raise ValueError("x")
    with turns.turn(BIG, cancelled=lambda: False):
        pass
