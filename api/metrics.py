"""Prometheus metrics; no label identifies a person or a paper."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, start_http_server
from prometheus_client.registry import Collector

from api import disk_space
from api.settings import Settings
from dossier.errors import SohoaError
from dossier.ports import Clock
from workflow.ledger.statistics import Backlog
from workflow.pipeline.events import Event
from workflow.pipeline.steps import Lane, states_of

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)


class Measured:
    """Metrics of this process since it started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._steps = Histogram(
            "sohoa_step_seconds",
            "How long a step took, by the state it began from.",
            ("state",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._moves = Counter(
            "sohoa_moves", "Papers that came to a state.", ("state",), registry=self.registry
        )
        self._stops = Counter(
            "sohoa_stops", "Steps that did not come to their end, by code.", ("code",),
            registry=self.registry,
        )  # fmt: skip
        self.index_behind = Gauge(
            "sohoa_search_index_behind", "Changes of records that the search index of this host "
            "lacks.", registry=self.registry,
        )  # fmt: skip

    def note(self, event: Event) -> None:
        """Count an event of the pipeline."""
        if event.error is not None:
            self._stops.labels(event.error.code).inc()
        elif event.before is not None and event.state is not None:
            self._steps.labels(event.before.value).observe(event.seconds)
            self._moves.labels(event.state.value).inc()

    def exposition(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)


class DatabaseCollector(Collector):
    """Metrics computed from the database at each scrape; the same in every process.

    Args:
        backlog: of all offices.
        clock: for ages.
        store_seconds: duration of the last store check; None before the first.
    """

    def __init__(
        self, backlog: Backlog, *, clock: Clock, store_seconds: Callable[[], float | None]
    ) -> None:
        self._backlog = backlog
        self._clock = clock
        self._store_seconds = store_seconds

    def collect(self) -> Iterable[Metric]:
        """Query the database; report ``sohoa_database_up 0`` if it does not answer."""
        up = GaugeMetricFamily("sohoa_database_up", "Whether the database answers.")
        began = time.monotonic()
        try:
            report = self._backlog.report(now=self._clock.now())
        except SohoaError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        took = GaugeMetricFamily("sohoa_database_seconds", "How long the database took to answer.")
        took.add_metric([], time.monotonic() - began)
        yield took
        papers = GaugeMetricFamily("sohoa_papers", "Papers by state.", labels=["state"])
        for state, number in report.states.items():
            papers.add_metric([state.value], number)
        yield papers
        waiting = GaugeMetricFamily(
            "sohoa_waiting", "Papers that a lane is to do.", labels=["lane"]
        )
        age = GaugeMetricFamily(
            "sohoa_oldest_waiting_seconds", "Since when a lane's oldest waits.", labels=["lane"]
        )
        for lane in Lane:
            states = states_of(lane)
            ages = [report.oldest[s] for s in states if s in report.oldest]
            waiting.add_metric([lane.value], sum(report.waiting.get(s, 0) for s in states))
            age.add_metric([lane.value], max(ages, default=timedelta()).total_seconds())
        yield from (waiting, age)
        why = GaugeMetricFamily("sohoa_papers_blocked", "Blocked papers by code.", labels=["code"])
        for code, number in report.codes.items():
            why.add_metric([code], number)
        yield why
        store = self._store_seconds()
        if store is not None:
            seconds = GaugeMetricFamily("sohoa_store_seconds", "A small write and read back.")
            seconds.add_metric([], store)
            yield seconds


class DiskCollector(Collector):
    """Free disk space at each scrape.

    Args:
        settings: name the places.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterable[Metric]:
        """Read the free space of each place."""
        free = GaugeMetricFamily(
            "sohoa_disk_free_bytes", "Free disk space, by place.", labels=["place"]
        )
        for place, number in disk_space.free_bytes(self._settings).items():
            free.add_metric([place], number)
        yield free


@contextmanager
def exported(settings: Settings) -> Iterator[Measured]:
    """Metrics of a worker, exported at its own port if one is set."""
    measured = Measured()
    if not settings.metrics_port:
        yield measured
        return
    measured.registry.register(DiskCollector(settings))
    server, thread = start_http_server(
        settings.metrics_port, addr=settings.metrics_host, registry=measured.registry
    )
    try:
        yield measured
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
