"""Versions of objects that the store must hold, and alarms of the last checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "object_version",
        sa.Column("object_id", sa.String(length=300), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("object_key", sa.String(length=300), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("dossier", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("locked_until", _TIME, nullable=False),
        sa.Column("listed_on", sa.String(length=10), nullable=True),
        sa.Column("checked_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("object_id", "number", name=op.f("pk_object_version")),
    )
    op.create_index("ix_object_version_locked_until", "object_version", ["locked_until"])
    op.create_index("ix_object_version_listed_on", "object_version", ["listed_on"])
    op.create_index("ix_object_version_checked_at", "object_version", ["checked_at"])
    op.create_table(
        "archive_alarm",
        sa.Column("object_key", sa.String(length=1000), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("raised_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("object_key", "code", name=op.f("pk_archive_alarm")),
    )


def downgrade() -> None:
    op.drop_table("archive_alarm")
    op.drop_table("object_version")
