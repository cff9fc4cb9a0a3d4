"""What signers have seen of each paper, and their batches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_view",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("set_aside", sa.Boolean(), nullable=False),
        sa.Column("batch", sa.Uuid(), nullable=True),
        sa.Column("problem", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user_account.id"], name="fk_signing_view_user"),
        sa.ForeignKeyConstraint(["paper"], ["paper.id"], name="fk_signing_view_paper"),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name="fk_signing_view_office"),
        sa.PrimaryKeyConstraint("user", "paper", name=op.f("pk_signing_view")),
    )
    op.create_index("ix_signing_view_batch", "signing_view", ["batch"])


def downgrade() -> None:
    op.drop_table("signing_view")
