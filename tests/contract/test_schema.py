"""Models and migrations agree, on both databases; the known head is the newest migration."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from contract.conftest import Databases

from archive.catalogue import models as catalogue
from dossier.errors import Misconfigured, SohoaError
from workflow.ledger import migrate as schema
from workflow.ledger import people_tables as models
from workflow.ledger.engine import build_engine

_AT = datetime(2026, 1, 2, tzinfo=UTC)
# A JSON column may hold any object.
_TYPES: dict[type[Any], Any] = {
    str: "x",
    int: 1,
    bool: False,
    object: [],
    datetime: _AT,
    bytes: b"x",
}


@pytest.fixture
def empty(databases: Databases) -> Iterator[sa.Engine]:
    """A database with no tables."""
    engine = build_engine(databases.new())
    yield engine
    engine.dispose()


def _differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
        },
    )
    both = sa.MetaData()
    for metadata in (models.METADATA, catalogue.METADATA):
        for table in metadata.sorted_tables:
            table.to_metadata(both)
    return list(compare_metadata(context, both))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    return config


@contextmanager
def _alembic(engine: sa.Engine) -> Iterator[tuple[Config, sa.Connection]]:
    config = _config()
    with schema.migrating(engine) as connection:
        config.attributes["connection"] = connection
        yield config, connection


def _put(connection: sa.Connection, table: str, **values: object) -> None:
    """A row with something in every column that needs it, as this revision knows the table."""
    reflected = sa.Table(table, sa.MetaData(), autoload_with=connection)
    for column in reflected.columns:
        if not column.nullable and column.name not in values and column.autoincrement is not True:
            values[column.name] = _TYPES[column.type.python_type]
    connection.execute(reflected.insert().values(**values))


def _fill(connection: sa.Connection) -> None:
    """Two papers of a dossier, each with its scan and a history."""
    _put(connection, "office", code="H15")
    for number in (1, 2):
        known = {"office": "H15", "dossier": "D", "state": "RECEIVED"}
        _put(connection, "scan", id=UUID(int=number).hex, digest=f"{number}", **known)
        _put(
            connection, "paper", id=UUID(int=number).hex, scan=UUID(int=number).hex,
            ordinal=number, sequence=number, **known,
        )  # fmt: skip
        _put(
            connection, "move", id=number, office="H15", sequence=number,
            paper=UUID(int=number).hex,
        )  # fmt: skip


def test_the_migrations_make_what_the_models_say(empty: sa.Engine) -> None:
    schema.upgrade(empty)
    schema.check(empty)
    with empty.connect() as connection:
        assert _differences(connection) == []
        connection.exec_driver_sql("ALTER TABLE office ADD COLUMN planted TEXT")
        assert _differences(connection) != []


def test_the_known_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(_config()).get_current_head() == schema.HEAD


def test_upgrading_again_is_harmless_and_down_again_leaves_nothing(empty: sa.Engine) -> None:
    schema.upgrade(empty)
    schema.upgrade(empty)
    with _alembic(empty) as (config, _):
        command.downgrade(config, "base")
    assert sa.inspect(empty).get_table_names() == ["alembic_version"]


def test_a_migration_that_loses_rows_is_undone(empty: sa.Engine) -> None:
    schema.upgrade(empty)
    with empty.begin() as connection:
        _fill(connection)
    with pytest.raises(SohoaError), schema.migrating(empty) as connection:
        connection.exec_driver_sql("DELETE FROM paper")
    with empty.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM paper").scalar() == 2


def test_two_may_make_it_at_once(empty: sa.Engine, databases: Databases) -> None:
    failed: list[Exception] = []
    other = build_engine(str(empty.url.render_as_string(hide_password=False)))

    def upgrade(engine: sa.Engine) -> None:
        try:
            schema.upgrade(engine)
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)

    threads = [threading.Thread(target=upgrade, args=(engine,)) for engine in (empty, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    schema.check(other)
    other.dispose()


# Tables without an office column: the office itself, the people of a record (their record names
# the office), the number of the last change, and alarms about the store as a whole, which also
# names stray files of no office.
_WITHOUT_OFFICE = {"office", "record_person", "record_changes", "archive_alarm"}


def test_every_table_of_papers_and_records_has_an_office_column() -> None:
    tables = [*models.METADATA.sorted_tables, *catalogue.METADATA.sorted_tables]
    without = {table.name for table in tables if "office" not in table.c}
    assert without == _WITHOUT_OFFICE


def test_a_missing_schema_is_reported(empty: sa.Engine) -> None:
    with pytest.raises(Misconfigured) as raised:
        schema.check(empty)
    assert raised.value.code == "database.not-made"
