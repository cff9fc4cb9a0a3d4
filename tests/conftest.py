"""Shared by all tests: groups, Hypothesis settings, and real servers.

A test belongs to the group of its folder (``pytest -m contract``). Tests of one file and one mode
run in one process, since they share fixtures; ``scheduling`` sees to that. The longest groups
start first. Each test process starts its own servers, when a test first requests them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from scheduling import ByFileAndMode, scope_of
from servers.minio import Minio, minio
from servers.postgres import Postgres, postgres
from servers.redis import Redis, redis
from xdist.remote import Producer

TESTS = Path(__file__).parent
# In the order in which they start.
GROUPS = ("functional", "browser", "contract", "unit", "architecture")

# The time of an example depends on the load of the machine.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its group, and with the process that it shares with other tests."""
    items.sort(key=lambda item: GROUPS.index(_folders(item)[0]))
    for item in items:
        folders = _folders(item)
        item.add_marker(folders[0])
        if "servers" in folders:
            item.add_marker("servers")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFileAndMode:
    """Give the tests of one file and mode to one process."""
    return ByFileAndMode(config, log)


_ran_in: dict[str, object] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """End the run if tests that share fixtures run in two processes, which takes much longer."""
    process = getattr(report, "node", None)
    if process is not None:
        assert _ran_in.setdefault(scope_of(report.nodeid), process) is process, report.nodeid


def _folders(item: pytest.Item) -> tuple[str, ...]:
    return item.path.relative_to(TESTS).parent.parts


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL; each test takes a new database."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A Redis."""
    with redis() as server:
        yield server


@pytest.fixture(scope="session")
def minio_server() -> Iterator[Minio]:
    """An S3 store; each test takes a new bucket."""
    with minio() as server:
        yield server
