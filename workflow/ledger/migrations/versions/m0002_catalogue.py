"""The catalogue: records, the people in them, and their words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The words are found by SQLite's own search; another database gets another table.
_SEARCH = ("record_head", "record_body")


def upgrade() -> None:
    _record()
    _record_person()
    if op.get_bind().dialect.name == "sqlite":
        for table in _SEARCH:
            op.execute(
                f"CREATE VIRTUAL TABLE {table} "
                "USING fts5(xe, xf, content='', columnsize=0, tokenize='ascii')"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _SEARCH:
            op.execute(f"DROP TABLE {table}")
    op.drop_table("record_person")
    op.drop_table("record")


def _record() -> None:
    op.create_table(
        "record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paper", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("dossier", sa.String(length=100), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("source_digest", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=100), nullable=False),
        sa.Column("object_key", sa.String(length=300), nullable=False),
        sa.Column("object_version", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("description", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint("paper", name=op.f("uq_record_paper")),
    )
    op.create_index("ix_record_dossier_ordinal", "record", ["dossier", "ordinal"], unique=False)


def _record_person() -> None:
    op.create_table(
        "record_person",
        sa.Column("id_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column(
            "record_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("role", sa.String(length=50), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_person_record_id")
        ),
        sa.PrimaryKeyConstraint("id_hash", "record_id", "role", name=op.f("pk_record_person")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_record_person_record_id", "record_person", ["record_id"], unique=False)
