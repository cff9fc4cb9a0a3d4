"""The schema of the first release: the ledger, the catalogue and its search tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)
_STANDS_FOR_A_PAPER = sa.text("state <> 'REJECTED' AND released_at IS NULL")
_HELD = sa.text("lease_until IS NOT NULL")
_WAITS = sa.text("next_at IS NOT NULL")
_SQLITE_SEARCH = ("record_head", "record_body")

# The tables as they are at this revision; later changes are migrations of their own.
_TABLES = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def upgrade() -> None:
    _TABLES.create_all(op.get_bind())
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


def downgrade() -> None:
    search = _SQLITE_SEARCH if op.get_bind().dialect.name == "sqlite" else ("record_words",)
    for table in search:
        op.execute(f"DROP TABLE {table}")
    _TABLES.drop_all(op.get_bind())


sa.Table(
    "office",
    _TABLES,
    sa.Column("code", sa.String(35), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("parent", sa.String(35), sa.ForeignKey("office.code")),
    sa.Column("time_zone", sa.String(6), nullable=False, server_default="+07:00"),
    sa.Column("papers", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("events", sa.BigInteger, nullable=False, server_default="0"),
)

sa.Table(
    "note",
    _TABLES,
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), primary_key=True),
    sa.Column("name", sa.String(50), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)

sa.Table(
    "scan",
    _TABLES,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.String(20), nullable=False),
    sa.Column("source", sa.LargeBinary, nullable=False),
    sa.Column("received_at", _TIME, nullable=False),
    sa.Column("released_at", _TIME),
    sa.Column("paper", sa.Uuid),
    sa.Index(
        "uq_scan_once_in_a_dossier",
        "office",
        "dossier",
        "digest",
        unique=True,
        sqlite_where=_STANDS_FOR_A_PAPER,
        postgresql_where=_STANDS_FOR_A_PAPER,
    ),
    sa.Index("ix_scan_digest", "digest"),
)

sa.Table(
    "paper",
    _TABLES,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("scan", sa.Uuid, sa.ForeignKey("scan.id"), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lost", sa.Integer, nullable=False, server_default="0"),
    sa.Column("pages_read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("pages_to_read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held_by", sa.String(120), nullable=False),
    sa.Column("lease_until", _TIME),
    sa.Column("retry_at", _TIME),
    sa.Column("set_aside_at", _TIME),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("reason", sa.LargeBinary, nullable=False),
    sa.Column("sign_requested", sa.Boolean, nullable=False),
    sa.Column("accept_as_found", sa.Boolean, nullable=False),
    sa.Column("pages", sa.JSON, nullable=False),
    sa.Column("page_count", sa.Integer, nullable=False),
    sa.Column("arrived_signed", sa.Boolean, nullable=False),
    sa.Column("words", sa.JSON),
    sa.Column("engine", sa.String(60), nullable=False),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("description", sa.LargeBinary),
    sa.Column("received_signatures", sa.JSON, nullable=False),
    sa.Column("pdfa", sa.JSON),
    sa.Column("pdfa_report", sa.JSON),
    sa.Column("signed", sa.JSON),
    sa.Column("signatures", sa.JSON, nullable=False),
    sa.Column("level", sa.String(8), nullable=False),
    sa.Column("object_id", sa.String(60), nullable=False),
    sa.Column("object_key", sa.String(200), nullable=False),
    sa.Column("object_version", sa.Integer, nullable=False),
    sa.Column("kept_until", _TIME),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("updated_at", _TIME, nullable=False),
    sa.Column("dossier_since", _TIME, nullable=False),
    sa.Column("fault", sa.String(12), nullable=False),
    sa.Column("request", sa.String(40), nullable=False),
    sa.UniqueConstraint("office", "dossier", "ordinal"),
    sa.UniqueConstraint("office", "sequence"),
    sa.Index("ix_paper_waiting", "state", "dossier_since", "dossier", "ordinal"),
    sa.Index("ix_paper_turn", "office", "state", "dossier_since", "dossier", "ordinal"),
    sa.Index("ix_paper_state", "state", "updated_at"),
    sa.Index("ix_paper_scan", "scan"),
    sa.Index("ix_paper_held", "held_by", sqlite_where=_HELD, postgresql_where=_HELD),
)

sa.Table(
    "move",
    _TABLES,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("paper", sa.Uuid, sa.ForeignKey("paper.id"), nullable=False),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("before", sa.String(12), nullable=False),
    sa.Column("after", sa.String(12), nullable=False),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("reason", sa.LargeBinary, nullable=False),
    sa.Column("actor", sa.String(100), nullable=False),
    sa.UniqueConstraint("office", "sequence"),
    sa.Index("ix_move_paper", "paper", "id"),
    sa.Index("ix_move_at", "at"),
)
sa.Table(
    "dossier",
    _TABLES,
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), primary_key=True),
    sa.Column("code", sa.String(100), primary_key=True),
    sa.Column("expected", sa.JSON, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("closed_at", _TIME),
    sa.Column("closed_by", sa.String(100), nullable=False),
)
sa.Table(
    "token",
    _TABLES,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("rate", sa.Integer, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("revoked_at", _TIME),
    sa.Column("last_used_at", _TIME),
)
sa.Table(
    "answered",
    _TABLES,
    sa.Column("token", sa.String(16), sa.ForeignKey("token.id"), primary_key=True),
    sa.Column("key", sa.LargeBinary(32), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("asked", sa.LargeBinary(32), nullable=False),
    sa.Column("paper", sa.Uuid, nullable=False),
    sa.Column("known", sa.Boolean, nullable=False),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("at", _TIME, nullable=False),
    sa.Index("ix_answered_at", "at"),
)
sa.Table(
    "upload",
    _TABLES,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("token", sa.String(16), sa.ForeignKey("token.id"), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    sa.Column("source", sa.LargeBinary, nullable=False),
    sa.Column("sign", sa.Boolean, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("paper", sa.Uuid),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Index("ix_upload_expires_at", "expires_at"),
)
sa.Table(
    "webhook",
    _TABLES,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("url", sa.String(500), nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("former_secret", sa.LargeBinary),
    sa.Column("former_until", _TIME),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.Column("stopped_at", _TIME),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("paused_until", _TIME),
)
sa.Table(
    "delivery",
    _TABLES,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("webhook", sa.Uuid, sa.ForeignKey("webhook.id"), nullable=False),
    sa.Column("paper", sa.Uuid, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", _TIME),
    sa.Column("delivered_at", _TIME),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("ended_at", _TIME),
    sa.Index("ix_delivery_waiting", "webhook", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
    sa.Index("ix_delivery_ended_at", "ended_at"),
)


sa.Table(
    "record",
    _TABLES,
    sa.Column("id", _NUMBER, primary_key=True),
    sa.Column("paper", sa.Uuid, nullable=False, unique=True),
    sa.Column("office", sa.String(35), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(100), nullable=False),
    sa.Column("media_type", sa.String(20), nullable=False),
    sa.Column("page_count", sa.Integer, nullable=False),
    sa.Column("source_digest", sa.String(64), nullable=False),
    sa.Column("object_id", sa.String(100), nullable=False),
    sa.Column("object_key", sa.String(300), nullable=False),
    sa.Column("object_version", sa.Integer, nullable=False),
    sa.Column("signed_at", _TIME, nullable=False),
    sa.Column("archived_at", _TIME, nullable=False),
    sa.Column("kept_until", _TIME, nullable=False),
    sa.Column("key_id", sa.String(8), nullable=False),
    sa.Column("form", sa.Integer, nullable=False),
    sa.Column("description", sa.LargeBinary, nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Index("ix_record_dossier_ordinal", "dossier", "ordinal"),
)
sa.Table(
    "record_person",
    _TABLES,
    sa.Column("id_hash", sa.LargeBinary(16), primary_key=True),
    sa.Column(
        "record_id", _NUMBER, sa.ForeignKey("record.id"), primary_key=True, autoincrement=False
    ),
    sa.Column("role", sa.String(50), primary_key=True),
    sa.Column("number", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.LargeBinary, nullable=False),
    sa.Index("ix_record_person_record_id", "record_id"),
    sqlite_with_rowid=False,
)
