"""Bringing the database to the schema of this version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from dossier.errors import IntegrityViolation, Misconfigured
from workflow.ledger.connections import hold, translated

# The newest migration; a test keeps it so. Known here without importing Alembic, which costs
# every command a third of a second.
HEAD = "0001"

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: sa.Engine) -> None:
    """Run all migrations that this database has not seen; safe to run again, and by many at once.

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
    """A transaction in which tables may be changed; nobody else changes them meanwhile.

    Raises:
        TransientFault, Misconfigured: the database does not answer, or refuses.
        IntegrityViolation: ``database.damaged``: a row would point to one that is not there.
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
    """SQLite changes a column by making its table anew and dropping the old one.

    Rows that point there forbid it, so that they are looked at afterwards instead
    (https://www.sqlite.org/lang_altertable.html#otheralter). It can be said only outside of a
    transaction.
    """
    bare = connection.connection.cursor()
    bare.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            yield
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise IntegrityViolation(
                    "database.damaged",
                    "the database is damaged; stop, keep the file, and bring back its backup",
                )
    finally:
        bare.execute("PRAGMA foreign_keys=ON")
        bare.close()


@contextmanager
def _migrating_postgres(connection: sa.Connection) -> Iterator[None]:
    with connection.begin():
        # A large table takes its time to change, and so does whoever began before us.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        hold(connection, "schema")
        yield


def check(engine: sa.Engine) -> None:
    """See that the database is at this version's schema.

    Raises:
        Misconfigured: ``database.not-made`` or ``database.other-version``.
        TransientFault, IntegrityViolation: it does not answer, or is damaged.
    """
    with translated(), engine.connect() as connection:
        version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if version != HEAD:
        raise Misconfigured(
            "database.other-version",
            "the database is of another version of Sohoa; run: sohoa init",
        )
