"""Models and migrations agree; the known head is the newest migration."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from api.ledger import models, schema
from api.ledger.engine import build_engine
from archive.catalogue import models as catalogue
from archive.catalogue.sqlite_search import is_search_table
from dossier.errors import Misconfigured


def _engine(folder: Path) -> sa.Engine:
    return build_engine(f"sqlite:///{folder / 'x.db'}")


def _differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            "include_name": lambda name, kind, _: kind != "table" or not is_search_table(str(name)),
            "compare_type": True,
        },
    )
    both = sa.MetaData()
    for metadata in (models.METADATA, catalogue.METADATA):
        for table in metadata.sorted_tables:
            table.to_metadata(both)
    return list(compare_metadata(context, both))


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    engine = _engine(tmp_path)
    schema.upgrade(engine)
    schema.check(engine)
    with engine.connect() as connection:
        assert _differences(connection) == []
        connection.exec_driver_sql("ALTER TABLE office ADD COLUMN planted TEXT")
        assert _differences(connection) != []
    engine.dispose()


def test_the_known_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_upgrading_again_is_harmless_and_down_again_leaves_nothing(tmp_path: Path) -> None:
    engine = _engine(tmp_path)
    schema.upgrade(engine)
    schema.upgrade(engine)
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_an_office_stands_on_every_row() -> None:
    for metadata in (models.METADATA, catalogue.METADATA):
        for table in metadata.sorted_tables:
            # An office's own code; a person's rows belong to their record.
            if table.name not in {"office", "record_person"}:
                assert "office" in table.c, table.name


def test_a_database_that_was_not_made_is_told(tmp_path: Path) -> None:
    engine = _engine(tmp_path)
    with pytest.raises(Misconfigured) as raised:
        schema.check(engine)
    assert raised.value.code == "database.not-made"
    engine.dispose()
