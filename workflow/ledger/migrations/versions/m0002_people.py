"""People: users, roles, invitations, sessions; failed attempts; the access log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)
_IN_SESSION = sa.text("session IS NOT NULL AND opened IS NOT NULL")

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
    _TABLES.create_all(op.get_bind(), tables=_new())


def downgrade() -> None:
    _TABLES.drop_all(op.get_bind(), tables=_new())


def _new() -> list[sa.Table]:
    return [table for table in _TABLES.tables.values() if table.name != "office"]


# Of the first revision; foreign keys refer to it.
sa.Table("office", _TABLES, sa.Column("code", sa.String(35), primary_key=True))

sa.Table(
    "user_account",
    _TABLES,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("login", sa.String(60), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("totp_secret", sa.LargeBinary),
    sa.Column("totp_step", sa.BigInteger, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.Column("disabled_at", _TIME),
)

sa.Table(
    "user_role",
    _TABLES,
    sa.Column("user", sa.Uuid, sa.ForeignKey("user_account.id"), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), primary_key=True),
    sa.Column("role", sa.String(12), primary_key=True),
    sa.Column("granted_at", _TIME, nullable=False),
    sa.Column("granted_by", sa.String(100), nullable=False),
)
sa.Table(
    "invitation",
    _TABLES,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("user", sa.Uuid, sa.ForeignKey("user_account.id"), nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("used_at", _TIME),
)
sa.Table(
    "user_session",
    _TABLES,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("user", sa.Uuid, sa.ForeignKey("user_account.id"), nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("last_seen_at", _TIME, nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("revoked_at", _TIME),
    sa.Column("step_up_until", _TIME),
    sa.Column("user_agent", sa.String(300), nullable=False),
    sa.Index("ix_user_session_user", "user"),
)
sa.Table(
    "attempt",
    _TABLES,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("subject", sa.LargeBinary(32), nullable=False),
    sa.Column("at", _TIME, nullable=False),
    sa.Index("ix_attempt_subject", "kind", "subject", "at"),
    sa.Index("ix_attempt_at", "at"),
)
sa.Table(
    "access",
    _TABLES,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("last_at", _TIME, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("actor", sa.String(100), nullable=False),
    sa.Column("on_behalf_of", sa.String(100), nullable=False),
    sa.Column("person", sa.Uuid, sa.ForeignKey("user_account.id")),
    sa.Column("session", sa.Uuid, sa.ForeignKey("user_session.id")),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("opened", sa.Uuid),
    sa.Column("purpose_hash", sa.LargeBinary(16), nullable=False),
    sa.Column("number_hash", sa.LargeBinary(16)),
    sa.Column("hits", sa.Integer, nullable=False),
    sa.Column("key", sa.Uuid, nullable=False),
    sa.Column("detail", sa.LargeBinary, nullable=False),
    sa.Index("ix_access_office_id", "office", "id"),
    sa.Index("ix_access_actor_at", "actor", "at"),
    sa.Index("ix_access_number_hash", "number_hash"),
    sa.Index(
        "uq_access_session_opened",
        "session",
        "opened",
        "purpose_hash",
        unique=True,
        sqlite_where=_IN_SESSION,
        postgresql_where=_IN_SESSION,
    ),
)
sa.Table(
    "access_paper",
    _TABLES,
    sa.Column("access", _NUMBER, sa.ForeignKey("access.id"), primary_key=True, autoincrement=False),
    sa.Column("paper", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Index("ix_access_paper_paper", "paper"),
)
