"""The judge EU DSS: does each signature of a PDF pass, and which PAdES level does it reach?

The stock policy only warns of what a later update changed, so the constraints on changes are
raised to failures. It passes a file with objects appended behind the last signature, so the judge
demands that the last signature ends the file; and that each timestamp passes, since the stock
policy passes one whose CMS was cut short. One start of Java costs seconds: ask about many files.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

_SETUP = Path(__file__).parents[2] / "setup" / "dss.sha256"
_SOURCE = Path(__file__).parent / "dss" / "Judge.java"
_DEADLINE = 300  # seconds
_RAISED = (
    "PdfPageDifference",
    "PdfAnnotationOverlap",
    "PdfVisualDifference",
    "UndefinedChanges",
)
_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+\d+\s+(\d+)\s+(\d+)\s*\]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it says of one file; true where all signatures and timestamps in it pass.

    Attributes:
        passed: the whole verdict.
        levels: of each signature, such as ``PAdES-BASELINE-LTA``.
        why: indications that are not ``TOTAL_PASSED`` or ``PASSED``, and what else was wrong.
    """

    passed: bool
    levels: tuple[str, ...]
    why: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.passed


def judge(
    files: Iterable[Path], *, root: Path, at: datetime, folder: Path
) -> Mapping[Path, Verdict]:
    """The verdicts on PDFs.

    Args:
        files: the PDFs.
        root: PEM of the trusted root, of signers and time-stamping authorities.
        at: the time of validation.
        folder: for the policy.
    """
    asked = {str(file.resolve()): file for file in files}
    library = _library()
    policy = folder / "policy.xml"
    policy.write_text(_policy(library), encoding="utf-8")
    moment = at.isoformat().replace("+00:00", "Z")
    answer = subprocess.run(
        [
            *("java", "-Djava.awt.headless=true", "-cp", f"{library}/*", str(_SOURCE)),
            *(str(policy), str(root), moment, *asked),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=_DEADLINE,
    )
    parts = answer.stdout.split("FILE\t")[1:]
    found = [part.splitlines() for part in parts]
    verdicts = {asked[lines[0]]: _verdict(asked[lines[0]], lines[1:]) for lines in found}
    assert verdicts.keys() == set(asked.values()), "EU DSS did not judge every file"
    return verdicts


def _verdict(file: Path, lines: list[str]) -> Verdict:
    signatures = [line.split("\t") for line in lines if line.startswith("SIGNATURE\t")]
    why = [f"{indication} {sub}" for _, indication, sub, _ in signatures]
    why = [one for one in why if not one.startswith("TOTAL_PASSED")]
    why += [line for line in lines if line.startswith("TIMESTAMP\t") and "\tPASSED" not in line]
    if not signatures:
        why.append("no signature")
    levels = tuple(parts[3] for parts in signatures)
    # Validation data stand behind the signature at this level alone.
    if "PAdES-BASELINE-LT" not in levels and not _ends_with_signature(file.read_bytes()):
        why.append("something stands behind the last signature")
    return Verdict(not why, levels, tuple(why))


def _ends_with_signature(content: bytes) -> bool:
    ends = [int(start) + int(length) for start, length in _RANGE.findall(content)]
    return max(ends, default=0) >= len(content.rstrip())


def _policy(library: Path) -> str:
    (jar,) = library.glob("dss-policy-jaxb-*.jar")
    with zipfile.ZipFile(jar) as archive:
        stock = archive.read("policy/constraint.xml").decode()
    for name in _RAISED:
        stock, changed = re.subn(rf'(<{name}\b[^>]* Level=)"[A-Z]+"', r'\1"FAIL"', stock)
        assert changed, f"the stock policy does not know {name}"
    return stock


@cache
def _library() -> Path:
    home = os.environ.get("SOHOA_CACHE") or Path.home() / ".cache" / "sohoa"
    folder = Path(home) / "dss"
    for line in _SETUP.read_text("ascii").splitlines():
        digest, name = line.split()
        jar = folder / name
        assert jar.is_file(), f"{name} is not in {folder}; `make test` (setup/dss.sh) fetches it"
        assert hashlib.sha256(jar.read_bytes()).hexdigest() == digest, f"{jar} is another one"
    return folder
