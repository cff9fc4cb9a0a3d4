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
HEAD = "0010"

# Of this code; a test compares it with pyproject.toml. Data keeps that of its last `init`.
RELEASE = "0.1.0"
RELEASE_NOTE = "release"

MIGRATIONS = Path(__file__).parent / "migrations"
_REVISION = sa.text("SELECT version_num FROM alembic_version")
_RELEASE = sa.text("SELECT max(value) FROM note WHERE name = :name")


def upgrade(engine: sa.Engine) -> None:
    """Run the migrations that are missing. Idempotent; several processes may run it at once.

    Raises:
        Misconfigured: ``database.newer``.
        TransientFault, IntegrityViolation: the database does not answer, or is damaged.
    """
    _refuse_newer(engine)
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


def _refuse_newer(engine: sa.Engine) -> None:
    """Check that this code knows the schema of the database.

    Raises:
        Misconfigured: ``database.newer``, with the release that made it.
    """
    with translated(), engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return
        revision = connection.execute(_REVISION).scalar()
        if revision is None or any(MIGRATIONS.glob(f"versions/m{revision}_*.py")):
            return
        release = connection.execute(_RELEASE, {"name": RELEASE_NOTE}).scalar()
    raise Misconfigured(
        "database.newer",
        f"this data is of Sohoa {release or 'of a later release'}, and this is Sohoa {RELEASE}; "
        f"install Sohoa {release or 'in its latest release'} or a later one. Nothing was changed",
    )


def check(engine: sa.Engine) -> None:
    """Check that the database has the schema of this version.

    Raises:
        Misconfigured: ``database.not-made``, ``database.other-version``, ``database.newer``.
        TransientFault, IntegrityViolation: the database does not answer, or is damaged.
    """
    _refuse_newer(engine)
    with translated(), engine.connect() as connection:
        version = connection.execute(_REVISION).scalar()
    if version != HEAD:
        raise Misconfigured(
            "database.other-version",
            "the database is of another version of Sohoa; run: sohoa init",
        )
