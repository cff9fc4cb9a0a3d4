"""Uploads in pieces: how much of each is on the disk for certain, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.ledger.connections import Connections
from workflow.ledger.tables import ANSWERED, UPLOAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that comes in pieces.

    Attributes:
        length: bytes, as told when it began.
        offset: bytes that are on the disk for certain.
        paper: what it became once it was whole; else None.
        code: why it was turned away; or empty.
        reason: the sentence to the code.
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
    """The uploads of all tokens; each sees its own only."""

    def __init__(self, connections: Connections) -> None:
        self._writing, self._reading = connections.writing, connections.reading

    def add(self, upload: Upload) -> None:
        """Write a new one down."""
        names = Upload.__dataclass_fields__
        with self._writing() as c:
            c.execute(UPLOAD.insert().values({name: getattr(upload, name) for name in names}))

    def get(self, upload: UUID, *, token: str) -> Upload | None:
        """An upload of this token."""
        query = sa.select(UPLOAD).where(UPLOAD.c.id == upload, UPLOAD.c.token == token)
        with self._reading() as c:
            row = c.execute(query).mappings().first()
        return None if row is None else _upload(row)

    def count(self, *, token: str) -> int:
        """How many of this token are not finished."""
        query = sa.select(sa.func.count()).where(UPLOAD.c.token == token, UPLOAD.c.paper.is_(None))
        with self._reading() as c:
            return c.execute(query).scalar() or 0

    def whole(self) -> list[Upload]:
        """Those that came whole and became nothing: a crash came between."""
        query = sa.select(UPLOAD).where(
            UPLOAD.c.offset == UPLOAD.c.length, UPLOAD.c.paper.is_(None)
        )
        with self._reading() as c:
            return [_upload(row) for row in c.execute(query).mappings()]

    def came(self, upload: UUID, *, offset: int) -> None:
        """So many bytes are on the disk now; what was said to be there stays so."""
        with self._writing() as c:
            c.execute(
                UPLOAD.update()
                .where(UPLOAD.c.id == upload, UPLOAD.c.offset < offset)
                .values(offset=offset)
            )

    def became(self, upload: UUID, *, paper: UUID, code: str, reason: str) -> None:
        """It was whole and became this paper; the first that it became stays."""
        with self._writing() as c:
            c.execute(
                UPLOAD.update()
                .where(UPLOAD.c.id == upload, UPLOAD.c.paper.is_(None))
                .values(paper=paper, code=code, reason=reason[:500])
            )

    def forget(self, upload: UUID) -> None:
        """Forget one."""
        with self._writing() as c:
            c.execute(UPLOAD.delete().where(UPLOAD.c.id == upload))

    def known(self) -> set[UUID]:
        """All there are."""
        with self._reading() as c:
            return set(c.execute(sa.select(UPLOAD.c.id)).scalars())

    def expire(self, *, now: datetime, answers_before: datetime) -> None:
        """Forget uploads that took too long, and keys that were answered long ago."""
        with self._writing() as c:
            c.execute(UPLOAD.delete().where(UPLOAD.c.expires_at <= now))
            c.execute(ANSWERED.delete().where(ANSWERED.c.at <= answers_before))


def _upload(row: Any) -> Upload:  # noqa: ANN401 - a row of SQLAlchemy's
    return Upload(**{name: row[name] for name in Upload.__dataclass_fields__})
