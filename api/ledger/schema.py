"""Bringing the database to the schema of this version."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from api.ledger.connections import hold, translated
from dossier.errors import Misconfigured

# The newest migration; a test keeps it so. Known here without importing Alembic, which costs
# every command a third of a second.
HEAD = "0004"

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: sa.Engine) -> None:
    """Run all migrations that this database has not seen; safe to run again.

    Raises:
        TransientFault, IntegrityViolation: the database does not answer, or is damaged.
    """
    from alembic import command  # noqa: PLC0415 - only `init` pays for Alembic
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with translated(), engine.begin() as connection:
        # Two that begin at once do it one after the other.
        hold(connection, "schema")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


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
