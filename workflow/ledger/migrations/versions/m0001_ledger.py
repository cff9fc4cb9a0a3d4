"""The ledger: offices, scans, papers, their moves, look-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TAKEN = sa.text("state <> 'REJECTED'")


def upgrade() -> None:
    _office()
    _lookup()
    _note()
    _scan()
    _paper()
    _move()


def downgrade() -> None:
    op.drop_table("move")
    op.drop_table("paper")
    op.drop_table("scan")
    op.drop_table("note")
    op.drop_table("lookup")
    op.drop_table("office")


def _office() -> None:
    op.create_table(
        "office",
        sa.Column("code", sa.String(length=35), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_office")),
    )


def _lookup() -> None:
    op.create_table(
        "lookup",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("manner", sa.String(length=20), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_lookup_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup")),
    )
    op.create_index("ix_lookup_at", "lookup", ["at"], unique=False)


def _note() -> None:
    op.create_table(
        "note",
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_note_office")),
        sa.PrimaryKeyConstraint("office", "name", name=op.f("pk_note")),
    )


def _scan() -> None:
    op.create_table(
        "scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("dossier", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_scan_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    op.create_index("ix_scan_digest", "scan", ["digest"], unique=False)
    op.create_index(
        "uq_scan_once_in_a_dossier",
        "scan",
        ["office", "dossier", "digest"],
        unique=True,
        sqlite_where=sa.text("state <> 'REJECTED'"),
        postgresql_where=sa.text("state <> 'REJECTED'"),
    )


def _paper() -> None:
    op.create_table(
        "paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("dossier", sa.String(length=100), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("scan", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("held_by", sa.String(length=120), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("sign_requested", sa.Boolean(), nullable=False),
        sa.Column("accept_as_found", sa.Boolean(), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("arrived_signed", sa.Boolean(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=True),
        sa.Column("engine", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("description", sa.LargeBinary(), nullable=True),
        sa.Column("received_signatures", sa.JSON(), nullable=False),
        sa.Column("pdfa", sa.JSON(), nullable=True),
        sa.Column("pdfa_report", sa.JSON(), nullable=True),
        sa.Column("signed", sa.JSON(), nullable=True),
        sa.Column("signatures", sa.JSON(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("object_id", sa.String(length=60), nullable=False),
        sa.Column("object_key", sa.String(length=200), nullable=False),
        sa.Column("object_version", sa.Integer(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_paper_office")),
        sa.ForeignKeyConstraint(["scan"], ["scan.id"], name=op.f("fk_paper_scan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint(
            "office", "dossier", "ordinal", name=op.f("uq_paper_office_dossier_ordinal")
        ),
    )
    op.create_index("ix_paper_scan", "paper", ["scan"], unique=False)
    op.create_index("ix_paper_state", "paper", ["state", "updated_at"], unique=False)


def _move() -> None:
    op.create_table(
        "move",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("paper", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_move_office")),
        sa.ForeignKeyConstraint(["paper"], ["paper.id"], name=op.f("fk_move_paper")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move")),
    )
    op.create_index("ix_move_paper", "move", ["paper", "id"], unique=False)
