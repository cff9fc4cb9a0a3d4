"""What the tests of the archive share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from unit.archive import made

from archive.catalogue import models
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.deposit import initialize
from archive.file_store import FileStore
from archive.identity import IdentityKeys


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(root: Path) -> FileStore:
    store = FileStore(root)
    initialize(store, kept_until=made.LATER)
    return store


@pytest.fixture
def keys() -> IdentityKeys:
    return IdentityKeys(bytes(range(32)))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/catalogue.db", hide_parameters=True)
    with engine.begin() as connection:
        models.METADATA.create_all(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def catalogue(engine: sa.Engine, keys: IdentityKeys) -> SqlCatalogue:
    return SqlCatalogue(engine, keys)
