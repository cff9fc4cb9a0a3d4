"""How much memory taking in a paper needs: PSS of the process and all it started.

    python -m bench.memory [--pages 1,10,30,100] [--json]

PSS (from ``/proc/PID/smaps_rollup``) counts a page of memory that several processes share once in
all, so that the sum over processes is what the machine really gives. It is sampled every 100 ms
over ``sohoa ingest --sign --accept`` and all its descendants. Papers are PDFs of held-out pages of
300 dpi, ten different ones in turn. Ends with 1 where memory grows along the longest paper: where
it needs more than 1.1 times as much in its second half as from its tenth page to its middle. How
many times as much 100 pages need at most as ten do is reported, not judged: the peak
of a sum is higher the more often two children may meet a heavy page at the same moment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bench.heldout.draw import CLEAN, draw
from bench.pages import picture_pdf
from bench.sohoa import Sohoa

_EVERY_S = 0.1
_DIFFERENT = 10
_FLAT = 1.1
_MIB = 1024


def _alive() -> dict[int, tuple[int, str]]:
    """Every process: its parent and its start time, since process ids are reused."""
    alive = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                status = Path(entry.path, "stat").read_text("ascii", "replace")
            except OSError:
                continue  # it ended meanwhile
            # After the name in brackets: state, parent, ...; field 22 is the start (proc(5)).
            parts = status.rpartition(")")[2].split()
            alive[int(entry.name)] = (int(parts[1]), parts[19])
    return alive


def _family(leader: int, known: dict[int, str]) -> dict[int, str]:
    """A process and all it started, those too whose parent has ended since they were first seen.

    Children have sessions of their own here, so the session does not identify them.
    """
    alive = _alive()
    members = {p: start for p, start in known.items() if alive.get(p, (0, ""))[1] == start}
    if leader in alive:
        members[leader] = alive[leader][1]
    while more := {p for p, (parent, _) in alive.items() if parent in members} - members.keys():
        members |= {p: alive[p][1] for p in more}
    return members


def _pss(process: int) -> int:
    """Proportional set size in KiB; 0 where the process has ended."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    return next((int(x.split()[1]) for x in rollup.splitlines() if x.startswith("Pss:")), 0)


def sampled(command: Sequence[str], environment: dict[str, str]) -> tuple[list[int], int, float]:
    """Run a command: sums of PSS (KiB) along its way, greatest number of processes, seconds."""
    sums, most, start = list[int](), 0, time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        members: dict[int, str] = {}
        while process.poll() is None:
            members = _family(process.pid, members)
            sums.append(sum(_pss(member) for member in members))
            most = max(most, len(members))
            time.sleep(_EVERY_S)
        if process.returncode:
            said.seek(0)
            printed = said.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"sohoa ingest ended with {process.returncode}:\n{printed}")
    return sums, most, time.monotonic() - start


def grown(sums: Sequence[int], pages: int) -> float:
    """How much more a paper needs in its second half than from its tenth page to its middle."""
    middle = len(sums) // 2
    tenth = min(len(sums) * 10 // pages, middle - 1)
    return max(sums[middle:]) / max(sums[tenth:middle])


def _varied_pages(folder: Path) -> list[Path]:
    """Ten different pages of 300 dpi as JPEGs."""
    truths = draw(folder, seed=100, count=2 * _DIFFERENT, workers=os.cpu_count() or 1)
    clean = [t for t in truths if t.condition == CLEAN and not t.file.endswith(".pdf")]
    jpegs = []
    for index in range(_DIFFERENT):
        jpeg = folder / f"page-{index}.jpg"
        with Image.open(folder / clean[index % len(clean)].file) as picture:
            # A margin of its own makes each page another picture.
            wide = picture.convert("RGB").crop((0, 0, picture.width - index, picture.height))
            wide.save(jpeg, quality=88, dpi=(300, 300))
        jpegs.append(jpeg)
    return jpegs


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 where memory stays flat, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", default="1,10,30,100", help="sizes of papers")
    parser.add_argument("--json", action="store_true", help="print one JSON object a row")
    options = parser.parse_args(arguments)
    rows: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="sohoa-memory-") as temporary:
        work = Path(temporary)
        (work / "drawn").mkdir()
        jpegs = _varied_pages(work / "drawn")
        sohoa = Sohoa(work / "var")
        sohoa("init", "--trial")
        for pages in (int(size) for size in options.pages.split(",")):
            pdf = work / f"{pages}.pdf"
            picture_pdf([jpegs[n % len(jpegs)] for n in range(pages)], pdf)
            command = [sohoa.program, "ingest", str(pdf), "--dossier", f"BENCH-{pages}"]
            sums, processes, seconds = sampled([*command, "--sign", "--accept"], sohoa.environment)
            rows[pages] = {
                "pages": pages,
                "peak_mib": round(max(sums) / _MIB, 1),
                "end_to_begin": round(grown(sums, pages), 3),
                "processes": processes,
                "seconds": round(seconds, 1),
            }
            print(f"{pages} pages measured", file=sys.stderr)
    longest = rows[max(rows)]
    if options.json:
        print(*(json.dumps(row) for row in rows.values()), sep="\n")
    else:
        print(f"{'pages':>6}{'peak MiB':>10}{'processes':>11}{'seconds':>9}")
        for row in rows.values():
            print(
                f"{row['pages']:>6}{row['peak_mib']:>10}{row['processes']:>11}{row['seconds']:>9}"
            )
    grew = longest["end_to_begin"]
    print(
        f"the longest needs {grew:.2f} times as much at its end as at its beginning",
        file=sys.stderr,
    )
    if {10, 100} <= rows.keys():
        most = rows[100]["peak_mib"] / rows[10]["peak_mib"]
        print(f"100 pages need at most {most:.2f} times what 10 do", file=sys.stderr)
    return 0 if grew <= _FLAT else 1


if __name__ == "__main__":
    sys.exit(main())
