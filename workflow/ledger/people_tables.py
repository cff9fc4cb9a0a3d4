"""Tables of people, their sessions, and the access log. An office stands on every row."""

from __future__ import annotations

import sqlalchemy as sa

from archive.catalogue.models import UtcTime
from workflow.ledger.tables import METADATA, NUMBER

__all__ = ["METADATA"]  # with the tables of people added to those of papers

_IN_SESSION = sa.text("session IS NOT NULL AND opened IS NOT NULL")

USER = sa.Table(
    "user_account",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    # Case-folded, so that a login exists once however it is typed.
    sa.Column("login", sa.String(60), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    # Argon2id in PHC format; none until the first invitation is accepted.
    sa.Column("password_hash", sa.String(200)),
    sa.Column("totp_secret", sa.LargeBinary),  # encrypted
    # The time step of the last accepted code: a code works once (RFC 6238 §5.2).
    sa.Column("totp_step", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.Column("disabled_at", UtcTime),
)

USER_ROLE = sa.Table(
    "user_role",
    METADATA,
    sa.Column("user", sa.Uuid, sa.ForeignKey("user_account.id"), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), primary_key=True),
    sa.Column("role", sa.String(12), primary_key=True),
    sa.Column("granted_at", UtcTime, nullable=False),
    sa.Column("granted_by", sa.String(100), nullable=False),
)

# A link by which a person sets a password, once. Only the SHA-256 of its secret is stored.
INVITATION = sa.Table(
    "invitation",
    METADATA,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("user", sa.Uuid, sa.ForeignKey("user_account.id"), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
)

# Only the SHA-256 of the session's token is stored.
SESSION = sa.Table(
    "user_session",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("user", sa.Uuid, sa.ForeignKey("user_account.id"), nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_seen_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime),
    sa.Column("step_up_until", UtcTime),
    sa.Column("user_agent", sa.String(300), nullable=False),
    sa.Index("ix_user_session_user", "user"),
)

# Failed attempts within a limited time. The subject is hashed: people type passwords as logins.
ATTEMPT = sa.Table(
    "attempt",
    METADATA,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("subject", sa.LargeBinary(32), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_attempt_subject", "kind", "subject", "at"),
    sa.Index("ix_attempt_at", "at"),
)

# Who looked up or opened what, why, and what was shown. Rows are never deleted.
ACCESS = sa.Table(
    "access",
    METADATA,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
    # How often, within one session.
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("actor", sa.String(100), nullable=False),
    # The colleague for whom a program acted, as the program named them.
    sa.Column("on_behalf_of", sa.String(100), nullable=False),
    sa.Column("person", sa.Uuid, sa.ForeignKey("user_account.id")),
    sa.Column("session", sa.Uuid, sa.ForeignKey("user_session.id")),
    sa.Column("action", sa.String(20), nullable=False),
    # The paper that was opened; none for a look-up.
    sa.Column("opened", sa.Uuid),
    # Keyed hashes (archive.identity): of the purpose, and of the citizen ID that was looked up.
    sa.Column("purpose_hash", sa.LargeBinary(16), nullable=False),
    sa.Column("number_hash", sa.LargeBinary(16)),
    # Papers in the result.
    sa.Column("hits", sa.Integer, nullable=False),
    # Purpose and query, encrypted for `key`.
    sa.Column("key", sa.Uuid, nullable=False),
    sa.Column("detail", sa.LargeBinary, nullable=False),
    sa.Index("ix_access_office_id", "office", "id"),
    sa.Index("ix_access_actor_at", "actor", "at"),
    sa.Index("ix_access_number_hash", "number_hash"),
    # One line a session, paper and purpose.
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

# The papers that an access showed.
ACCESS_PAPER = sa.Table(
    "access_paper",
    METADATA,
    sa.Column("access", NUMBER, sa.ForeignKey("access.id"), primary_key=True, autoincrement=False),
    sa.Column("paper", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Index("ix_access_paper_paper", "paper"),
)

# What a signer has seen of a paper, and the batch in which its signature was requested.
SIGNING_VIEW = sa.Table(
    "signing_view",
    METADATA,
    sa.Column("user", sa.Uuid, sa.ForeignKey("user_account.id"), primary_key=True),
    sa.Column("paper", sa.Uuid, sa.ForeignKey("paper.id"), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    # The version of the paper that was seen; of another version nothing was.
    sa.Column("version", sa.Integer, nullable=False),
    # Numbers of the pages seen, as they are in the scan; JSON.
    sa.Column("pages", sa.JSON, nullable=False),
    sa.Column("set_aside", sa.Boolean, nullable=False),
    sa.Column("batch", sa.Uuid),
    # Code of the error where the request was refused.
    sa.Column("problem", sa.String(60), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_signing_view_batch", "batch"),
)
