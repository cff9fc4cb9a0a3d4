"""Servers that may be ended, workers over new data, and papers handed in to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from functional.province import Crew, Province
from servers.minio import Minio
from servers.postgres import postgres
from servers.redis import redis


@pytest.fixture(scope="module")
def own(minio_server: Minio) -> Iterator[Province]:
    """Servers that may be ended."""
    with postgres() as database, redis() as broker:
        yield Province(database, broker, minio_server)


@pytest.fixture
def crew(own: Province, tmp_path: Path) -> Iterator[Crew]:
    """Workers over new data, none started yet; a beat that is."""
    commands = own.commands(tmp_path / "var")
    crew = Crew(commands, {"SOHOA_CORES": "1", "SOHOA_LOG_LEVEL": "INFO"}, tmp_path / "said")
    try:
        crew.start_beat()
        yield crew
    finally:
        crew.stop()
