"""How much CPU a page costs: ``sohoa``, OCRmyPDF and bare ``tesserocr`` on the same pictures.

    python -m bench.throughput [--runs 5] [--pages DIR] [--single] [--ocrmypdf PROGRAM] [--json]

In each run all three take each set, in an order that turns from run to run; figures are the median
over the runs. CPU is that of the process and all it started (``wait4``), user and system.
``sohoa`` goes all the way: ``ingest --sign --accept`` to ARCHIVED, in a data folder made ready
before. Papers that lack a required value are reviewed, which is not counted, and signed by
``sign --all``, which is. OCRmyPDF runs as ``--output-type pdfa -l vie``; the pages are pictures
without text or signature, so that it needs neither ``--force-ocr`` nor
``--invalidate-digital-signatures``.
``--single`` makes each page a paper of its own instead of each set one.

Ends with 1 where ``sohoa`` takes more than 1.2 times bare ``tesserocr`` and 0.3 s a page, or makes
more mistakes than OCRmyPDF.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from bench.pages import PageSet, distance, find_sources, normalised, prepare
from bench.sohoa import Sohoa

_CHECKOUT = Path(__file__).resolve().parent.parent
OURS, RIVAL, BARE = "sohoa", "ocrmypdf", "tesserocr"
_FACTOR, _SECONDS = 1.2, 0.3


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took, in seconds: CPU of it and its children, and on the clock."""

    cpu: float
    wall: float


