"""The judge ``pdfsig`` (poppler-utils): are the signatures of a PDF valid, and is it all signed?

It ends with 0 whatever it finds, so its text is read. What it does not see: document timestamps,
and that a page was edited later, but for the missing "Total document signed".
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

_TIMESTAMP = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it says of one signature.

    Attributes:
        signer: common name.
        kind: the SubFilter.
        valid: digest and signature hold; says nothing of the certificate.
        whole: the total document is signed.
        text: all that it says of it.
    """

    signer: str
    kind: str
    valid: bool
    whole: bool
    text: str


def pdfsig(path: Path) -> tuple[Verdict, ...]:
    """The verdicts on a PDF, in the program's order; none where it sees no signature."""
    answer = subprocess.run(
        ["pdfsig", "-nocert", str(path)],
        check=False,
        capture_output=True,
        timeout=60,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"},
    ).stdout.decode()
    parts = re.split(r"^Signature #\d+:$", answer, flags=re.MULTILINE)[1:]
    return tuple(
        Verdict(
            signer=_line(part, "Signer Certificate Common Name"),
            kind=_line(part, "Signature Type"),
            valid=_line(part, "Signature Validation") == "Signature is Valid.",
            whole="\n  - Total document signed\n" in part,
            text=part,
        )
        for part in parts
    )


def all_signed(path: Path) -> bool:
    """Whether there is a signature, each is valid, and the total document is signed.

    A document timestamp may sign the total; the program knows none, and does not verify it.
    """
    verdicts = pdfsig(path)
    signatures = [verdict for verdict in verdicts if verdict.kind != _TIMESTAMP]
    whole = any(verdict.whole for verdict in verdicts)
    return bool(signatures) and all(verdict.valid for verdict in signatures) and whole


def _line(text: str, label: str) -> str:
    found = re.search(rf"^  - {label}: (.*)$", text, flags=re.MULTILINE)
    return found.group(1) if found else ""
