"""Threads that bring scans at the same moment: who writes, who waits, who hears what."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from uuid import UUID

import pytest
from unit.workflow.fakes import scan

from dossier.errors import TransientFault
from workflow.ledger.batching import WriteBatcher
from workflow.ledger.types import IncomingScan, IntakeResult, Received


def _incoming(number: int) -> IncomingScan:
    return IncomingScan(scan=scan(number), paper=UUID(int=number), dossier="D1")


class _Writing:
    """Writes nothing; the first group waits until it is let go, so that others gather."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.first_is_in = threading.Event()
        self.go_on = threading.Event()
        self.refused: set[int] = set()
        self.error: BaseException = TransientFault("database.fault", "no")

    def __call__(self, group: Sequence[IncomingScan]) -> list[IntakeResult]:
        self.groups.append([one.paper.int for one in group])
        if len(self.groups) == 1:
            self.first_is_in.set()
            assert self.go_on.wait(10)
        if self.refused & set(self.groups[-1]):
            raise self.error
        return [Received(one.paper, known_already=False) for one in group]


class _Bringing:
    """Threads that bring one scan each, the first one before all others."""

    def __init__(self, writing: _Writing, others: int) -> None:
        self.answers: dict[int, int | BaseException] = {}
        self._batcher = WriteBatcher(writing)
        threads = [threading.Thread(target=self._bring, args=(n,)) for n in range(1 + others)]
        threads[0].start()
        assert writing.first_is_in.wait(10)
        for thread in threads[1:]:
            thread.start()
        while len(self._batcher._pending) < others:
            threading.Event().wait(0.001)
        writing.go_on.set()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()

    def _bring(self, number: int) -> None:
        try:
            answer = self._batcher.submit(_incoming(number))
        except BaseException as error:  # noqa: BLE001 - kept to be looked at
            self.answers[number] = error
        else:
            assert isinstance(answer, Received)
            self.answers[number] = answer.paper.int


def test_who_comes_alone_is_written_at_once() -> None:
    writing = _Writing()
    writing.go_on.set()
    batcher = WriteBatcher(writing)
    for number in (1, 2):
        assert batcher.submit(_incoming(number)) == Received(UUID(int=number), known_already=False)
    assert writing.groups == [[1], [2]]


def test_who_comes_meanwhile_is_written_together_and_gets_their_own_answer() -> None:
    writing = _Writing()
    answers = _Bringing(writing, 20).answers
    assert answers == {number: number for number in range(21)}
    assert writing.groups[0] == [0]
    assert sorted(writing.groups[1]) == list(range(1, 21))


def test_a_group_has_an_end_and_nobody_is_passed_over() -> None:
    writing = _Writing()
    answers = _Bringing(writing, 70).answers
    assert answers == {number: number for number in range(71)}
    assert [len(group) for group in writing.groups] == [1, 32, 32, 6]


def test_what_the_database_refuses_of_one_is_said_to_this_one() -> None:
    writing = _Writing()
    writing.refused = {3}
    answers = _Bringing(writing, 5).answers
    assert answers.pop(3) is writing.error
    assert answers == {number: number for number in (0, 1, 2, 4, 5)}


@pytest.mark.parametrize("error", [TransientFault("database.full", "no room"), KeyboardInterrupt()])
def test_what_befalls_all_is_said_to_all_and_the_next_goes_on(error: BaseException) -> None:
    writing = _Writing()
    writing.refused, writing.error = {3}, error
    answers = _Bringing(writing, 40).answers
    # The first was alone; of the others 32 went together, one of them was refused.
    unlucky = [number for number, what in answers.items() if what is error]
    assert len(unlucky) in {32, 8}
    assert 3 in unlucky
    assert {number: what for number, what in answers.items() if number not in unlucky} == {
        number: number for number in range(41) if number not in unlucky
    }
