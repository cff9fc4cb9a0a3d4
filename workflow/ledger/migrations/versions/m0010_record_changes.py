"""Numbers the changes of records; words leave the database for an index beside it."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_SQLITE_SEARCH = ("record_head", "record_body")


def upgrade() -> None:
    connection = op.get_bind()
    search = _SQLITE_SEARCH if connection.dialect.name == "sqlite" else ("record_words",)
    for table in search:
        op.execute(f"DROP TABLE {table}")
    op.create_table(
        "record_changes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("last", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_changes")),
    )
    op.add_column("record", sa.Column("change", _NUMBER, nullable=False, server_default="0"))
    op.execute("UPDATE record SET change = id")
    last = connection.execute(sa.text("SELECT coalesce(max(change), 0) FROM record")).scalar_one()
    connection.execute(
        sa.text("INSERT INTO record_changes (id, epoch, last) VALUES (1, :epoch, :last)"),
        {"epoch": secrets.token_hex(16), "last": last},
    )
    with op.batch_alter_table("record") as record:
        record.alter_column("change", existing_type=_NUMBER, server_default=None)
        record.drop_column("form")
    op.create_index("ix_record_change", "record", ["change"])


def downgrade() -> None:
    op.drop_index("ix_record_change", "record")
    op.drop_table("record_changes")
    with op.batch_alter_table("record") as record:
        record.drop_column("change")
        record.add_column(sa.Column("form", sa.Integer(), nullable=False, server_default="0"))
    # Form 0 is none that this version knows: `sohoa rebuild` makes the words again.
    if op.get_bind().dialect.name == "sqlite":
        for table in _SQLITE_SEARCH:
            op.execute(
                f"CREATE VIRTUAL TABLE {table} "
                "USING fts5(xe, xf, content='', columnsize=0, tokenize='ascii')"
            )
        return
    op.execute(
        "CREATE TABLE record_words (id bigint NOT NULL, office varchar(35) NOT NULL, "
        "terms int4[] NOT NULL, CONSTRAINT pk_record_words PRIMARY KEY (id)) "
        "PARTITION BY RANGE (id)"
    )
    op.execute("ALTER TABLE record_words ALTER terms SET STORAGE EXTERNAL")
    op.execute(
        "CREATE INDEX ix_record_words_terms ON record_words USING gin (terms) "
        "WITH (fastupdate = off)"
    )
