"""Process names: which processes are alive and which are gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from workflow.pipeline.process_identity import is_gone, is_name, this_process


def test_a_living_process_is_not_gone_and_a_dead_one_is() -> None:
    assert not is_gone(this_process())
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from workflow.pipeline.process_identity import this_process\nprint(this_process())",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[4],
    )
    assert is_gone(ended.stdout.strip())
    assert not is_gone("another-host:1:1")


def test_a_killed_process_is_gone_before_anybody_asked_how_it_ended() -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "from workflow.pipeline.process_identity import this_process\n"
                "print(this_process(), flush=True); input()"
            ),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert is_name(name)
        assert not is_gone(name)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, but still in /proc
        assert Path(f"/proc/{process.pid}/stat").exists()
        assert is_gone(name)


def test_a_process_of_before_the_machine_started_anew_is_gone() -> None:
    host, pid, started = this_process().rsplit(":", 2)
    assert is_gone(f"{host}:{pid}:00000000-{started.rpartition('-')[2]}")
    assert not is_name("01a214d3-8483-757d-ab7d-c38f3ca1d6a6-mjumsdv5")


def test_a_reused_pid_is_another_process() -> None:
    host, pid, started = this_process().rsplit(":", 2)
    assert int(pid) == os.getpid()
    boot, _, ticks = started.partition("-")
    assert is_gone(f"{host}:{pid}:{boot}-{int(ticks) + 1}")
