"""The service: dossiers, tokens, answered keys, uploads in pieces, webhooks; released scans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TAKEN = sa.text("state <> 'REJECTED'")
_STANDS_FOR_A_PAPER = sa.text("state <> 'REJECTED' AND released_at IS NULL")


def upgrade() -> None:
    op.add_column("scan", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("scan", sa.Column("paper", sa.Uuid(), nullable=True))
    _once_in_a_dossier(_STANDS_FOR_A_PAPER)
    _dossier()
    _token()
    _answered()
    _upload()
    _webhook()
    _delivery()


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_table("webhook")
    op.drop_table("upload")
    op.drop_table("answered")
    op.drop_table("token")
    op.drop_table("dossier")
    _once_in_a_dossier(_TAKEN)
    op.drop_column("scan", "paper")
    op.drop_column("scan", "released_at")


def _once_in_a_dossier(where: sa.TextClause) -> None:
    op.drop_index("uq_scan_once_in_a_dossier", table_name="scan")
    op.create_index(
        "uq_scan_once_in_a_dossier",
        "scan",
        ["office", "dossier", "digest"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _dossier() -> None:
    op.create_table(
        "dossier",
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_dossier_office")),
        sa.PrimaryKeyConstraint("office", "code", name=op.f("pk_dossier")),
    )


def _token() -> None:
    op.create_table(
        "token",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_token_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
    )


def _answered() -> None:
    op.create_table(
        "answered",
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("asked", sa.LargeBinary(length=32), nullable=False),
        sa.Column("paper", sa.Uuid(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["token.id"], name=op.f("fk_answered_token")),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_answered_office")),
        sa.PrimaryKeyConstraint("token", "key", name=op.f("pk_answered")),
    )
    op.create_index("ix_answered_at", "answered", ["at"], unique=False)


def _upload() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("dossier", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("sign", sa.Boolean(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paper", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_upload_office")),
        sa.ForeignKeyConstraint(["token"], ["token.id"], name=op.f("fk_upload_token")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"], unique=False)


def _webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_webhook_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("webhook", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.Uuid(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name=op.f("fk_delivery_office")),
        sa.ForeignKeyConstraint(["webhook"], ["webhook.id"], name=op.f("fk_delivery_webhook")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_next_at", "delivery", ["next_at"], unique=False)
    op.create_index("ix_delivery_webhook", "delivery", ["webhook", "id"], unique=False)
