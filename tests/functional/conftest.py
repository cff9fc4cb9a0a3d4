"""Trial data to work on: one archive of all samples for the session, fresh folders on demand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from functional.cli.running import ROOT, Commands

SAMPLES = ROOT / "samples"


@pytest.fixture
def fresh(tmp_path: Path) -> Commands:
    """The command line over fresh trial data."""
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    return commands


@pytest.fixture(scope="session")
def truth() -> dict[str, dict[str, Any]]:
    """What the samples are and say, by path below samples/."""
    told: dict[str, dict[str, Any]] = json.loads((SAMPLES / "truth.json").read_text("utf-8"))
    return told


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Commands, str, str]:
    """The demo, run twice over one data folder: its commands and what it said each time."""
    var = tmp_path_factory.mktemp("demo") / "var"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SOHOA_")}
    said = []
    for _ in range(2):
        ended = subprocess.run(
            [sys.executable, "-m", "api.demo", "samples"],
            cwd=ROOT,
            env={**clean, "SOHOA_VAR": str(var)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        said.append(ended.stdout + ended.stderr)
    return Commands(var), said[0], said[1]
