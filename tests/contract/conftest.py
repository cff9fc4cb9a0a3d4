"""Databases of the ledger: SQLite and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
import sqlalchemy as sa
from servers.postgres import Postgres
from unit.api.fakes import migrated

from api.ledger import schema
from api.ledger.engine import build_engine

KINDS = ("sqlite", "postgres")


class Databases(NamedTuple):
    """What makes databases of one kind.

    Attributes:
        new: an empty one; its address.
        made: one that is brought to the newest schema; its address.
    """

    new: Callable[[], str]
    made: Callable[[], str]


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    """The name of a database that was brought to the newest schema once."""
    address = postgres_server.new_database()
    engine = build_engine(address)
    schema.upgrade(engine)
    engine.dispose()
    return address.rpartition("/")[2]


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """Both kinds of database, one after the other."""

    def file() -> Path:
        return tmp_path / f"{len(list(tmp_path.glob('*.db')))}.db"

    def sqlite_made() -> str:
        made = file()
        made.write_bytes(migrated())
        return f"sqlite:///{made}"

    if request.param == "sqlite":
        return Databases(lambda: f"sqlite:///{file()}", sqlite_made)
    server: Postgres = request.getfixturevalue("postgres_server")

    def postgres_made() -> str:
        template = request.getfixturevalue("postgres_template")
        address = server.new_database()
        name = address.rpartition("/")[2]
        with psycopg.connect(f"{server.address}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}"')
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return address

    return Databases(server.new_database, postgres_made)


@pytest.fixture
def engine(databases: Databases) -> Iterator[sa.Engine]:
    """A database at the newest schema, with nothing in it."""
    made = build_engine(databases.made())
    yield made
    made.dispose()
