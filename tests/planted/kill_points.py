"""Ends or hinders a command at every point that it has, each once, and starts it again.

    python -m planted.kill_points FOLDER [--fault kill|full|read-only]
                                         [--command ingest|init|rebuild|fixity]
                                         [--every N] [--jobs N]

The first run is only recorded. Then, for ``kill``, there is a run for each point that is killed
right before it, for each write and request one that is killed half through it, and one that is
killed after the last. For ``full`` and ``read-only`` there is a run for each point from which on
the disk takes no more. The same command is then given again, unhindered, and all must be as if
nothing had happened (``planted.whole``). One line of JSON a run; the first one holds the points,
the last one the sum. After ``init`` a paper is taken in, to see that all is there; before
``rebuild`` the database of an archived paper is lost, and ``fixity`` reads one back. All records
that were laid down are then gathered in FOLDER/gathered, for a judge to look at.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from planted import forked, small_paper, whole
from planted.shim import Fault, Point

from api.cli.exit_codes import Exit

_DOSSIER = "H15.50.05.13-261008-0975"
_ERRORS = {"full": errno.ENOSPC, "read-only": errno.EROFS}
_KILLED = -9
# Every run has this share of the points of the recorded one, at least.
_SURE = 0.8
# What each command is given; ``ingest`` also takes the paper.
_COMMANDS = {
    "ingest": ("ingest",),
    "init": ("init", "--trial"),
    "rebuild": ("rebuild",),
    "fixity": ("fixity", "--all"),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One run with a fault.

    Attributes:
        fault: what happens.
        point: where it is planted.
        points: how many the recorded run had.
    """

    fault: Fault
    point: Point
    points: int


def main(arguments: list[str] | None = None) -> int:
    """Record, plant, start again; the exit code is 1 where anything was lost or doubled."""
    asked = argparse.ArgumentParser(prog="kill_points")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--fault", choices=["kill", *_ERRORS], default="kill")
    asked.add_argument("--command", choices=list(_COMMANDS), default="ingest")
    asked.add_argument("--every", type=int, default=1)
    asked.add_argument("--jobs", type=int, default=2)
    options = asked.parse_args(arguments)
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    forked.import_all()
    made = Made.make(folder, options.command)
    points = made.recorded()
    _say({"points": [list(asdict(point).values()) for point in points]})
    trials = list(_trials(points, options.fault))[:: options.every]
    bad = 0
    for result in _side_by_side(made, trials, jobs=options.jobs):
        bad += bool(result["wrong"])
        _say(result)
    _say({"points": len(points), "runs": len(trials), "bad": bad})
    return 1 if bad or not trials else 0


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _trials(points: list[Point], fault: str) -> Iterator[Trial]:
    for number, point in enumerate(points, 1):
        if fault != "kill":
            yield Trial(Fault(number, "fail", _ERRORS[fault]), point, len(points))
            continue
        yield Trial(Fault(number, "kill"), point, len(points))
        if point.kind in {"write", "request"}:
            yield Trial(Fault(number, "torn"), point, len(points))
    if fault == "kill":
        yield Trial(Fault(len(points) + 1, "kill"), Point("end", ""), len(points))


