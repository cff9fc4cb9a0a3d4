"""Real servers, started for the session when the first test asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.minio import Minio, minio
from servers.postgres import Postgres, postgres
from servers.redis import Redis, redis


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
