"""The tables of the catalogue. Every row of a record has an office.

Alembic makes them. Words are not in the database: the full-text index is ``archive.finding``.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps none of the zone, so it is put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's own signature
        """Refuse a time without zone, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's own signature
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


# Ids are given in the order of archiving: newest first is highest first, in every index, for free.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

RECORD = sa.Table(
    "record",
    METADATA,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("paper", sa.Uuid, nullable=False, unique=True),
    sa.Column("office", sa.String(35), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(100), nullable=False),
    sa.Column("media_type", sa.String(20), nullable=False),
    sa.Column("page_count", sa.Integer, nullable=False),
    sa.Column("source_digest", sa.String(64), nullable=False),
    sa.Column("object_id", sa.String(100), nullable=False),
    sa.Column("object_key", sa.String(300), nullable=False),
    sa.Column("object_version", sa.Integer, nullable=False),
    sa.Column("signed_at", UtcTime, nullable=False),
    sa.Column("archived_at", UtcTime, nullable=False),
    sa.Column("kept_until", UtcTime, nullable=False),
    # Which identity key this row was made with.
    sa.Column("key_id", sa.String(8), nullable=False),
    # Number of its last change: what the full-text index follows.
    sa.Column("change", _ID, nullable=False),
    # Compressed, then closed (archive.identity).
    sa.Column("description", sa.LargeBinary, nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Index("ix_record_dossier_ordinal", "dossier", "ordinal"),
    sa.Index("ix_record_change", "change"),
)

# One row. A transaction that changes a record locks it until the commit, so that changes are
# committed in the order of their numbers, and no index skips one.
RECORD_CHANGES = sa.Table(
    "record_changes",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    # Another one after every clearing.
    sa.Column("epoch", sa.String(32), nullable=False),
    sa.Column("last", _ID, nullable=False),
)

# One row for each number and role. SQLite: the table is its own index, so a look-up is one seek.
RECORD_PERSON = sa.Table(
    "record_person",
    METADATA,
    sa.Column("id_hash", sa.LargeBinary(16), primary_key=True),
    sa.Column("record_id", _ID, sa.ForeignKey("record.id"), primary_key=True, autoincrement=False),
    sa.Column("role", sa.String(50), primary_key=True),
    sa.Column("number", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.LargeBinary, nullable=False),
    sa.Index("ix_record_person_record_id", "record_id"),
    sqlite_with_rowid=False,
)

# What the store must hold: every version of every object, as it was written. Never emptied.
OBJECT_VERSION = sa.Table(
    "object_version",
    METADATA,
    sa.Column("object_id", sa.String(300), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("object_key", sa.String(300), nullable=False),
    sa.Column("office", sa.String(35), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    # SHA-512 of the version's inventory.
    sa.Column("digest", sa.String(128), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("locked_until", UtcTime, nullable=False),
    # The day whose register in the store lists it.
    sa.Column("listed_on", sa.String(10)),
    sa.Column("checked_at", UtcTime),
    sa.Index("ix_object_version_locked_until", "locked_until"),
    sa.Index("ix_object_version_listed_on", "listed_on"),
    sa.Index("ix_object_version_checked_at", "checked_at"),
)

# The alarms of the last checks; one that a full check no longer finds is removed. They have no
# office: a check reads the whole store, with stray files that belong to none. Operators alone see
# alarms.
ARCHIVE_ALARM = sa.Table(
    "archive_alarm",
    METADATA,
    sa.Column("object_key", sa.String(1000), primary_key=True),
    sa.Column("code", sa.String(60), primary_key=True),
    sa.Column("message", sa.String(1000), nullable=False),
    sa.Column("raised_at", UtcTime, nullable=False),
)
