"""Of a paper in hand: how far its reading is, and how often whoever held it was gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COUNTS = ("lost", "pages_read", "pages_to_read")


def upgrade() -> None:
    for name in _COUNTS:
        op.add_column("paper", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in _COUNTS:
        op.drop_column("paper", name)
