"""The verdicts of both E-ARK validators on packages; a judge that is not installed fails the test.

Both exit 0 whatever they find, so their reports are read.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

_CACHE = Path(os.environ.get("SOHOA_CACHE", Path.home() / ".cache" / "sohoa")) / "eark"
_COMMONS = _CACHE / "commons-ip-2.10.0" / "lib"
_VALIDATOR = _CACHE / "eark-validator-1.1.3" / "bin" / "python"
_MAIN = "org.roda_project.commons_ip2.cli.Main"


def commons_ip(package: Path, *, version: str) -> list[str]:
    """The errors and warnings of commons-ip; empty where it says VALID."""
    assert _COMMONS.is_dir(), "commons-ip is not installed; run: make setuptest"
    with tempfile.TemporaryDirectory() as folder:
        command = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{_COMMONS}/*", _MAIN, "validate"]
        subprocess.run(
            [*command, "-i", package, "-o", folder, "--specification-version", version],
            check=False,
            capture_output=True,
            timeout=120,
            cwd=folder,
        )
        reports = list(Path(folder).glob("*.json"))
        if len(reports) != 1:
            return ["no report"]
        report = json.loads(reports[0].read_text())
    faults = [
        f"{rule['id']}: {'; '.join(rule['testing']['issues'] + rule['testing']['warnings'])}"
        for rule in report["validation"]
        if rule["testing"]["outcome"] not in {"PASSED", "SKIPPED"}
        and rule["testing"]["issues"] + rule["testing"]["warnings"]
    ]
    return faults if report["summary"]["result"] == "VALID" else [*faults, "not VALID"]


def eark_validator(packages: Sequence[Path], *, version: str) -> list[list[str]]:
    """The errors and warnings of eark-validator for each package; empty where it is valid."""
    assert _VALIDATOR.exists(), "eark-validator is not installed; run: make setuptest"
    done = subprocess.run(
        [_VALIDATOR, Path(__file__).with_name("eark_run.py"), version, *packages],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == len(packages), done.stderr[-500:]
    return [
        [*line["faults"], *(v for v in line["verdicts"] if v not in {"WellFormed", "VALID"})]
        if set(line["verdicts"]) <= {"WellFormed", "VALID"} and len(line["verdicts"]) == 3
        else [*line["faults"], f"not valid: {line['verdicts']}"]
        for line in lines
    ]
