"""How far signatures are preserved: until when, why not further, and when it is tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paper", sa.Column("provable_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("paper", sa.Column("preserve_at", sa.DateTime(timezone=True), nullable=True))
    code = sa.Column("preserve_code", sa.String(length=60), nullable=False, server_default="")
    op.add_column("paper", code)
    op.create_index("ix_paper_level", "paper", ["level", "provable_until"])


def downgrade() -> None:
    op.drop_index("ix_paper_level", table_name="paper")
    for name in ("preserve_code", "preserve_at", "provable_until"):
        op.drop_column("paper", name)
