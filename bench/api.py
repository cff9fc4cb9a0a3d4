"""Errors, latency and memory of the service under a burst of uploads.

    python -m bench.api [--papers 1000] [--clients 20] [--idle 60] [--json]

A real ``sohoa serve`` on loopback, in trial data of its own. First an idle server: one client sends
one paper at a time and waits until it has been read, so that every upload meets a server with
nothing to do; then all clients send one paper each at the same moment, again and again, each time
to an idle server. Then the burst: all clients send one-page scans as fast as they are taken, while
the workers read what has come. Ends with 1 where an upload failed or a paper is missing, where the
99th percentile during the burst is more than five times that of the idle server with as many
clients at once (so that what differs is the reading), or where the server's own memory (PSS,
without its children) is not flat: in the last third of the burst more than 1.15 times what it was
in the first.

The ratio to one client is reported as well, beside the same ratio of a server that discards what it
receives (``bench.nothing``). Where one core serves all clients they wait for each other, so this
ratio depends mostly on their number.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.papers_drawn import drawn_pages
from bench.sohoa import Sohoa

_LEAST_ROUNDS = 3
_EVERY_S = 0.5
_SLOWER = 5.0
_FLAT = 1.15


class Scans:
    """One-page scans without end, no two alike: a JPEG comment differs in each."""

    def __init__(self) -> None:
        self._pages = drawn_pages(10)
        self._count = 0
        self._lock = threading.Lock()

    def next(self) -> bytes:
        """The next one."""
        with self._lock:
            self._count += 1
            count = self._count
        page = self._pages[count % len(self._pages)]
        comment = f"{count:012d}".encode()
        return page[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + page[2:]


@dataclass
class Service:
    """A running service."""

    process: subprocess.Popen[str]
    host: str
    port: int
    token: str

    def call(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b""
    ) -> tuple[int, bytes]:
        """One question on a kept connection."""
        headers = {"Authorization": f"Bearer {self.token}"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own for a client."""
        return http.client.HTTPConnection(self.host, self.port, timeout=120)

    def pss_mib(self) -> float:
        """The memory of the server process itself, MiB."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text("ascii")
        kib = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        return int(kib.split()[1]) / 1024

    def wait_until_idle(self) -> None:
        """Return when no paper is being worked on."""
        connection = self.connect()
        while True:
            waiting = 0
            for state in ("RECEIVED", "RECOGNISED"):
                _, body = self.call(connection, "GET", f"/v1/papers?limit=1&state={state}")
                waiting += len(json.loads(body)["papers"])
            if not waiting:
                connection.close()
                return
            time.sleep(0.1)


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[Service, Sohoa]]:
    sohoa = Sohoa(folder / "var")
    sohoa("init", "--trial")
    token = sohoa.rows(
        "token", "create", "bench", "--scope", "intake", "--scope", "read", "--rate", "1000000"
    )[0]["secret"]
    command = [sohoa.program, "serve", "--port", "0", "--json"]
    with _started(command, sohoa.environment, token) as service:
        yield service, sohoa


@contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str], token: str = ""
) -> Iterator[Service]:
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        address = urlsplit(json.loads(line)["serving"])
        yield Service(process, address.hostname or "", address.port or 0, token)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _upload(
    service: Service, connection: http.client.HTTPConnection, scans: Scans
) -> tuple[float, int]:
    scan = scans.next()
    began = time.perf_counter()
    status, _ = service.call(connection, "POST", "/v1/dossiers/BENCH-1/papers", scan)
    return (time.perf_counter() - began) * 1000, status


def _idle_one(
    service: Service, scans: Scans, uploads: int, *, settle: Callable[[], None]
) -> list[float]:
    connection = service.connect()
    taken = []
    for _ in range(uploads + 1):
        settle()
        took, status = _upload(service, connection, scans)
        if status != http.client.ACCEPTED:
            raise SystemExit(f"an idle server answered {status}")
        taken.append(took)
    connection.close()
    return taken[1:]  # the first one warms up


def _together(clients: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _idle_all(service: Service, scans: Scans, clients: int) -> list[float]:
    """All clients at once, one upload each, to an idle server."""
    taken: list[float] = []
    for _ in range(_LEAST_ROUNDS):
        service.wait_until_idle()
        barrier = threading.Barrier(clients)

        def one(barrier: threading.Barrier = barrier) -> None:
            connection = service.connect()
            connection.connect()
            barrier.wait()
            took, _ = _upload(service, connection, scans)
            taken.append(took)
            connection.close()

        _together(clients, one)
    return taken


def _burst(
    service: Service, scans: Scans, papers: int, clients: int, *, after: float
) -> tuple[list[float], list[int], list[float], float]:
    """Latencies (ms), statuses, memory of the server over time (MiB), and the whole time (s)."""
    taken: list[float] = []
    statuses: list[int] = []
    memory: list[float] = []
    left = iter(range(papers))
    lock = threading.Lock()
    ended = threading.Event()

    def send() -> None:
        connection = service.connect()
        while True:
            with lock:
                if next(left, None) is None:
                    break
            took, status = _upload(service, connection, scans)
            with lock:
                taken.append(took)
                statuses.append(status)
        connection.close()

    def watch() -> None:
        while not ended.wait(_EVERY_S):
            memory.append(service.pss_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    _together(clients, send)
    took = time.perf_counter() - began
    # Memory goes on being watched while the workers read.
    time.sleep(after)
    ended.set()
    watcher.join()
    return taken, statuses, memory, took


def _of_nothing(scans: Scans, *, papers: int, clients: int, idle: int) -> float:
    """Latency with many clients relative to one, of a server that does nothing."""
    with _started([sys.executable, "-m", "bench.nothing"], os.environ) as service:
        alone = _idle_one(service, scans, idle, settle=lambda: time.sleep(0.05))
        taken, _, _, _ = _burst(service, scans, papers, clients, after=0)
    return _p99(taken) / _p99(alone)


def _p99(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=100, method="inclusive")[98]


def main() -> int:
    """Run the benchmark, print figures, end with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--idle", type=int, default=60, help="uploads to an idle server")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    scans = Scans()
    with tempfile.TemporaryDirectory(prefix="sohoa-bench-") as folder:
        with _serving(Path(folder)) as (service, sohoa):
            idle = _idle_one(service, scans, options.idle, settle=service.wait_until_idle)
            crowd = _idle_all(service, scans, options.clients)
            service.wait_until_idle()
            taken, statuses, memory, seconds = _burst(
                service, scans, options.papers, options.clients, after=10
            )
        kept = len(sohoa.rows("list"))
    nothing = _of_nothing(scans, papers=options.papers, clients=options.clients, idle=options.idle)
    sent = options.idle + 1 + _LEAST_ROUNDS * options.clients + options.papers
    third = max(len(memory) // 3, 1)
    row = {
        "papers": options.papers,
        "errors": sum(status != http.client.ACCEPTED for status in statuses),
        "missing": sent - kept,
        "uploads_a_second": round(options.papers / seconds, 1),
        "idle_p50_ms": round(statistics.median(idle), 1),
        "idle_p99_ms": round(_p99(idle), 1),
        "idle_all_at_once_p99_ms": round(_p99(crowd), 1),
        "burst_p50_ms": round(statistics.median(taken), 1),
        "burst_p99_ms": round(_p99(taken), 1),
        "ratio": round(_p99(taken) / _p99(crowd), 2),
        "ratio_to_one_client": round(_p99(taken) / _p99(idle), 2),
        "the_same_of_nothing": round(nothing, 2),
        "memory_first_mib": round(statistics.median(memory[:third]), 1),
        "memory_last_mib": round(statistics.median(memory[-third:]), 1),
        "memory_most_mib": round(max(memory), 1),
        "load": round(os.getloadavg()[0], 1),
    }
    flat = row["memory_last_mib"] <= _FLAT * row["memory_first_mib"]
    good = not row["errors"] and not row["missing"] and row["ratio"] <= _SLOWER and flat
    if options.json:
        print(json.dumps({**row, "good": good}))
    else:
        for name, value in row.items():
            print(f"{name:>24}  {value}")
        print("all bars held" if good else "A BAR WAS MISSED")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
