"""Running the real command line in a folder of its own. No mocks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
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
    """The command line over one data folder."""

    var: Path

    def run(self, *words: object, env: dict[str, str] | None = None, stdin: str = "") -> Ended:
        """Run one command."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SOHOA_")}
        ended = subprocess.run(
            [SOHOA, *map(str, words)],
            cwd=self.var.parent,
            env={**clean, "SOHOA_VAR": str(self.var), **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in ended.stderr
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def json(self, *words: object, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """Run one command that must succeed; its rows."""
        ended = self.run(*words, "--json", env=env)
        assert ended.code == 0, ended.err
        return ended.rows
