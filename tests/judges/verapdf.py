"""The judge veraPDF: does a file conform to PDF/A-2u? Its JSON is read, one verdict a file.

The flavour is always said, since without it veraPDF goes by what the file claims to be. One start
of Java costs two seconds, so ask about many files at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DIGEST, _NAME = (Path(__file__).parents[2] / "setup" / "verapdf.sha256").read_text("ascii").split()
_MAIN = "org.verapdf.apps.GreenfieldCliWrapper"
_DEADLINE = 300  # seconds


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it says of one file; true where it conforms.

    Attributes:
        compliant: it conforms to PDF/A-2u.
        broken: the rules that it breaks, such as ``6.6.4-3``; ``unreadable`` where it is no PDF.
    """

    compliant: bool
    broken: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.compliant


def judge(files: Iterable[Path]) -> Mapping[Path, Verdict]:
    """The verdicts on PDFs, by the paths as given; it skips names that do not end in .pdf."""
    asked = {str(file.resolve()): file for file in files}
    answer = subprocess.run(
        [
            *("java", "-Djava.awt.headless=true", "-cp", str(_jar()), _MAIN),
            *("-f", "2u", "--format", "json", *asked),
        ],
        check=False,  # it ends with 1 where a file does not conform
        capture_output=True,
        timeout=_DEADLINE,
    )
    jobs = json.loads(answer.stdout)["report"]["jobs"]
    verdicts = {asked[job["itemDetails"]["name"]]: _verdict(job) for job in jobs}
    assert verdicts.keys() == set(asked.values()), "veraPDF did not judge every file"
    return verdicts


def _verdict(job: dict[str, object]) -> Verdict:
    results = job.get("validationResult")
    if not isinstance(results, list) or len(results) != 1:
        return Verdict(compliant=False, broken=("unreadable",))
    (result,) = results
    assert result["profileName"].startswith("PDF/A-2u"), result["profileName"]
    rules = result["details"]["ruleSummaries"]
    broken = sorted({f"{rule['clause']}-{rule['testNumber']}" for rule in rules})
    return Verdict(compliant=result["compliant"] is True, broken=tuple(broken))


@cache
def _jar() -> Path:
    home = os.environ.get("SOHOA_CACHE") or Path.home() / ".cache" / "sohoa"
    jar = Path(home) / "verapdf" / _NAME
    assert jar.is_file(), f"veraPDF is not at {jar}; `make test` (or setup/verapdf.sh) fetches it"
    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    assert digest == _DIGEST, f"{jar} is not the veraPDF that setup/verapdf.sha256 names"
    return jar
