"""Resumable uploads: the offset that is safely stored, and the paper that an upload became."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.ledger.connections import Connections
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.tables import ANSWERED, UPLOAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is uploaded in pieces.

    Attributes:
        length: bytes, as declared at the start.
        offset: bytes that are safely on disk.
        paper: the paper it became once complete; else None.
        code: why it was rejected, or empty.
        reason: the sentence that explains the code.
    """

    id: UUID
    office: str
    token: str
    dossier: str
    source: str
    sign: bool
    length: int
    offset: int
    created_at: datetime
    expires_at: datetime
    paper: UUID | None = None
    code: str = ""
    reason: str = ""


class Uploads:
    """The uploads of all tokens; a token can read only its own."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._cipher = cipher

    def add(self, upload: Upload) -> None:
        """Insert a new upload."""
        values = {name: getattr(upload, name) for name in Upload.__dataclass_fields__}
        values["source"] = self._cipher.encrypt_text(upload.source, upload.id)
        with self._writing() as c:
            c.execute(UPLOAD.insert().values(values))

    def get(self, upload: UUID, *, token: str) -> Upload | None:
        """An upload of this token."""
        query = sa.select(UPLOAD).where(UPLOAD.c.id == upload, UPLOAD.c.token == token)
        with self._reading() as c:
            row = c.execute(query).mappings().first()
        return None if row is None else self._upload(row)

    def count_unfinished(self, *, token: str) -> int:
        """The number of unfinished uploads of a token."""
        query = sa.select(sa.func.count()).where(UPLOAD.c.token == token, UPLOAD.c.paper.is_(None))
        with self._reading() as c:
            return c.execute(query).scalar() or 0

    def list_unprocessed(self) -> list[Upload]:
        """Complete uploads that became no paper, because of a crash."""
        query = sa.select(UPLOAD).where(
            UPLOAD.c.offset == UPLOAD.c.length, UPLOAD.c.paper.is_(None)
        )
        with self._reading() as c:
            return [self._upload(row) for row in c.execute(query).mappings()]

    def advance(self, upload: UUID, *, offset: int) -> None:
        """Save the offset, in bytes; it never goes back."""
        with self._writing() as c:
            c.execute(
                UPLOAD.update()
                .where(UPLOAD.c.id == upload, UPLOAD.c.offset < offset)
                .values(offset=offset)
            )

    def finish(self, upload: UUID, *, paper: UUID, code: str, reason: str) -> None:
        """Save the paper that an upload became; the first result is kept."""
        with self._writing() as c:
            c.execute(
                UPLOAD.update()
                .where(UPLOAD.c.id == upload, UPLOAD.c.paper.is_(None))
                .values(paper=paper, code=code, reason=reason[:500])
            )

    def delete(self, upload: UUID) -> None:
        """Delete an upload."""
        with self._writing() as c:
            c.execute(UPLOAD.delete().where(UPLOAD.c.id == upload))

    def list_ids(self) -> set[UUID]:
        """The IDs of all uploads."""
        with self._reading() as c:
            return set(c.execute(sa.select(UPLOAD.c.id)).scalars())

    def prune(self, *, now: datetime, answers_before: datetime) -> None:
        """Delete expired uploads, and answers to idempotency keys from before a time."""
        with self._writing() as c:
            c.execute(UPLOAD.delete().where(UPLOAD.c.expires_at <= now))
            c.execute(ANSWERED.delete().where(ANSWERED.c.at <= answers_before))

    def _upload(self, row: Any) -> Upload:  # noqa: ANN401 - a row of SQLAlchemy's
        values = {name: row[name] for name in Upload.__dataclass_fields__}
        values["source"] = self._cipher.decrypt_text(row["source"], row["id"])
        return Upload(**values)
