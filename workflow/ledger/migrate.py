"""Brings the database to the schema of this version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from dossier.errors import IntegrityViolation, Misconfigured
from workflow.ledger.connections import lock, translated

# The newest migration; a test checks it. Alembic would know it too, but importing it costs every
# command a third of a second.
HEAD = "0004"

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: sa.Engine) -> None:
    """Run the migrations that are missing. Idempotent; several processes may run it at once.

    Raises:
        TransientFault, IntegrityViolation: the database does not answer, or is damaged.
    """
    from alembic import command  # noqa: PLC0415 - only `init` pays for Alembic
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with migrating(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def migrating(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that may change tables; it excludes other migrations.

    Raises:
        TransientFault, Misconfigured: the database does not answer, or refuses.
        IntegrityViolation: ``database.damaged``: a foreign key would be violated.
    """
    with translated(), engine.execution_options(immediate=True).connect() as connection:
        if engine.dialect.name == "sqlite":
            begun = _migrating_sqlite(connection)
        else:
            begun = _migrating_postgres(connection)
        with begun:
            yield connection


@contextmanager
def _migrating_sqlite(connection: sa.Connection) -> Iterator[None]:
    """Foreign keys are off during the migration, and checked at its end.

    SQLite changes a column by copying its table and dropping the old one, which foreign keys
    forbid (https://www.sqlite.org/lang_altertable.html#otheralter). The pragma has no effect
    inside a transaction.
    """
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            yield
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise IntegrityViolation(
                    "database.damaged",
                    "the database is damaged; stop, keep the file, and bring back its backup",
                )
    finally:
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


@contextmanager
def _migrating_postgres(connection: sa.Connection) -> Iterator[None]:
    with connection.begin():
        # Changing a large table takes long, and so does waiting for another migration.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        lock(connection, "schema")
        yield


def check(engine: sa.Engine) -> None:
    """Check that the database has the schema of this version.

    Raises:
        Misconfigured: ``database.not-made`` or ``database.other-version``.
        TransientFault, IntegrityViolation: the database does not answer, or is damaged.
    """
    with translated(), engine.connect() as connection:
        version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if version != HEAD:
        raise Misconfigured(
            "database.other-version",
            "the database is of another version of Sohoa; run: sohoa init",
        )