@dataclass(slots=True)
class Result:
    """What a contestant showed on a set, run by run; texts are of its last run, page by page."""

    costs: list[Cost] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def measured(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and return its cost; exit if it fails."""
    with tempfile.TemporaryFile() as said:
        start = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            printed = said.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{Path(command[0]).name} ended with {process.returncode}:\n{printed}")
    return Cost(usage.ru_utime + usage.ru_stime, wall)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Where and with what the contestants run.

    Attributes:
        work: folder for what they write.
        ready: a data folder made by ``sohoa init --trial``, copied for each run.
        single: each page is a paper of its own.
    """

    work: Path
    ready: Path
    ocrmypdf: str
    tessdata: str
    single: bool
    turns: count[int] = field(default_factory=count)

    def files(self, pages: PageSet) -> list[Path]:
        """What ``sohoa`` and OCRmyPDF are given."""
        return list(pages.singles) if self.single else [pages.pdf]

    def sohoa(self, pages: PageSet) -> tuple[Cost, list[str]]:
        """All the way to ARCHIVED."""
        sohoa = Sohoa(self.work / f"var-{next(self.turns)}")
        shutil.copytree(self.ready, sohoa.var)
        files = [str(f) for f in self.files(pages)]
        command = [sohoa.program, "ingest", *files, "--dossier", "BENCH-1", "--sign", "--accept"]
        cost = measured(command, sohoa.environment)
        waiting = [row["paper"] for row in sohoa.rows("list") if row["state"] == "REVIEW"]
        for paper in waiting:
            sohoa("review", paper, "--set", "kind=certified-copy", "--accept")
        if waiting:
            signed = measured([sohoa.program, "sign", "--all"], sohoa.environment)
            cost = Cost(cost.cpu + signed.cpu, cost.wall + signed.wall)
        papers = {row["source"]: row for row in sohoa.rows("list")}
        texts = []
        for name in (Path(f).name for f in files):
            if papers[name]["state"] != "ARCHIVED":
                raise SystemExit(f"{name} stands {papers[name]['state']}: {papers[name]['code']}")
            texts += sohoa("text", papers[name]["paper"]).split("\f")
        shutil.rmtree(sohoa.var)
        return cost, texts

    def rival(self, pages: PageSet) -> tuple[Cost, list[str]]:
        """OCRmyPDF to a PDF/A; single pages side by side, else its own way of using all cores."""
        files, cores = self.files(pages), os.cpu_count() or 1
        jobs = str(cores if len(files) == 1 else 1)
        commands = [
            [
                *(self.ocrmypdf, "--output-type", "pdfa", "-l", "vie", "--jobs", jobs, "--quiet"),
                *("--sidecar", str(self.work / f"{f.stem}.txt"), str(f)),
                str(self.work / f"{f.stem}.out.pdf"),
            ]
            for f in files
        ]
        start = time.monotonic()
        with ThreadPoolExecutor(cores) as pool:
            costs = list(pool.map(measured, commands))
        wall = time.monotonic() - start
        texts: list[str] = []
        for file in files:
            pages_of_it = (self.work / f"{file.stem}.txt").read_text("utf-8").split("\f")
            texts += pages_of_it[: 1 if self.single else len(pages.grey)]
        return Cost(sum(c.cpu for c in costs), wall), texts

    def bare(self, pages: PageSet) -> tuple[Cost, list[str]]:
        """Recognition alone."""
        out = self.work / "bare.json"
        command = [sys.executable, "-m", "bench.bare", self.tessdata, str(out)]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1", "PYTHONPATH": str(_CHECKOUT)}
        greys = [f"{dpi}:{grey}" for dpi, grey in zip(pages.dpis, pages.grey, strict=True)]
        cost = measured([*command, *greys], environment)
        return cost, json.loads(out.read_text("utf-8"))


def error_rate(pages: PageSet, texts: Sequence[str]) -> float | None:
    """CER over the pages that have a transcription; None where there is none."""
    pairs = [(t, normalised(r)) for t, r in zip(pages.texts, texts, strict=False) if t]
    letters = sum(len(truth) for truth, _ in pairs)
    return sum(distance(*pair) for pair in pairs) / letters if letters else None


def compete(ring: Ring, sets: Sequence[PageSet], runs: int) -> dict[str, dict[str, Result]]:
    """All runs of all contestants on all sets: results by set and contestant."""
    contestants = [(OURS, ring.sohoa), (RIVAL, ring.rival), (BARE, ring.bare)]
    results = {s.name: {name: Result() for name, _ in contestants} for s in sets}
    for run in range(runs):
        turn = run % len(contestants)
        for pages in sets:
            for name, contestant in contestants[turn:] + contestants[:turn]:
                cost, texts = contestant(pages)
                results[pages.name][name].costs.append(cost)
                results[pages.name][name].texts = texts
                print(f"run {run + 1}, {pages.name}, {name}: {cost.cpu:.1f} s", file=sys.stderr)
    return results


def summary(
    sets: Sequence[PageSet], results: dict[str, dict[str, Result]]
) -> list[dict[str, object]]:
    """One row a set and contestant."""
    rows: list[dict[str, object]] = []
    for pages in sets:
        number = len(pages.grey)
        cpu = {n: median(c.cpu for c in r.costs) / number for n, r in results[pages.name].items()}
        cer = {n: error_rate(pages, r.texts) for n, r in results[pages.name].items()}
        for name, result in results[pages.name].items():
            wall = median(c.wall for c in result.costs)
            rows.append(
                {
                    "set": pages.name,
                    "pages": number,
                    "contestant": name,
                    "cpu_s_page": round(cpu[name], 3),
                    "pages_minute": round(60 * number / wall, 1),
                    "cer": None if (rate := cer[name]) is None else round(rate, 4),
                    "ours_over_it": round(cpu[OURS] / cpu[name], 2),
                }
            )
        allowed = _FACTOR * cpu[BARE] + _SECONDS
        ours, theirs = cer[OURS], cer[RIVAL]
        rows[-1] |= {
            "allowed_cpu_s_page": round(allowed, 3),
            "cpu_kept": cpu[OURS] <= allowed,
            "cer_kept": ours is None or theirs is None or ours <= theirs,
        }
    return rows


def _print_table(rows: Sequence[dict[str, object]]) -> None:
    print(
        f"{'set':18}{'':12}{'pages':>6}{'CPU s/page':>12}{'pages/min':>11}{'CER':>9}{'ours/it':>9}"
    )
    for row in rows:
        cer = "-" if row["cer"] is None else f"{row['cer']:.2%}"
        print(
            f"{row['set']:18}{row['contestant']:12}{row['pages']:>6}{row['cpu_s_page']:>12.2f}"
            f"{row['pages_minute']:>11.1f}{cer:>9}{row['ours_over_it']:>9.2f}"
        )
        if "allowed_cpu_s_page" in row:
            kept = "kept" if row["cpu_kept"] else "MISSED"
            errors = "kept" if row["cer_kept"] else "MISSED"
            print(
                f"{'':18}allowed {row['allowed_cpu_s_page']:.2f} s a page: {kept}; "
                f"CER no worse than OCRmyPDF's: {errors}"
            )


def find_ocrmypdf(name: str | None) -> str:
    """The rival's program: the one named, that of ``setup/bench.sh``, or one on the path."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    for candidate in (name, str(cache / "sohoa-bench" / "bin" / "ocrmypdf"), "ocrmypdf"):
        if candidate and (found := shutil.which(candidate)):
            return found
    raise SystemExit("ocrmypdf was not found; bench/README.md says how to install it")


def _tessdata() -> str:
    for folder in sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata"), reverse=True):
        if (folder / "vie.traineddata").exists():
            return str(folder)
    raise SystemExit("no vie.traineddata was found; install tesseract-ocr-vie")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the competition; 0 where the expectations hold, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    shared = _CHECKOUT.parent / "shared" / "data"
    parser.add_argument("--runs", type=int, default=5)
    default = shared if shared.is_dir() else _CHECKOUT / "samples"
    parser.add_argument("--pages", type=Path, default=default, help="folder of PDFs")
    parser.add_argument("--sets", help="comma-separated parts instead of all pages as one set")
    parser.add_argument("--single", action="store_true", help="each page a paper of its own")
    parser.add_argument("--ocrmypdf", help="the rival's program")
    parser.add_argument("--json", action="store_true", help="print one JSON object a row")
    options = parser.parse_args(arguments)
    sources = find_sources(options.pages)
    # Starting costs the same for one page and for a hundred, so all pages run as one set too.
    sources["all"] = [page for pages in list(sources.values()) for page in pages]
    chosen = options.sets.split(",") if options.sets else ["all"]
    with tempfile.TemporaryDirectory(prefix="sohoa-throughput-") as temporary:
        work = Path(temporary)
        sets = [prepare(name, sources[name], work / "pages" / name) for name in chosen]
        ready = work / "ready"
        Sohoa(ready)("init", "--trial")
        ring = partial(Ring, work=work, ready=ready, single=options.single)
        results = compete(
            ring(ocrmypdf=find_ocrmypdf(options.ocrmypdf), tessdata=_tessdata()), sets, options.runs
        )
    rows = summary(sets, results)
    if options.json:
        print(*(json.dumps(row) for row in rows), sep="\n")
    else:
        _print_table(rows)
    return 0 if all(row.get("cpu_kept", True) and row.get("cer_kept", True) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
