"""What the documents promise: every setting, exit code, library and command stands there."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

from judges.compose_rules import COMPOSES_OWN

from api.cli import _COMMANDS
from api.cli.exit_codes import Exit
from api.settings import Settings

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DEPENDENCIES = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")


def _named(text: str) -> set[str]:
    return set(re.findall(r"`SOHOA_([A-Z0-9_]+)`", text))


def _locked(name: str) -> set[str]:
    lock = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", lock, re.MULTILINE))


def _asked(name: str) -> set[str]:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return {
        re.split(r"[\[<>=;]", line)[0].strip().lower()
        for line in lines
        if line.strip() and not line.startswith(("#", "-r"))
    }


def test_every_setting_is_documented_and_no_other() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    # Of the setup scripts and the compose file, not of the service.
    others = {"CACHE"} | {name.removeprefix("SOHOA_") for name in COMPOSES_OWN}
    assert _named(OPERATIONS) - others == settings


def test_every_exit_code_is_documented() -> None:
    table = dict(re.findall(r"^\| (\d) \| ([A-Z_]+) \|", OPERATIONS, re.MULTILINE))
    assert table == {str(code.value): code.name for code in Exit}


def test_every_command_is_documented() -> None:
    for command in _COMMANDS:
        assert re.search(rf"^ +sohoa {command}\b", OPERATIONS, re.MULTILINE), command


def test_every_library_says_why_it_is_there() -> None:
    named = set(re.findall(r"^\| `([a-z0-9._-]+)` \|", DEPENDENCIES, re.MULTILINE))
    assert named == _asked("run.in") | _asked("dev.in") | _asked("bench.in")


def test_locks_hold_hashes_and_no_address() -> None:
    for name in ("run.txt", "dev.txt", "bench.txt", "servers.txt"):
        lock = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        assert "://" not in lock
        assert lock.count("--hash=sha256:") > len(_locked(name)) > 0


def test_nothing_imported_is_gpl() -> None:
    refused = re.compile(r"\b(?:AGPL|GPL|GNU (?:Affero )?General Public)", re.IGNORECASE)
    lesser = re.compile(r"LGPL|Lesser", re.IGNORECASE)
    bad = []
    for name in _locked("run.txt"):
        try:
            about = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        said = [
            *(about.get_all("License-Expression") or []),
            *(text[:200] for text in about.get_all("License") or []),
            *(c for c in about.get_all("Classifier") or [] if c.startswith("License")),
        ]
        bad += [name for text in said if refused.search(text) and not lesser.search(text)]
    assert bad == []


def test_help_lists_the_commands() -> None:
    listed = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for command in ("setup", "demo", "test", "bench", "lint", "fmt"):
        assert f"make {command}" in listed
    helped = subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for command in _COMMANDS:
        assert command in helped
