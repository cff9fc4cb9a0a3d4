"""The queue of one process: every paper is processed, duplicates are dropped, and it stops."""

from __future__ import annotations

import threading
from uuid import UUID

from workflow.pipeline.thread_queue import ThreadQueue


def test_every_paper_is_worked_on_and_the_wait_ends() -> None:
    done: list[UUID] = []
    lock = threading.Lock()
    queue = ThreadQueue(threads=3)

    def work(paper: UUID) -> None:
        with lock:
            done.append(paper)
        if paper.int <= 20:  # work makes more work
            queue.enqueue(UUID(int=paper.int + 100))

    queue.start(work)
    for number in range(1, 41):
        queue.enqueue(UUID(int=number))
    assert queue.wait_until_idle(seconds=30)
    queue.stop()
    assert sorted(p.int for p in done) == [*range(1, 41), *range(101, 121)]


def test_a_nudge_to_a_paper_that_waits_is_dropped() -> None:
    queue = ThreadQueue(threads=1)
    for _ in range(5):
        queue.enqueue(UUID(int=1))
    done: list[UUID] = []
    queue.start(done.append)
    assert queue.wait_until_idle(seconds=30)
    queue.stop()
    assert done == [UUID(int=1)]


def test_stopping_finishes_the_work_in_hand_and_drops_what_waits() -> None:
    begun, go_on = threading.Event(), threading.Event()
    done: list[UUID] = []

    def work(paper: UUID) -> None:
        begun.set()
        go_on.wait(30)
        done.append(paper)

    queue = ThreadQueue(threads=1)
    queue.start(work)
    for number in (1, 2, 3):
        queue.enqueue(UUID(int=number))
    assert begun.wait(30)
    stopping = threading.Thread(target=queue.stop)
    stopping.start()
    go_on.set()
    stopping.join(30)
    assert done[0] == UUID(int=1)
    assert not stopping.is_alive()
