"""The command line under measurement, run as a user runs it, over a data folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Sohoa:
    """The ``sohoa`` beside the running Python.

    Attributes:
        var: the data folder (``SOHOA_VAR``); other ``SOHOA_`` settings are kept away from it.
    """

    def __init__(self, var: Path) -> None:
        self.var = var
        self.program = str(Path(sys.executable).with_name("sohoa"))
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SOHOA_")},
            "SOHOA_VAR": str(var),
        }

    def __call__(self, *arguments: str, accept: Sequence[int] = (0,)) -> str:
        """Run one command and return its output; exit if its exit code is not accepted."""
        done = subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in accept:
            raise SystemExit(
                f"sohoa {arguments[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}"
            )
        return done.stdout

    def rows(self, *arguments: str, accept: Sequence[int] = (0,)) -> list[dict[str, Any]]:
        """Run one command with ``--json`` and return its objects."""
        printed = self(*arguments, "--json", accept=accept)
        return [json.loads(line) for line in printed.splitlines() if line.strip()]
