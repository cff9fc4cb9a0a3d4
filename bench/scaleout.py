"""What a second worker brings, and what servers cost: the same papers in three ways.

    python -m bench.scaleout [--papers 200] [--rounds 1] [--json]

Embedded: ``sohoa ingest`` in one process over one folder. Then over PostgreSQL, Redis and MinIO,
real ones on loopback: one worker process, then two, each bound to one core, the servers beside
them. Papers are handed in before (``ingest --no-wait``); papers a minute are counted from the
workers' start to the last paper ARCHIVED. CPU is that of all our processes (the command that hands
in, workers, beat, and their children), user and system, not that of the servers. Embedded is bound
to one core too. Ends with 1 where two workers bring less than 1.6 times as many papers a minute, or
distributed mode (one worker) needs more than 1.1 times the CPU of embedded mode.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from functional.cli.running import SOHOA, Commands
from functional.province import Province
from servers.minio import minio
from servers.postgres import postgres
from servers.redis import redis

from bench.papers_drawn import draw_papers
from dossier.states import PaperState
from workflow.ledger.statistics import Backlog

_DOSSIER = "H15.50.05.13-261008-0975"
_MORE, _CPU = 1.6, 1.1
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """What one way took: seconds on the clock, and CPU seconds of all our processes."""

    wall: float
    cpu: float


class Started:
    """Processes of ours whose CPU is counted."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self._running: list[subprocess.Popen[str]] = []

    def run(self, command: Sequence[str], environment: Mapping[str, str], core: int) -> None:
        """Run a command to its end."""
        self.start(command, environment, core)
        self._ended()

    def start(self, command: Sequence[str], environment: Mapping[str, str], core: int) -> None:
        """Start a process bound to one core; wait for its first line where it prints one."""
        process = subprocess.Popen(
            [sys.executable, "-c", _BOUND, str(core), *command],
            env=dict(environment),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)

    def ready(self) -> None:
        """Wait until every process has printed a line."""
        for process in self._running:
            if process.stdout is None or not process.stdout.readline():
                raise SystemExit("a process ended before it was ready")

    def end(self) -> None:
        """End all, and count what they took with all their children."""
        for process in self._running:
            process.terminate()
        self._ended()

    def _ended(self) -> None:
        for process in self._running:
            if process.stdout is not None:
                process.stdout.read()
                process.stdout.close()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu += used.ru_utime + used.ru_stime
            if process.returncode:
                raise SystemExit(f"a process ended with {process.returncode}")
        self._running.clear()


# Bound before it becomes the command, so that it counts one core as its own.
_BOUND = (
    "import os, sys\n"
    "os.sched_setaffinity(0, {int(sys.argv[1])})\n"
    "os.execv(sys.argv[2], sys.argv[2:])"
)


def embedded(folder: Path, work: Path) -> Run:
    """All in one process."""
    commands = Commands(work / "var")
    commands.json("init", "--trial")
    started, began = Started(), time.monotonic()
    command = [str(SOHOA), "ingest", str(folder), "--dossier", _DOSSIER, "--sign", "--accept"]
    started.run([*command, "--json"], commands.environment(), core=0)
    wall = time.monotonic() - began
    _all_archived(commands, len(list(folder.iterdir())))
    return Run(wall, started.cpu)


def distributed(folder: Path, work: Path, province: Province, *, workers: int) -> Run:
    """Over servers, with so many workers."""
    commands = province.commands(work / "var")
    started = Started()
    hand_in = ["ingest", str(folder), "--dossier", _DOSSIER, "--sign", "--accept", "--no-wait"]
    started.run([str(SOHOA), *hand_in, "--json"], commands.environment(), core=0)
    papers = len(list(folder.iterdir()))
    began = time.monotonic()
    started.start([str(SOHOA), "beat", "--json"], commands.environment(), core=0)
    for number in range(workers):
        core = number % (os.cpu_count() or 1)
        started.start([str(SOHOA), "worker", "--json"], commands.environment(), core=core)
    started.ready()
    with _counting(commands) as archived:
        while archived() < papers:
            time.sleep(_POLL_SECONDS)
    wall = time.monotonic() - began
    started.end()
    _all_archived(commands, papers)
    return Run(wall, started.cpu)


@contextmanager
def _counting(commands: Commands) -> Iterator[Callable[[], int]]:
    with commands.application() as application:
        backlog = Backlog(application.ledger.connections)
        yield lambda: backlog.report(now=application.clock.now()).states.get(PaperState.ARCHIVED, 0)


def _all_archived(commands: Commands, papers: int) -> None:
    rows = commands.json("list", "--state", "ARCHIVED")
    if len(rows) != papers:
        raise SystemExit(f"{len(rows)} papers of {papers} were archived")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 where both bars are met, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--papers", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    runs: dict[str, list[Run]] = {"embedded": [], "one worker": [], "two workers": []}
    with tempfile.TemporaryDirectory(prefix="sohoa-scaleout-") as temporary:
        work = Path(temporary)
        folder = work / "papers"
        draw_papers(folder, options.papers)
        with postgres() as database, redis() as broker, minio() as store:
            province = Province(database, broker, store)
            ways: dict[str, Callable[[Path], Run]] = {
                "embedded": lambda place: embedded(folder, place),
                "one worker": lambda place: distributed(folder, place, province, workers=1),
                "two workers": lambda place: distributed(folder, place, province, workers=2),
            }
            for number in range(options.rounds):
                for name in list(ways)[:: 1 if number % 2 == 0 else -1]:
                    place = work / f"{number}-{name.replace(' ', '-')}"
                    place.mkdir()
                    runs[name].append(ways[name](place))
                    print(f"round {number + 1}, {name}: {runs[name][-1]}", file=sys.stderr)
    return _report(runs, options.papers, as_json=options.json)


def _report(runs: Mapping[str, Sequence[Run]], papers: int, *, as_json: bool) -> int:
    rate = {name: papers * 60 / median(run.wall for run in each) for name, each in runs.items()}
    cpu = {name: median(run.cpu for run in each) / papers for name, each in runs.items()}
    more = rate["two workers"] / rate["one worker"]
    costs = cpu["one worker"] / cpu["embedded"]
    if as_json:
        print(json.dumps({"papers": papers, "rate": rate, "cpu": cpu, "more": more, "cost": costs}))
    else:
        print(f"{'':<14}{'papers/min':>12}{'CPU s/paper':>13}")
        for name in runs:
            print(f"{name:<14}{rate[name]:>12.1f}{cpu[name]:>13.2f}")
        print(f"two workers bring {more:.2f} times as many (at least {_MORE})")
        print(f"distributed mode takes {costs:.2f} times the CPU of embedded (at most {_CPU})")
    return 0 if more >= _MORE and costs <= _CPU else 1


if __name__ == "__main__":
    sys.exit(main())
