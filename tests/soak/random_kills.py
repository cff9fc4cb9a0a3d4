"""Kills at random: ``sohoa ingest`` and ``serve``, or one of their children, again and again.

    python tests/soak/random_kills.py FOLDER [--kills 300] [--papers 60] [--seed N]

Papers of one page come in a few at a time, so that every kill meets work. At the end what was left
is brought home once more, unhindered: every paper must be archived, once, its signature valid, and
no page lost its words because somebody ended a child.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from judges import ocfl
from planted import small_paper, whole

_ROOT = Path(__file__).parents[2]
_DOSSIER = "H15.50.05.13-261008-0975"
_MOST_LAST_RUNS = 3


def main(arguments: list[str] | None = None) -> int:
    """Kill processes, finish the papers, check; exit with 1 on any fault."""
    parser = argparse.ArgumentParser(prog="random_kills")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--papers", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args(arguments)
    run = Run(options.folder.resolve(), options.papers, random.Random(options.seed))  # noqa: S311 - a seed to repeat it by
    run.prepare()
    while sum(run.killed.values()) < options.kills:
        done = sum(run.killed.values()) / options.kills
        run.hand_in(round(options.papers * done) + 2)
        run.one_start(options.kills - sum(run.killed.values()))
        sys.stderr.write(f"\r{sum(run.killed.values())} / {options.kills} kills ")
    run.hand_in(options.papers)
    ended = run.bring_home()
    wrong = whole.faults(run.var, papers=options.papers)
    if ended:
        wrong.append(f"the last start ended with {ended}")
    if not ocfl.root_is_valid(run.var / "store" / "record"):
        wrong.append("the record area is no valid OCFL storage root")
    if "Traceback" in run.said.read_text(encoding="utf-8", errors="replace"):
        wrong.append("a traceback was shown")
    report = {
        "seed": options.seed,
        "papers": options.papers,
        "kills": dict(run.killed),
        "starts": run.starts,
        "wrong": wrong,
    }
    sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    return 1 if wrong else 0


@dataclass
class Run:
    """The state of one run.

    Attributes:
        folder: for everything that is made.
        papers: how many there are.
        chance: what decides.
        killed: how often what was killed.
        starts: how often something was started.
    """

    folder: Path
    papers: int
    chance: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    seconds: float = 0.0

    @property
    def var(self) -> Path:
        """``SOHOA_VAR``."""
        return self.folder / "var"

    @property
    def said(self) -> Path:
        """All that was said on stderr."""
        return self.folder / "said"

    def prepare(self) -> None:
        """Make trial data, draw the papers, and learn how long one paper takes here."""
        (self.folder / "papers").mkdir(parents=True)
        (self.folder / "in").mkdir()
        for number in range(1, self.papers + 1):
            small_paper.draw(self._paper(number), number)
        if self._start("init", "--trial").wait() != 0:
            raise RuntimeError("init failed; see " + str(self.said))
        self.hand_in(1)
        begun = time.monotonic()
        if self._start(*self._ingest()).wait() != 0:
            raise RuntimeError("the first paper failed; see " + str(self.said))
        self.seconds = time.monotonic() - begun

    def _paper(self, number: int) -> Path:
        return self.folder / "papers" / f"{number:03}.png"

    def hand_in(self, number: int) -> None:
        """Let so many papers in all lie where they are taken from."""
        for each in range(1, min(number, self.papers) + 1):
            target = self.folder / "in" / f"{each:03}.png"
            if not target.exists():
                shutil.copyfile(self._paper(each), target)

    def _ingest(self, *more: str) -> tuple[str, ...]:
        options = ("--dossier", _DOSSIER, "--sign", "--accept", *more)
        return ("ingest", str(self.folder / "in"), *options)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        self.starts += 1
        with self.said.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-c", "from api.cli import main; main()", *arguments],
                env={
                    "PATH": os.defpath,
                    "PYTHONPATH": str(_ROOT),
                    "SOHOA_VAR": str(self.var),
                    "SOHOA_CORES": "2",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )

    def one_start(self, most: int) -> None:
        """Start something, kill children of it now and then, and at last itself.

        Args:
            most: kills that are left.
        """
        serving = self.chance.random() < 0.3
        if serving:
            self._start(*self._ingest("--no-wait")).wait()
        process = self._start(*(("serve", "--port", "0") if serving else self._ingest()))
        for _ in range(most):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self.chance.uniform(0.1, 1.2) * self.seconds)
            if process.poll() is not None:
                return
            children = children_of(process.pid)
            if children and self.chance.random() < 0.4:
                self.killed["child"] += end(self.chance.choice(children))
                continue
            process.kill()
            self.killed["serve" if serving else "ingest"] += 1
            break
        process.kill()
        process.wait()

    def bring_home(self) -> int:
        """Start without a kill until nothing is left to do; the last exit code."""
        ended = 0
        for _ in range(_MOST_LAST_RUNS):
            ended = self._start(*self._ingest()).wait()
            if ended == 0:
                break
        return ended


def children_of(pid: int) -> list[int]:
    """The child processes of all threads of a process."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
    found = set(map(int, listed.split()))
    for thread in threads:
        try:
            found |= set(map(int, (thread / "children").read_text(encoding="ascii").split()))
        except OSError:
            continue  # the thread ended meanwhile
    return sorted(found)


def end(pid: int) -> bool:
    """Kill a process; whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
