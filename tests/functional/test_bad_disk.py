"""A full disk, one that can only be read, a locked database: reported, retried, nothing is lost.

The faults of the disk are planted at every twelfth point that ``sohoa ingest`` has, from which on
the disk takes no more; ``make soak`` takes every point.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from planted import small_paper, whole

from api.cli.exit_codes import Exit

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_full_disk_is_reported_and_the_next_start_goes_on(tmp_path: Path, fault: str) -> None:
    options = ("--fault", fault, "--every", "24")
    ended = subprocess.run(
        [sys.executable, "-m", "planted.kill_points", str(tmp_path), *options],
        cwd=ROOT / "tests",
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout, ended.stderr
    said: list[dict[str, Any]] = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [run for run in said[1:-1] if run["wrong"]] == []
    assert said[-1]["bad"] == 0
    assert said[-1]["runs"] > 10


def _sohoa(*arguments: str | Path, var: Path) -> subprocess.CompletedProcess[str]:
    # As `sohoa`, but a locked database is waited for 0.2 s, not a minute.
    code = (
        "from workflow.ledger import engine; engine._BUSY_MILLISECONDS = 200\n"
        "from api.cli import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**ENVIRONMENT, "SOHOA_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "PRAGMA locking_mode=EXCLUSIVE"])
def test_a_locked_database_is_reported_and_the_next_start_goes_on(
    tmp_path: Path, begin: str
) -> None:
    var = tmp_path / "var"
    paper = small_paper.draw(tmp_path / "paper.png")
    ingest = ("ingest", paper, "--dossier", "H15-1", "--sign", "--accept")
    assert _sohoa("init", "--trial", var=var).returncode == Exit.DONE
    with closing(sqlite3.connect(var / "sohoa.db", isolation_level=None)) as other:
        other.execute(begin)
        if "PRAGMA" in begin:
            other.execute("BEGIN EXCLUSIVE")
        ended = _sohoa(*ingest, var=var)
    assert ended.returncode == Exit.TRY_AGAIN, ended.stderr
    assert "database.busy: another program holds the database" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert _sohoa(*ingest, var=var).returncode == Exit.DONE
    assert whole.faults(var, papers=1) == []
