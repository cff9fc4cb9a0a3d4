"""The tables of the ledger. An office stands on every row."""

from __future__ import annotations

import sqlalchemy as sa

from archive.catalogue.models import UtcTime

# IDs of frequent rows outgrow 32 bits; on SQLite only INTEGER is the row ID.
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_STANDS_FOR_A_PAPER = sa.text("state <> 'REJECTED' AND released_at IS NULL")
_HELD = sa.text("lease_until IS NOT NULL")
_WAITS = sa.text("next_at IS NOT NULL")
_UNWRITTEN = sa.text("revision <> written")

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# No citizen ID is stored in clear: columns that may hold one are encrypted (archive.identity).
OFFICE = sa.Table(
    "office",
    METADATA,
    sa.Column("code", sa.String(35), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    # The office above; offices form a tree.
    sa.Column("parent", sa.String(35), sa.ForeignKey("office.code")),
    # In which times are shown, such as +07:00.
    sa.Column("time_zone", sa.String(6), nullable=False, server_default="+07:00"),
    # What its stamps say, such as SAO Y; NULL for the setting.
    sa.Column("stamp_form", sa.String(20)),
    # The highest numbers given to papers and history entries of this office.
    sa.Column("papers", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("events", sa.BigInteger, nullable=False, server_default="0"),
)

NOTE = sa.Table(
    "note",
    METADATA,
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), primary_key=True),
    sa.Column("name", sa.String(50), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)

SCAN = sa.Table(
    "scan",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.String(20), nullable=False),
    sa.Column("source", sa.LargeBinary, nullable=False),  # encrypted: a file name may hold anything
    sa.Column("received_at", UtcTime, nullable=False),
    # Since when no paper stands for it any more (scanned again, withdrawn, rejected), and which
    # paper did.
    sa.Column("released_at", UtcTime),
    sa.Column("paper", sa.Uuid),
    # The same bytes twice in one dossier are reported, not stored twice; a rejected or released
    # scan may be received again.
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

PAPER = sa.Table(
    "paper",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    # Numbers the papers of an office in the order of commits.
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("scan", sa.Uuid, sa.ForeignKey("scan.id"), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    # Raised by each claim and each save: the holder of an older one has lost the paper.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # How often its worker was lost before this step ended.
    sa.Column("lost", sa.Integer, nullable=False, server_default="0"),
    # Progress of a reading in another process, for queries here. 0 if not known.
    sa.Column("pages_read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("pages_to_read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held_by", sa.String(120), nullable=False),
    sa.Column("lease_until", UtcTime),
    sa.Column("retry_at", UtcTime),
    sa.Column("set_aside_at", UtcTime),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("reason", sa.LargeBinary, nullable=False),  # encrypted: a person may have written it
    sa.Column("sign_requested", sa.Boolean, nullable=False),
    # Who requested the signature, and SHA-256 (hex) of the certificate that may fulfil it; empty
    # until it is known.
    sa.Column("sign_by", sa.String(100), nullable=False, server_default=""),
    sa.Column("sign_key", sa.String(64), nullable=False, server_default=""),
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
    # End of the archive timestamp's certificate; when preservation is tried again, and why.
    sa.Column("provable_until", UtcTime),
    sa.Column("preserve_at", UtcTime),
    sa.Column("preserve_code", sa.String(60), nullable=False, server_default=""),
    sa.Column("object_id", sa.String(60), nullable=False),
    sa.Column("object_key", sa.String(200), nullable=False),
    sa.Column("object_version", sa.Integer, nullable=False),
    sa.Column("kept_until", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    # When the first paper of its dossier came: work is taken up in this order.
    sa.Column("dossier_since", UtcTime, nullable=False),
    # The party that must act, if `code` is an error.
    sa.Column("fault", sa.String(12), nullable=False),
    # Of the request that brought it; what is logged of the paper bears it.
    sa.Column("request", sa.String(40), nullable=False),
    # Descriptions before each change in review, oldest first, for undo; encrypted JSON.
    sa.Column("before_review", sa.LargeBinary),
    # What was seen on the pages of its scan before they were read; NULL where nobody looked.
    sa.Column("page_marks", sa.JSON),
    # Its pages before it was split or merged, and the papers made of it, for undo.
    sa.Column("before_split", sa.JSON),
    sa.UniqueConstraint("office", "dossier", "ordinal"),
    sa.UniqueConstraint("office", "sequence"),
    sa.Index("ix_paper_waiting", "state", "dossier_since", "dossier", "ordinal"),
    sa.Index("ix_paper_turn", "office", "state", "dossier_since", "dossier", "ordinal"),
    sa.Index("ix_paper_state", "state", "updated_at"),
    sa.Index("ix_paper_scan", "scan"),
    sa.Index("ix_paper_level", "level", "provable_until"),
    # Leased papers: a handful among all that were ever archived.
    sa.Index("ix_paper_held", "held_by", sqlite_where=_HELD, postgresql_where=_HELD),
)

MOVE = sa.Table(
    "move",
    METADATA,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    # Numbers the entries of an office in the order of commits.
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("paper", sa.Uuid, sa.ForeignKey("paper.id"), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("before", sa.String(12), nullable=False),
    sa.Column("after", sa.String(12), nullable=False),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("reason", sa.LargeBinary, nullable=False),  # encrypted: a person may have written it
    sa.Column("actor", sa.String(100), nullable=False),
    sa.UniqueConstraint("office", "sequence"),
    sa.Index("ix_move_paper", "paper", "id"),
    sa.Index("ix_move_at", "at"),
)

# What people decided about pairs of papers that look alike.
DUPLICATE = sa.Table(
    "duplicate_decision",
    METADATA,
    sa.Column("paper", sa.Uuid, sa.ForeignKey("paper.id"), primary_key=True),
    sa.Column("other", sa.Uuid, sa.ForeignKey("paper.id"), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("same", sa.Boolean, nullable=False),
    sa.Column("actor", sa.String(100), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_duplicate_decision_office_same", "office", "same"),
)

# What is known of a dossier besides its papers; one without a row is open and expects nothing.
DOSSIER = sa.Table(
    "dossier",
    METADATA,
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), primary_key=True),
    sa.Column("code", sa.String(100), primary_key=True),
    sa.Column("expected", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("closed_by", sa.String(100), nullable=False),
    # Raised by each change of what its object in the store says; the one that was written last.
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("written", sa.Integer, nullable=False, server_default="0"),
    # Its term, by the table of terms when it was written; 0 for ever.
    sa.Column("keep_years", sa.Integer),
    sa.Index(
        "ix_dossier_unwritten",
        "office",
        "code",
        sqlite_where=_UNWRITTEN,
        postgresql_where=_UNWRITTEN,
    ),
)

# A program's right to ask. The secret itself stands nowhere, only its SHA-256.
TOKEN = sa.Table(
    "token",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    # Requests a minute.
    sa.Column("rate", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime),
    sa.Column("last_used_at", UtcTime),
)

# What was answered to an Idempotency-Key; the key itself stands nowhere, only its SHA-256.
ANSWERED = sa.Table(
    "answered",
    METADATA,
    sa.Column("token", sa.String(16), sa.ForeignKey("token.id"), primary_key=True),
    sa.Column("key", sa.LargeBinary(32), primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("asked", sa.LargeBinary(32), nullable=False),
    sa.Column("paper", sa.Uuid, nullable=False),
    sa.Column("known", sa.Boolean, nullable=False),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_answered_at", "at"),
)

# A file that comes in pieces. `offset` bytes of it are on the disk for certain.
UPLOAD = sa.Table(
    "upload",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("token", sa.String(16), sa.ForeignKey("token.id"), nullable=False),
    sa.Column("dossier", sa.String(100), nullable=False),
    sa.Column("source", sa.LargeBinary, nullable=False),  # encrypted
    sa.Column("sign", sa.Boolean, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("paper", sa.Uuid),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Index("ix_upload_expires_at", "expires_at"),
)

# Receivers of notifications. The secret is encrypted, not hashed: messages are signed with it.
WEBHOOK = sa.Table(
    "webhook",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("url", sa.String(500), nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    # The one before it, which signs as well until its receiver knows the new one.
    sa.Column("former_secret", sa.LargeBinary),
    sa.Column("former_until", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.Column("stopped_at", UtcTime),
    # Failures in a row, and until when deliveries are paused because of them.
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("paused_until", UtcTime),
)

# Outgoing notifications, written in the transaction of the move itself.
DELIVERY = sa.Table(
    "delivery",
    METADATA,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(35), sa.ForeignKey("office.code"), nullable=False),
    sa.Column("webhook", sa.Uuid, sa.ForeignKey("webhook.id"), nullable=False),
    sa.Column("paper", sa.Uuid, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # When it is tried next; none once it was delivered or given up.
    sa.Column("next_at", UtcTime),
    sa.Column("delivered_at", UtcTime),
    sa.Column("status", sa.Integer, nullable=False),
    # Since when no more attempts are due: delivered, given up, or its webhook stopped.
    sa.Column("ended_at", UtcTime),
    # Waiting deliveries of one webhook: few among all that were ever made.
    sa.Index("ix_delivery_waiting", "webhook", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
    sa.Index("ix_delivery_ended_at", "ended_at"),
)
