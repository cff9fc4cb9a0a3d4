"""The catalogue's index of words on PostgreSQL; SQLite has had its own since 0002."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLE = "record_words"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        f"CREATE TABLE {_TABLE} (id bigint NOT NULL, office varchar(35) NOT NULL, "
        f"terms int4[] NOT NULL, CONSTRAINT pk_{_TABLE} PRIMARY KEY (id)) PARTITION BY RANGE (id)"
    )
    op.execute(f"ALTER TABLE {_TABLE} ALTER terms SET STORAGE EXTERNAL")
    op.execute(
        f"CREATE INDEX ix_{_TABLE}_terms ON {_TABLE} USING gin (terms) WITH (fastupdate = off)"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TABLE {_TABLE}")
