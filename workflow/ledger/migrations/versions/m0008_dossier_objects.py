"""Which dossiers have an object in the store, whether it is up to date, and their terms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UNWRITTEN = sa.text("revision <> written")


def upgrade() -> None:
    op.add_column(
        "dossier", sa.Column("revision", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("dossier", sa.Column("written", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("dossier", sa.Column("keep_years", sa.Integer(), nullable=True))
    op.create_index(
        "ix_dossier_unwritten",
        "dossier",
        ["office", "code"],
        sqlite_where=_UNWRITTEN,
        postgresql_where=_UNWRITTEN,
    )
    # Those that were closed before get their object with the next run of the periodic job.
    op.execute(sa.text("UPDATE dossier SET revision = 1 WHERE closed_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_dossier_unwritten", "dossier")
    op.drop_column("dossier", "keep_years")
    op.drop_column("dossier", "written")
    op.drop_column("dossier", "revision")
