"""Marks of pages, pages before a split, decisions on duplicates, and stamp texts of offices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paper", sa.Column("page_marks", sa.JSON(), nullable=True))
    op.add_column("paper", sa.Column("before_split", sa.JSON(), nullable=True))
    op.add_column("office", sa.Column("stamp_form", sa.String(length=20), nullable=True))
    op.create_table(
        "duplicate_decision",
        sa.Column("paper", sa.Uuid(), nullable=False),
        sa.Column("other", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["paper.id"], name="fk_duplicate_decision_paper"),
        sa.ForeignKeyConstraint(["other"], ["paper.id"], name="fk_duplicate_decision_other"),
        sa.ForeignKeyConstraint(["office"], ["office.code"], name="fk_duplicate_decision_office"),
        sa.PrimaryKeyConstraint("paper", "other", name=op.f("pk_duplicate_decision")),
    )
    op.create_index("ix_duplicate_decision_office_same", "duplicate_decision", ["office", "same"])


def downgrade() -> None:
    op.drop_table("duplicate_decision")
    op.drop_column("office", "stamp_form")
    op.drop_column("paper", "before_split")
    op.drop_column("paper", "page_marks")
