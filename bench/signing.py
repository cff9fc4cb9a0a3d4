"""What a signature costs: CPU of this process and its children, the authorities in process.

    python -m bench.signing [--file PDF] [--json]

Each figure is the median of seven after a warm-up. Stamps are visible. B-LTA is what the service
does: B-T with its read-back and approval, then validation data, an archive timestamp and the
validation of the result. ``verify`` is a cold ``sohoa verify FILE``. Ends with 1 where a bar is
missed. The bar of B-LTA is for a key in SoftHSM; here the key is in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from api.clocks import SystemClock
from dossier.ports import Stamp
from dossier.reports import Level
from signing.approval import Approval
from signing.key import Key
from signing.levels import Preserver
from signing.pkcs12_signer import Pkcs12Signer
from signing.stamp_font import StampFont
from signing.trial.authority import TrialAuthority
from signing.trial.pki import make_trial_pki
from signing.trial.tsa import TrialTimeSource
from signing.trust import TrustAnchors
from signing.validation.validate import verify

_TIMES = 7
_FONT = Path("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf")
_FILE = Path("tests/fixtures/signing/upright.pdf")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Attributes:
        bar: the most that is allowed; None where there is none.
    """

    name: str
    unit: str
    value: float
    bar: float | None = None

    @property
    def missed(self) -> bool:
        """Whether the bar is missed."""
        return self.bar is not None and self.value > self.bar


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _median(work: Callable[[], object]) -> float:
    """Milliseconds of CPU."""
    work()
    spent = []
    for _ in range(_TIMES):
        began = _cpu() if work.__name__ == "_cold" else time.process_time()
        work()
        now = _cpu() if work.__name__ == "_cold" else time.process_time()
        spent.append((now - began) * 1000)
    return statistics.median(spent)


class _Office:
    """Keys and authorities in process."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.file, self.out, self.folder = file, folder / "signed.pdf", folder
        clock = SystemClock()
        self.pki = make_trial_pki(folder / "trial", clock=clock)
        source = TrialTimeSource.of(self.pki, clock=clock)
        authority = TrialAuthority(self.pki, clock=clock)
        self.trust = TrustAnchors.from_folder(self.pki.trust)
        self.clock = clock
        self.signer = Pkcs12Signer(
            Key.from_pkcs12(self.pki.signer, self.pki.passphrase()),
            time_source=source,
            clock=clock,
            stamp_font=StampFont(_FONT),
            approval=Approval(lambda: self.trust),
        )
        self.preserver = Preserver(
            trust=lambda: self.trust,
            time_source=source,
            clock=clock,
            fetch=lambda _, body: (
                authority.revocation_list() if body is None else authority.answer(body)
            ),
            tolerance=timedelta(seconds=60),
        )

    def sign(self) -> bytes:
        """B-T."""
        stamp = Stamp(form="SAO Y", office="UBND PHƯỜNG THỬ NGHIỆM", at=self.clock.now())
        self.signer.sign(self.file, self.out, stamp=stamp)
        return self.out.read_bytes()

    def sign_for_long(self) -> bytes:
        """B-LTA."""
        made = self.preserver.extend(self.sign(), Level.B_T)
        if made.error is not None or made.level is not Level.B_LTA:
            raise RuntimeError("B-LTA was not reached")
        return made.content


def _figures(folder: Path, file: Path) -> list[Figure]:
    office = _Office(folder, file)
    size = file.stat().st_size
    long = office.sign_for_long()
    added = len(long) - size
    target = folder / "long.pdf"
    target.write_bytes(long)
    environment = os.environ | {"SOHOA_VAR": str(folder)}

    def _cold() -> None:
        command = [str(Path(sys.executable).with_name("sohoa")), "verify", str(target)]
        subprocess.run(command, check=True, capture_output=True, env=environment)

    def validate() -> None:
        (report,) = verify(long, trust=office.trust, now=office.clock.now())
        if not report.valid:
            raise RuntimeError("the file is not valid")

    return [
        Figure("visible B-T", "ms", _median(office.sign), 50),
        Figure("visible B-LTA", "ms", _median(office.sign_for_long), 100),
        Figure("validation of B-LTA, warm", "ms", _median(validate), 160),
        Figure("sohoa verify, cold", "ms", _median(_cold), 900),
        Figure("bytes that a visible B-LTA adds", "KB", added / 1000, 52),
    ]


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=_FILE, help="an unsigned PDF/A")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = _figures(Path(folder), options.file)
    for one in figures:
        if options.json:
            print(json.dumps({"name": one.name, one.unit: round(one.value, 1), "bar": one.bar}))
        else:
            mark = "MISSED" if one.missed else ""
            print(f"{one.name:34} {one.value:8.1f} {one.unit:3} at most {one.bar} {mark}")
    return int(any(one.missed for one in figures))


if __name__ == "__main__":
    sys.exit(main())
