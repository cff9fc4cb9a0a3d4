"""Trial data to work on: one archive of all samples for the session, fresh data on demand.

A commune has all in one process over one folder; a province has real servers, and workers beside
the command line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from functional.cli.running import ROOT, Commands
from functional.province import Province, working_commands
from servers.minio import Minio
from servers.postgres import Postgres
from servers.redis import Redis

SAMPLES = ROOT / "samples"


COMMUNE, PROVINCE = "commune", "province"
MODES = (COMMUNE, PROVINCE)


@pytest.fixture(scope="session")
def province(postgres_server: Postgres, redis_server: Redis, minio_server: Minio) -> Province:
    """Real servers; data is made on them on demand."""
    return Province(postgres_server, redis_server, minio_server)


def commands_in(
    mode: str, var: Path, request: pytest.FixtureRequest, stack: ExitStack, *, trial: bool = True
) -> Commands:
    """The command line over new data in a mode."""
    if mode == PROVINCE:
        servers: Province = request.getfixturevalue("province")
        return stack.enter_context(working_commands(servers, var, trial=trial))
    commands = Commands(var)
    commands.json("init", *(["--trial"] if trial else []))
    return commands


@pytest.fixture(params=MODES)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Commands]]:
    """Makes new data, ``made(name, trial=True)``, in each mode."""
    with ExitStack() as stack:

        def make(name: str = "var", *, trial: bool = True) -> Commands:
            return commands_in(request.param, tmp_path / name, request, stack, trial=trial)

        yield make


@pytest.fixture
def fresh(made: Callable[..., Commands]) -> Commands:
    """The command line over fresh trial data, in each mode."""
    return made()


@pytest.fixture
def commune(tmp_path: Path) -> Commands:
    """The command line over fresh trial data in one folder."""
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    return commands


@pytest.fixture(scope="session")
def truth() -> dict[str, dict[str, Any]]:
    """What the samples are and say, by path below samples/."""
    samples: dict[str, dict[str, Any]] = json.loads((SAMPLES / "truth.json").read_text("utf-8"))
    return samples


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
