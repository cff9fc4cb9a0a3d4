"""Webhooks: how long a silent one rests, what waits at each; when a delivery came to its end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WAITS = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "webhook", sa.Column("failures", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("webhook", sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("delivery", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    # When one was given up was not written down.
    op.execute(
        "UPDATE delivery SET ended_at = coalesce(delivered_at, created_at) WHERE next_at IS NULL"
    )
    op.drop_index("ix_delivery_next_at", table_name="delivery")
    op.drop_index("ix_delivery_webhook", table_name="delivery")
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["webhook", "id"],
        unique=False,
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    op.create_index("ix_delivery_ended_at", "delivery", ["ended_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_delivery_ended_at", table_name="delivery")
    op.drop_index("ix_delivery_waiting", table_name="delivery")
    op.create_index("ix_delivery_webhook", "delivery", ["webhook", "id"], unique=False)
    op.create_index("ix_delivery_next_at", "delivery", ["next_at"], unique=False)
    op.drop_column("delivery", "ended_at")
    op.drop_column("webhook", "rests_until")
    op.drop_column("webhook", "failures")