@dataclass(frozen=True, slots=True)
class Made:
    """What all runs share: trial data as ``init`` makes it, one paper, and the command."""

    folder: Path
    paper: Path
    command: str

    @classmethod
    def make(cls, folder: Path, command: str) -> Made:
        """Make trial data once; each run gets a copy."""
        paper = small_paper.draw(folder / "paper.png")
        ended = forked.sohoa("init", "--trial", var=folder / "var", said=folder)
        if ended.status != 0:
            raise RuntimeError(ended.err)
        made = cls(folder, paper, command)
        if command in {"rebuild", "fixity"}:
            ended = made.ingest(folder)
        if command == "rebuild" and ended.status == 0:
            for file in (folder / "var").glob("sohoa.db*"):
                file.unlink()
            ended = forked.sohoa("init", "--trial", var=folder / "var", said=folder)
        if ended.status != 0:
            raise RuntimeError(ended.err)
        return made

    def place(self, name: str) -> Path:
        """A folder of its own for one run, with what the command finds in ``var``."""
        place = self.folder / name
        if self.command != "init":
            shutil.copytree(self.folder / "var", place / "var")
        else:
            (place / "var").mkdir(parents=True)
        return place

    def run(
        self, place: Path, *, log: Path | None = None, fault: Fault | None = None
    ) -> forked.Ended:
        """The command that is ended or hindered, and given again."""
        if self.command == "ingest":
            return self.ingest(place, log=log, fault=fault)
        words = _COMMANDS[self.command]
        return forked.sohoa(*words, var=place / "var", said=place, log=log, fault=fault)

    def ingest(
        self, place: Path, *, log: Path | None = None, fault: Fault | None = None
    ) -> forked.Ended:
        """Take the paper in; harmless where it is there."""
        options = ("--dossier", _DOSSIER, "--sign", "--accept")
        return forked.sohoa(
            "ingest", self.paper, *options, var=place / "var", said=place, log=log, fault=fault
        )

    def recorded(self) -> list[Point]:
        """The points of an unhindered run."""
        place = self.place("recorded")
        ended = self.run(place, log=place / "points")
        if self.command == "init":
            self.ingest(place)
        wrong = whole.faults(place / "var", papers=1)
        if ended.status != 0 or wrong:
            raise RuntimeError(f"the unhindered run failed: {ended} {wrong}")
        lines = (place / "points").read_text(encoding="utf-8").splitlines()
        return [Point(*json.loads(line)[1:]) for line in lines]

    def tried(self, trial: Trial) -> list[str]:
        """One run with a fault, the same command again, and a look at all there is."""
        fault = trial.fault
        place = self.place(f"{fault.at}-{fault.act}-{fault.error}")
        first = self.run(place, log=place / "points", fault=fault)
        passed = len((place / "points").read_text(encoding="utf-8").splitlines())
        wrong = list(_ended_wrongly(trial, first, reached=passed >= fault.at))
        again = self.run(place)
        if self.command == "init" and again.status == Exit.DONE:
            again = self.ingest(place)
        wrong += whole.faults(place / "var", papers=1)
        if again.status != Exit.DONE:
            wrong.append(f"the next start ended with {again.status}: {again.err}")
        if "Traceback" in first.err + again.err:
            wrong.append("a traceback was shown")
        if not wrong:
            gather(place / "var" / "store" / "record", self.folder / "gathered")
            shutil.rmtree(place)
        return wrong


def gather(record_area: Path, into: Path) -> None:
    """Link all files of a record area into another one; no two hold the same object."""
    for file in record_area.rglob("*"):
        target = into / file.relative_to(record_area)
        if file.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            # What says how objects lie is in all areas; another trial may link its own just now.
            with suppress(FileExistsError):
                os.link(file, target)


def _ended_wrongly(trial: Trial, ended: forked.Ended, *, reached: bool) -> Iterator[str]:
    if trial.fault.act != "fail":
        # A run whose signature was made a second later has some points less than the recorded one.
        if not reached and ended.status == Exit.DONE and trial.fault.at > _SURE * trial.points:
            return
        if ended.status != _KILLED and trial.point.kind != "end":
            yield f"the run to be killed ended with {ended.status}: {ended.err}"
        return
    # Where only tidying up was hindered, all may be done already.
    if ended.status not in {Exit.TRY_AGAIN, Exit.DONE}:
        yield f"the hindered run ended with {ended.status}: {ended.err}"
    if ended.status == Exit.TRY_AGAIN and "start" not in ended.err and "room" not in ended.err:
        yield f"the hindered run does not say what to do: {ended.err}"


def _side_by_side(made: Made, trials: list[Trial], *, jobs: int) -> Iterator[dict[str, object]]:
    """Each trial in a process of its own, so many at a time; the results in no order."""
    rest, running = iter(trials), dict[int, tuple[Trial, int]]()
    while True:
        while len(running) < jobs and (trial := next(rest, None)) is not None:
            ours, theirs = os.pipe()
            child = os.fork()
            if not child:
                _answer(made, trial, theirs)
            os.close(theirs)
            running[child] = (trial, ours)
        if not running:
            return
        ended, _ = os.wait()
        trial, ours = running.pop(ended)
        with os.fdopen(ours, encoding="utf-8") as answer:
            wrong = json.loads(answer.read() or '["the trial itself failed"]')
        yield {
            "at": trial.fault.at,
            "act": trial.fault.act,
            "kind": trial.point.kind,
            "what": trial.point.what,
            "wrong": wrong,
        }


def _answer(made: Made, trial: Trial, to: int) -> None:
    """In the forked process: try, answer, end."""
    try:
        try:
            wrong = made.tried(trial)
        except Exception as error:  # noqa: BLE001 - reported as a fault of the trial
            wrong = [f"{type(error).__name__}: {error}"]
        os.write(to, json.dumps(wrong).encode()[:60_000])
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
