"""Running the real command line over data of its own, in either mode. No mocks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functional.cli import warm
from planted.whole import application_over

from api.application import Application

ROOT = Path(__file__).parents[3]
# Commands that wait until papers have been worked off.
_WORKING = frozenset({"ingest", "sign"})
_SECONDS = 300.0  # that a command may take
SOHOA = Path(sys.executable).parent / "sohoa"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON objects it printed."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        """The only one."""
        (row,) = self.rows
        return row


@dataclass(frozen=True)
class Commands:
    """The command line over one data folder.

    Attributes:
        var: the folder.
        settings: what is set for every command; the addresses of servers, where there are some.
        before: called with the settings of a command that needs workers, before it runs.
    """

    var: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[Mapping[str, str]], None] = lambda _: None

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a process over this data."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SOHOA_")}
        return {**clean, "SOHOA_VAR": str(self.var), **self.settings, **(more or {})}

    def application(self) -> AbstractContextManager[Application]:
        """The application over this data, for looking."""
        return application_over(self.var, self.settings)

    def run(self, *words: object, env: dict[str, str] | None = None, stdin: str = "") -> Ended:
        """Run one command."""
        if words and words[0] in _WORKING:
            self.before(env or {})
        environment = self.environment(env)
        if any(name.startswith("PYTHON") for name in env or {}):
            # Python reads these when it starts.
            ended = self._start(words, environment, stdin)
        else:
            ended = Ended(
                *warm.run(
                    [str(word) for word in words],
                    env=environment,
                    folder=self.var.parent,
                    stdin=stdin,
                    seconds=_SECONDS,
                )
            )
        assert "Traceback" not in ended.err
        return ended

    def _start(self, words: tuple[object, ...], env: Mapping[str, str], stdin: str) -> Ended:
        ended = subprocess.run(
            [SOHOA, *map(str, words)],
            cwd=self.var.parent,
            env=env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def json(self, *words: object, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """Run one command that must succeed; its rows."""
        ended = self.run(*words, "--json", env=env)
        assert ended.code == 0, ended.err
        return ended.rows
