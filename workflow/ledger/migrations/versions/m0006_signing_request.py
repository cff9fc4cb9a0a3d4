"""Who requested a signature, and with which key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, length in (("sign_by", 100), ("sign_key", 64)):
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        op.add_column("paper", column)


def downgrade() -> None:
    op.drop_column("paper", "sign_key")
    op.drop_column("paper", "sign_by")
