"""What a paper said before each change made in review, for undo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paper", sa.Column("before_review", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("paper", "before_review")
