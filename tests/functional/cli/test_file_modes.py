"""Modes of files: private in the data folder, the user's own in exports."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from functional.cli.running import SOHOA, Commands
from planted import small_paper

_SECONDS = 300.0


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """Commands over a data folder that was made open to everybody."""
    made = Commands(tmp_path / "var")
    for folder in (made.var, made.var / "store", made.var / "scratch"):
        folder.mkdir()
        folder.chmod(0o755)
    return made


def _run(commands: Commands, *words: object, umask: int) -> list[dict[str, Any]]:
    """Run a command in a process of its own with a umask; its rows."""
    ended = subprocess.run(
        [SOHOA, *map(str, words), "--json"],
        cwd=commands.var.parent, env=commands.environment(), umask=umask,
        capture_output=True, text=True, timeout=_SECONDS, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in ended.stdout.splitlines()]


def _modes(folder: Path) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {"files": set(), "folders": {stat.S_IMODE(folder.stat().st_mode)}}
    for path in folder.rglob("*"):
        kind = "folders" if path.is_dir() else "files"
        found[kind].add(stat.S_IMODE(path.stat().st_mode))
    return found


def test_data_is_private_and_exports_follow_the_umask(commands: Commands, tmp_path: Path) -> None:
    _run(commands, "init", "--trial", umask=0)
    file = small_paper.draw(tmp_path / "scan.png", 1)
    (row,) = _run(commands, "ingest", file, "--dossier", "A-1", "--sign", "--accept", umask=0)
    assert row["state"] == "ARCHIVED"
    held = _modes(commands.var)
    assert held["folders"] == {0o700}
    # A record is never changed: its files cannot be written.
    assert held["files"] == {0o600, 0o400}
    (commands.var / "sohoa.db").chmod(0o644)
    commands.var.chmod(0o755)
    _run(commands, "export", row["paper"], tmp_path / "out" / "here", umask=0o022)
    assert held == _modes(commands.var)
    assert _modes(tmp_path / "out") == {"folders": {0o755}, "files": {0o644}}
