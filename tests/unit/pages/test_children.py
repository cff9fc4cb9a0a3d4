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
from dataclasses import replace
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
    Layers,
)

JOBS = Path(__file__).parents[2] / "fixtures" / "children"
LONG = 60.0
NO_WALLS = Layers(namespaces=False, landlock=False, seccomp=False)


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
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


def programs(mark: str) -> list[int]:
    """The running programs with a word in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark.encode() in words and not is_gone(int(entry.name)):
                found.append(int(entry.name))
    return found


def wait_for_program(mark: str) -> None:
    while not programs(mark):
        time.sleep(0.02)


def wait_until_gone(mark: str) -> bool:
    for _ in range(600):
        if not programs(mark):
            return True
        time.sleep(0.05)
    return False


def test_each_job_has_a_process_of_its_own() -> None:
    with Children(size=1, memory_bytes=300_000_000, layers=NO_WALLS) as pool:
        assert run(pool, "add", left=2, right=3) == 5
        servers = pool.pids()
        first, second = run(pool, "name_of_process"), run(pool, "name_of_process")
        assert len({first, second, *servers}) == 3
        assert pool.pids() == servers
        assert pool.peak_bytes > 1_000_000


def test_an_engine_is_loaded_once_and_each_job_has_it(children: Children) -> None:
    for _ in range(2):
        engines = children.run(
            "planted_jobs:prepared",
            {},
            prepare=("planted_jobs:prepare", {"name": "vie"}),
            deadline=LONG,
            what="paper 7",
        )
        assert engines == ["vie"]


def test_files_go_in_and_out_and_the_next_job_finds_none(
    children: Children, tmp_path: Path
) -> None:
    (tmp_path / "scan").write_bytes(b"first")
    for source in (tmp_path / "scan", b"second"):
        made = tmp_path / "made"
        made.unlink(missing_ok=True)
        seen = children.run(
            "planted_jobs:copy_file",
            {},
            reads={"source": source},
            writes={"target": made},
            scratch="scratch",
            deadline=LONG,
            what="paper 7",
        )
        assert seen == ["scratch", "source", "target"]
        assert made.read_bytes() == (b"first" if isinstance(source, Path) else b"second")
    assert (tmp_path / "scan").read_bytes() == b"first"


def test_a_link_in_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    with (
        Children(size=1, memory_bytes=300_000_000, layers=NO_WALLS) as pool,
        pytest.raises(ChildCrashed, match="not a plain file"),
    ):
        pool.run(
            "planted_jobs:write_link",
            {},
            writes={"target": tmp_path / "made"},
            deadline=LONG,
            what="paper 7",
        )
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_not_there_is_no_fault_of_the_machine(
    children: Children, tmp_path: Path
) -> None:
    with pytest.raises(ChildFailed, match="FileNotFoundError"):
        children.run(
            "planted_jobs:copy_file",
            {},
            reads={"source": tmp_path / "missing"},
            deadline=LONG,
            what="paper 7",
        )
    assert run(children, "add", left=1, right=1) == 2


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
    assert run(children, "add", left=1, right=1) == 2
    before = children.pids()
    with pytest.raises(ChildTimedOut):
        run(children, "hang", deadline=0.3)
    assert all(is_gone(pid) for pid in before)
    assert run(children, "add", left=1, right=1) == 2
    assert children.pids() != before


def test_the_text_of_a_foreign_exception_stays_in_the_child(children: Children) -> None:
    with pytest.raises(ChildFailed, match="KeyError") as caught:
        run(children, "fail")
    assert "Mật" not in str(caught.value)
    assert "001190012345" not in str(caught.value)


def test_an_error_of_ours_names_its_paper_and_page(children: Children) -> None:
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
        sums = set(threads.map(lambda _: run(pool, "add", left=1, right=1), range(30)))
        assert sums == {2}
        assert 1 <= len(pool.pids()) <= 2


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
@pytest.mark.parametrize("namespaces", [True, False])
def test_children_and_their_programs_die_with_the_parent(
    tmp_path: Path, end: int, *, namespaces: bool
) -> None:
    mark = f"{tmp_path}/mark"
    code = (
        "from dataclasses import replace\n"
        "from pages.children import Children, Layers\n"
        "layers = Layers.available()\n"
        f"layers = replace(layers, namespaces={namespaces} and layers.namespaces)\n"
        "pool = Children(size=1, memory_bytes=300_000_000, programs=True, layers=layers)\n"
        f"pool.run('planted_jobs:hang_with_a_program', {{'mark': {mark!r}}},"
        " deadline=600, what='x')\n"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(root), str(JOBS)])),
    ) as parent:
        wait_for_program(mark)
        parent.send_signal(end)
        parent.wait()
    assert wait_until_gone(mark)


@pytest.mark.parametrize("namespaces", [True, False])
def test_a_deadline_kills_the_programs_that_the_job_started(
    tmp_path: Path, *, namespaces: bool
) -> None:
    mark = f"{tmp_path}/mark"
    layers = replace(Layers.available(), namespaces=namespaces and Layers.available().namespaces)
    with (
        Children(size=1, memory_bytes=300_000_000, programs=True, layers=layers) as pool,
        ThreadPoolExecutor(1) as threads,
    ):
        job = threads.submit(run, pool, "hang_with_a_program", deadline=3.0, mark=mark)
        wait_for_program(mark)
        with pytest.raises(ChildTimedOut):
            job.result()
        assert wait_until_gone(mark)


def test_senseless_settings_are_the_operators() -> None:
    with pytest.raises(Misconfigured):
        Children(size=0, memory_bytes=1)
