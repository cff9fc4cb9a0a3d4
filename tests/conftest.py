"""What all tests share: examples without a clock, and real servers.

A server is started for the session when the first test asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from servers.minio import Minio, minio
from servers.postgres import Postgres, postgres
from servers.redis import Redis, redis

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL; take a new database each."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A Redis."""
    with redis() as server:
        yield server


@pytest.fixture(scope="session")
def minio_server() -> Iterator[Minio]:
    """A store that speaks S3; take a new bucket each."""
    with minio() as server:
        yield server
