"""``sohoa ingest`` is killed at the points that it has; the next start brings everything home.

Every seventh point here; ``make soak`` takes them all. What a commit names is on the disk before
it.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from judges import ocfl
from planted import whole
from planted.order import too_early
from planted.shim import Point

ROOT = Path(__file__).parents[2]
KILLS = ROOT / "tests" / "soak" / "random_kills.py"


def _said_by(folder: Path, *options: str) -> list[dict[str, Any]]:
    ended = subprocess.run(
        [sys.executable, "-m", "planted.kill_points", str(folder), *options],
        cwd=ROOT / "tests",
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kills")


@pytest.fixture(scope="module")
def said(folder: Path) -> list[dict[str, Any]]:
    """What ``planted.kill_points`` said: the points, each run, the sum."""
    return _said_by(folder, "--every", "7")


@pytest.fixture(scope="module")
def points(said: list[dict[str, Any]]) -> list[Point]:
    return [Point(*point) for point in said[0]["points"]]


def test_a_kill_at_any_point_loses_and_doubles_nothing(said: list[dict[str, Any]]) -> None:
    assert [run for run in said[1:-1] if run["wrong"]] == []
    assert said[-1]["bad"] == 0
    assert said[-1]["runs"] > 40
    assert {run["act"] for run in said[1:-1]} == {"kill", "torn"}


def test_what_was_laid_down_after_a_kill_is_valid_ocfl(
    said: list[dict[str, Any]], folder: Path
) -> None:
    assert said
    assert ocfl.root_is_valid(folder / "gathered")


def test_the_recorder_sees_every_kind_of_change(points: list[Point]) -> None:
    assert {point.kind for point in points} >= {
        "create", "write", "fsync", "chmod", "utime", "mkdir", "rename", "link", "unlink", "rmdir",
        "sql", "commit", "spawn", "connect", "request",
    }  # fmt: skip
    assert len(points) > 150
    # The time-stamping authority, and the children.
    assert {p.what for p in points if p.kind == "request"} == {"AF_INET", "AF_UNIX"}


def test_what_a_commit_names_is_on_the_disk_before_it(points: list[Point]) -> None:
    assert sum(point.kind == "commit" for point in points) >= 9
    assert too_early(points) == []


def test_a_sync_left_out_would_be_seen(points: list[Point]) -> None:
    synced = {p.what for p in points if p.kind == "fsync" and p.what.startswith("store")}
    files = {what for what in synced if what.startswith("store/temp/")}
    assert len(files) >= 12
    assert len(synced - files) >= 8
    for what in synced:
        assert too_early(p for p in points if (p.kind, p.what) != ("fsync", what)), what


def _catalogue_forgets(var: Path) -> None:
    with closing(sqlite3.connect(var / "sohoa.db")) as database:
        database.execute("DELETE FROM record_person")
        database.execute("DELETE FROM record")
        database.commit()


def _state_stays_behind(var: Path) -> None:
    with closing(sqlite3.connect(var / "sohoa.db")) as database:
        database.execute("UPDATE paper SET state = 'SIGNED'")
        database.commit()


def _file_of_record(var: Path, name: str) -> Path:
    return next((var / "store" / "record").rglob(f"*/{name}"))


def _signature_is_changed(var: Path) -> None:
    signed = _file_of_record(var, "signed.pdf")
    content = signed.read_bytes()
    signed.unlink()
    signed.write_bytes(content[:-2000] + b" " + content[-1999:])


def _record_is_doubled(var: Path) -> None:
    root = _file_of_record(var, "signed.pdf").parents[2]
    # One id in sixteen ends in 0 already.
    other = "1" if root.name.endswith("0") else "0"
    shutil.copytree(root, root.with_name(root.name[:-1] + other))


def _blob_is_torn(var: Path) -> None:
    blob = next((var / "store" / "work").glob("*/*"))
    blob.chmod(0o600)
    blob.write_bytes(b"half")


def _scratch_is_left(var: Path) -> None:
    (var / "scratch" / "left").mkdir(parents=True)


def test_kills_at_random_leave_every_paper_archived_once(tmp_path: Path) -> None:
    """A short run; ``make soak`` kills 300 times over 60 papers."""
    ended = subprocess.run(
        [sys.executable, str(KILLS), str(tmp_path / "run"), "--kills", "8", "--papers", "6"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout, ended.stderr
    said = json.loads(ended.stdout)
    assert said["wrong"] == []
    assert sum(said["kills"].values()) == 8


@pytest.mark.parametrize(
    "planted",
    [
        _catalogue_forgets,
        _state_stays_behind,
        _signature_is_changed,
        _record_is_doubled,
        _blob_is_torn,
        _scratch_is_left,
    ],
)
def test_what_is_lost_or_doubled_would_be_seen(
    said: list[dict[str, Any]], folder: Path, tmp_path: Path, planted: Callable[[Path], None]
) -> None:
    assert said
    var = tmp_path / "var"
    shutil.copytree(folder / "recorded" / "var", var)
    assert whole.faults(var, papers=1) == []
    planted(var)
    assert whole.faults(var, papers=1)


def test_a_killed_init_is_completed_once(tmp_path: Path) -> None:
    said = _said_by(tmp_path, "--command", "init", "--every", "12")
    assert [run for run in said[1:-1] if run["wrong"]] == []
    assert said[-1]["runs"] >= 7
    points = [Point(*point) for point in said[0]["points"]]
    assert too_early(points) == []
    assert ("fsync", "keys") in {(point.kind, point.what) for point in points}


@pytest.mark.parametrize(("command", "every"), [("rebuild", "4"), ("fixity", "2")])
def test_a_kill_of_what_looks_after_records_loses_nothing(
    tmp_path: Path, command: str, every: str
) -> None:
    """``make soak`` takes every point."""
    said = _said_by(tmp_path, "--command", command, "--every", every)
    assert [run for run in said[1:-1] if run["wrong"]] == []
    assert said[-1]["bad"] == 0
    assert any(point[0] == "commit" for point in said[0]["points"])
