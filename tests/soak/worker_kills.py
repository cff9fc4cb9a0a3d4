"""Kills at random in distributed mode: workers, and their children, again and again.

    python tests/soak/worker_kills.py FOLDER [--kills 200] [--papers 500] [--seed N]

Real PostgreSQL, Redis and MinIO; a beat, and two workers of which one is killed every now and then
and started anew. Papers of one page come in all along. Once all kills are done, the rest is worked
off unhindered: every paper must be archived, once, whole and signed.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from functional.cli.running import Commands
from functional.province import Crew, Province
from functional.servers.papers import DOSSIER, archived
from planted import small_paper, whole
from servers.minio import minio
from servers.postgres import postgres
from servers.redis import redis
from soak.random_kills import children_of, end

_WORKERS = 2
_AT_ONCE = 10
_LAST_SECONDS = 1800.0
_BETWEEN_SECONDS = (0.2, 4.0)


@dataclass
class Run:
    """The state of one run.

    Attributes:
        commands: over the data.
        crew: beat and workers.
        papers: how many there are in all.
        chance: what decides.
        folder: where papers are drawn.
        killed: how often what was killed.
        handed_in: how many papers have come in.
    """

    commands: Commands
    crew: Crew
    papers: int
    chance: random.Random
    folder: Path
    killed: Counter[str] = field(default_factory=Counter)
    handed_in: int = 0

    def hand_in(self, number: int) -> None:
        """Take papers in until there are so many."""
        number = min(number, self.papers)
        while self.handed_in < number:
            files = []
            for _ in range(min(_AT_ONCE, number - self.handed_in)):
                self.handed_in += 1
                file = self.folder / f"{self.handed_in:04}.png"
                small_paper.draw(file, self.handed_in)
                files.append(file)
            words = ("--dossier", DOSSIER, "--sign", "--accept", "--no-wait")
            self.commands.json("ingest", *files, *words)

    def kill(self) -> None:
        """Wait a little, kill a worker or one of its children, start the worker anew."""
        time.sleep(self.chance.uniform(*_BETWEEN_SECONDS))
        worker = self.chance.choice(self.crew.workers)
        children = children_of(worker.pid)
        if children and self.chance.random() < 0.3:
            self.killed["child"] += end(self.chance.choice(children))
            return
        worker.kill()
        worker.wait()
        if worker.stdout is not None:
            worker.stdout.close()
        self.crew.workers.remove(worker)
        self.killed["worker"] += 1
        self.crew.start_worker()

    def bring_home(self) -> None:
        """Let the workers work off what is left."""
        ends = time.monotonic() + _LAST_SECONDS
        while archived(self.crew) < self.papers and time.monotonic() < ends:
            time.sleep(1)


def main(arguments: list[str] | None = None) -> int:
    """Kill workers, finish the papers, check; exit with 1 on any fault."""
    parser = argparse.ArgumentParser(prog="worker_kills")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--papers", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args(arguments)
    folder: Path = options.folder.resolve()
    (folder / "papers").mkdir(parents=True)
    with postgres() as database, redis() as broker, minio() as store:
        commands = Province(database, broker, store).commands(folder / "var")
        crew = Crew(commands, {"SOHOA_CORES": "1"}, log=folder / "said")
        chance = random.Random(options.seed)  # noqa: S311 - a seed to repeat it by
        run = Run(commands, crew, options.papers, chance, folder / "papers")
        crew.start_beat()
        for _ in range(_WORKERS):
            crew.start_worker()
        while (done := sum(run.killed.values())) < options.kills:
            run.hand_in(round(options.papers * done / options.kills) + _AT_ONCE)
            run.kill()
            sys.stderr.write(f"\r{sum(run.killed.values())} / {options.kills} kills ")
        run.hand_in(options.papers)
        run.bring_home()
        codes = crew.stop_workers(signal.SIGTERM) + crew.stop()
        wrong = whole.faults(commands.var, papers=options.papers, settings=commands.settings)
    if set(codes) != {0}:
        wrong.append(f"the crew ended with {codes}")
    if "Traceback" in crew.said():
        wrong.append("a traceback was shown")
    report = {
        "seed": options.seed,
        "papers": options.papers,
        "kills": dict(run.killed),
        "wrong": wrong,
    }
    sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
