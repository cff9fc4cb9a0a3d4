"""Many workers: the age of a paper's dossier, whose fault a code is, and the request behind it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBERED = ("move", "lookup", "delivery")
_HELD = sa.text("lease_until IS NOT NULL")


def upgrade() -> None:
    _paper()
    op.create_index("ix_move_at", "move", ["at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _numbers(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _numbers(sa.BigInteger(), sa.Integer())
    op.drop_index("ix_move_at", table_name="move")
    op.drop_index("ix_paper_held", table_name="paper")
    op.drop_index("ix_paper_waiting", table_name="paper")
    with op.batch_alter_table("paper") as paper:
        for column in ("request", "fault", "dossier_since"):
            paper.drop_column(column)


def _paper() -> None:
    op.add_column("paper", sa.Column("dossier_since", sa.DateTime(timezone=True)))
    op.add_column(
        "paper", sa.Column("fault", sa.String(length=12), nullable=False, server_default="")
    )
    op.add_column(
        "paper", sa.Column("request", sa.String(length=40), nullable=False, server_default="")
    )
    op.execute(
        "UPDATE paper SET dossier_since = (SELECT min(other.created_at) FROM paper AS other "
        "WHERE other.office = paper.office AND other.dossier = paper.dossier)"
    )
    with op.batch_alter_table("paper") as paper:
        paper.alter_column(
            "dossier_since", existing_type=sa.DateTime(timezone=True), nullable=False
        )
        paper.alter_column("fault", existing_type=sa.String(length=12), server_default=None)
        paper.alter_column("request", existing_type=sa.String(length=40), server_default=None)
    op.create_index(
        "ix_paper_waiting",
        "paper",
        ["state", "dossier_since", "dossier", "ordinal"],
        unique=False,
    )
    op.create_index(
        "ix_paper_held",
        "paper",
        ["held_by"],
        unique=False,
        sqlite_where=_HELD,
        postgresql_where=_HELD,
    )


def _numbers(before: sa.types.TypeEngine[int], after: sa.types.TypeEngine[int]) -> None:
    """Ids that are given to every move outgrow 32 bits in a province's first ten years."""
    for table in _NUMBERED:
        op.alter_column(table, "id", existing_type=before, type_=after)
        kind = "bigint" if isinstance(after, sa.BigInteger) else "integer"
        op.execute(f"ALTER SEQUENCE {table}_id_seq AS {kind}")
