"""Children survive nothing, the parent survives everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dossier.errors import Misconfigured, RejectedInput, TransientFault, WrongUse
from pages.children import (
    ChildCrashed,
    ChildFailed,
    ChildKilled,
    ChildOutOfMemory,
    Children,
    ChildTimedOut,
)

JOBS = Path(__file__).parents[2] / "fixtures" / "children"
LONG = 60.0


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(JOBS))
    monkeypatch.setenv("SOHOA_KEY_PASSWORD", "secret")


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(size=1, memory_bytes=300_000_000) as pool:
        yield pool


def run(children: Children, job: str, *, deadline: float = LONG, **arguments: object) -> object:
    return children.run(f"planted_jobs:{job}", arguments, deadline=deadline, what="paper 7 page 3")


def is_gone(pid: int) -> bool:
    """Whether a process has ended (or waits for nobody's wait)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


def wait_until_gone(pid: int) -> bool:
    for _ in range(600):
        if is_gone(pid):
            return True
        time.sleep(0.05)
    return False


def test_a_job_answers_and_its_child_stays_for_the_next(children: Children) -> None:
    assert run(children, "add", left=2, right=3) == 5
    assert run(children, "name_of_process") == run(children, "name_of_process")
    assert children.peak_bytes > 1_000_000


def test_a_child_is_replaced_after_so_many_jobs() -> None:
    with Children(size=1, memory_bytes=300_000_000, jobs_each=2) as pool:
        seen = [run(pool, "name_of_process") for _ in range(5)]
    assert seen[0] == seen[1] != seen[2] == seen[3] != seen[4]


def test_a_child_knows_no_secret_and_has_imported_nothing_heavy(children: Children) -> None:
    names = run(children, "environment")
    assert isinstance(names, list)
    assert not [name for name in names if name.startswith("SOHOA")]
    assert "OMP_THREAD_LIMIT" in names
    modules = run(children, "heavy_modules")
    assert isinstance(modules, list)
    assert not {"PIL", "numpy", "pikepdf", "pypdfium2", "tesserocr"} & set(modules)


@pytest.mark.parametrize(
    ("job", "error", "code"),
    [
        ("abort", ChildCrashed, "child.crashed"),
        ("leave", ChildCrashed, "child.crashed"),
        ("hog", ChildOutOfMemory, "child.out-of-memory"),
        ("fail", ChildFailed, "child.failed"),
        ("unwritable", ChildFailed, "child.failed"),
        ("not_a_number", ChildFailed, "child.failed"),
        ("no_such_job", ChildFailed, "child.failed"),
        ("misuse", WrongUse, "dossier.bad-code"),
        ("be_killed", ChildKilled, "child.killed"),
        ("meet_a_full_disk", TransientFault, "disk.full"),
    ],
)
def test_the_parent_survives(
    children: Children, job: str, error: type[TransientFault], code: str
) -> None:
    with pytest.raises(error) as caught:
        run(children, job)
    assert caught.value.code == code
    assert caught.value.message.startswith("paper 7 page 3: ")
    assert run(children, "add", left=1, right=1) == 2


def test_a_hanging_job_is_killed_and_its_child_replaced(children: Children) -> None:
    before = run(children, "name_of_process")
    assert isinstance(before, int)
    with pytest.raises(ChildTimedOut):
        run(children, "hang", deadline=0.3)
    assert is_gone(before)
    assert run(children, "name_of_process") != before


def test_the_text_of_a_foreign_exception_stays_in_the_child(children: Children) -> None:
    with pytest.raises(ChildFailed, match="KeyError") as caught:
        run(children, "fail")
    assert "Mật" not in str(caught.value)
    assert "001190012345" not in str(caught.value)


def test_an_error_of_ours_crosses_once_told_what_it_is_about(children: Children) -> None:
    with pytest.raises(RejectedInput, match=r"^paper 7 page 3: the file is damaged") as caught:
        run(children, "refuse", message="the file is damaged; scan again\x1b[31m")
    assert caught.value.code == "scan.damaged"
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        "what",
        "[[]]",
        "NaN",
        "[" * 10_000,
        "{}",
        '{"error":"os.system","code":"child.odd","message":""}',
        '{"error":"RejectedInput","code":"A B","message":"two words are no code"}',
        '{"error":"RejectedInput","code":"scan.damaged","message":1}',
        '{"error":5,"code":[],"peak":"x"}',
    ],
)
def test_garbage_for_an_answer_is_a_fault_of_the_child(children: Children, body: str) -> None:
    with pytest.raises((ChildCrashed, ChildFailed)):
        run(children, "garbage", length=len(body), body=body)
    assert run(children, "add", left=2, right=1) == 3


def test_an_endless_answer_is_not_awaited(children: Children) -> None:
    with pytest.raises(ChildCrashed, match="too long"):
        run(children, "garbage", length=2**32 - 1, body="an answer of four gigabytes")
    assert run(children, "add", left=2, right=1) == 3


def test_jobs_run_side_by_side_and_no_more_than_allowed() -> None:
    with Children(size=2, memory_bytes=300_000_000) as pool, ThreadPoolExecutor(6) as threads:
        seen = set(threads.map(lambda _: run(pool, "name_of_process"), range(30)))
        assert 1 <= len(seen) <= 2
        assert set(pool.pids()) == seen


def test_closing_ends_all_children_and_the_jobs_they_do() -> None:
    pool = Children(size=1, memory_bytes=300_000_000)
    caught: list[BaseException] = []

    def hang() -> None:
        try:
            run(pool, "hang")
        except TransientFault as error:
            caught.append(error)

    threads = [threading.Thread(target=hang) for _ in range(2)]
    for thread in threads:
        thread.start()
    while not pool.pids():
        time.sleep(0.01)
    pids = pool.pids()
    pool.close()
    for thread in threads:
        thread.join(LONG)
    assert [error.code for error in caught if isinstance(error, TransientFault)] == [
        "child.closed",
        "child.closed",
    ]
    assert all(is_gone(pid) for pid in pids)
    assert pool.pids() == ()
    with pytest.raises(TransientFault, match="ended"):
        run(pool, "add", left=1, right=1)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_children_and_their_programs_die_with_the_parent(tmp_path: Path, end: int) -> None:
    note = tmp_path / "pids"
    code = (
        "from pages.children import Children\n"
        "pool = Children(size=1, memory_bytes=300_000_000)\n"
        f"pool.run('planted_jobs:hang_with_a_child', {{'note': {str(note)!r}}},"
        " deadline=600, what='x')\n"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(root), str(JOBS)])),
    ) as parent:
        while not (note.exists() and " " in note.read_text(encoding="ascii")):
            assert parent.poll() is None
            time.sleep(0.02)
        pids = [int(word) for word in note.read_text(encoding="ascii").split()]
        assert not any(is_gone(pid) for pid in pids)
        parent.send_signal(end)
        parent.wait()
    assert all(wait_until_gone(pid) for pid in pids)


def test_a_deadline_kills_the_programs_that_the_job_started(
    children: Children, tmp_path: Path
) -> None:
    note = tmp_path / "pids"
    with pytest.raises(ChildTimedOut):
        run(children, "hang_with_a_child", deadline=1.5, note=str(note))
    assert all(wait_until_gone(int(pid)) for pid in note.read_text(encoding="ascii").split())


def test_senseless_settings_are_the_operators() -> None:
    with pytest.raises(Misconfigured):
        Children(size=0, memory_bytes=1)
