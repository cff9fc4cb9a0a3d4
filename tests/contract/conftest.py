"""Databases of the ledger: SQLite and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from servers.postgres import Postgres
from unit.workflow.fakes import migrated

from archive.catalogue import models
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.identity import IdentityKeys
from workflow.ledger import migrate as schema
from workflow.ledger.engine import build_engine
from workflow.ledger.people_tables import METADATA

KINDS = ("sqlite", "postgres")


class Databases(NamedTuple):
    """What makes databases of one kind.

    Attributes:
        new: an empty one; its address.
        made: one at the newest schema with nothing of the ledger in it, one a test; its address.
    """

    new: Callable[[], str]
    made: Callable[[], str]


@pytest.fixture(scope="session")
def postgres_made(postgres_server: Postgres) -> str:
    """The address of a database that was brought to the newest schema."""
    address = postgres_server.new_database()
    engine = build_engine(address)
    schema.upgrade(engine)
    engine.dispose()
    return address


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """Both kinds of database, one after the other."""
    if request.param == "sqlite":

        def file() -> Path:
            return tmp_path / f"{len(list(tmp_path.glob('*.db')))}.db"

        def made() -> str:
            new = file()
            new.write_bytes(migrated())
            return f"sqlite:///{new}"

        return Databases(lambda: f"sqlite:///{file()}", made)
    server: Postgres = request.getfixturevalue("postgres_server")

    def cleaned() -> str:
        # A new one for each test would be 8 MB of files each.
        address: str = request.getfixturevalue("postgres_made")
        cleaning = build_engine(address)
        emptied(cleaning)
        cleaning.dispose()
        return address

    return Databases(server.new_database, cleaned)


def emptied(engine: sa.Engine) -> None:
    """Take all that a ledger holds out of its database."""
    with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def engine(databases: Databases) -> Iterator[sa.Engine]:
    """A database at the newest schema, with nothing in it."""
    made = build_engine(databases.made())
    yield made
    made.dispose()


@pytest.fixture
def sqlite_catalogue(tmp_path: Path) -> Iterator[SqlCatalogue]:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/catalogue.db")
    with engine.begin() as connection:
        models.METADATA.create_all(connection)
    yield SqlCatalogue(engine, IdentityKeys(b"k" * 32))
    engine.dispose()


@pytest.fixture
def postgres_catalogue(postgres_server: Postgres) -> Iterator[SqlCatalogue]:
    engine = build_engine(postgres_server.new_database())
    schema.upgrade(engine)
    yield SqlCatalogue(engine, IdentityKeys(b"k" * 32))
    engine.dispose()
