"""API tokens of programs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from dossier.errors import WrongUse
from workflow.ledger.connections import Connections
from workflow.ledger.offices import Offices
from workflow.ledger.tables import OFFICE, TOKEN

# Most requests do not write the time of use: this is precise enough to spot an idle token.
_USE_PRECISION = timedelta(minutes=1)
_MARGIN = 0.05  # seconds between calling ``is_cached`` and using the cached value


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as stored.

    Attributes:
        id: the public half.
        office: it may see papers of this office and those below.
        digest: SHA-256 of the secret half.
        scopes: what it may do.
        rate: requests a minute.
    """

    id: str
    office: str
    name: str
    digest: bytes
    scopes: tuple[str, ...]
    rate: int
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class Tokens:
    """The tokens of all offices.

    Args:
        connections: of the database.
        cache_seconds: how long a token and its offices are cached; a revoked token may be used
            that long.
    """

    def __init__(self, connections: Connections, *, cache_seconds: float = 0.0) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._tree = Offices(connections)
        self._cache_seconds = cache_seconds
        self._known: dict[str, tuple[float, Token | None]] = {}
        self._offices: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._used: dict[str, datetime] = {}

    def add(self, token: Token) -> None:
        """Insert a new token.

        Raises:
            WrongUse: ``office.unknown``.
        """
        with self._writing() as c:
            office = sa.select(OFFICE.c.code).where(OFFICE.c.code == token.office)
            if c.execute(office).first() is None:
                raise WrongUse(
                    "office.unknown", "there is no such office here; see them with: sohoa status"
                )
            c.execute(
                TOKEN.insert().values(
                    id=token.id,
                    office=token.office,
                    name=token.name,
                    digest=token.digest,
                    scopes=list(token.scopes),
                    rate=token.rate,
                    created_at=token.created_at,
                    created_by=token.created_by,
                    expires_at=token.expires_at,
                )
            )

    def get(self, token: str) -> Token | None:
        """A token by its public half."""
        now = time.monotonic()
        at, known = self._known.get(token, (-1.0, None))
        if known is not None and now - at < self._cache_seconds:
            return known
        with self._reading() as c:
            row = c.execute(sa.select(TOKEN).where(TOKEN.c.id == token)).mappings().first()
        found = None if row is None else _token(row)
        if found is not None:  # unknown IDs are not cached: there is no end of them
            self._known[token] = now, found
        return found

    def is_cached(self, token: str, *, now: datetime) -> bool:
        """Whether ``get``, ``offices`` and ``record_use`` need no database for this token now."""
        at, known = self._known.get(token, (-1.0, None))
        if known is None:
            return False
        cached_at, _ = self._offices.get(known.office, (-1.0, ()))
        used = self._used.get(token, known.last_used_at)
        return (
            time.monotonic() - min(at, cached_at) < self._cache_seconds - _MARGIN
            and used is not None
            and now - used < _USE_PRECISION
        )

    def list_tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        with self._reading() as c:
            rows = c.execute(sa.select(TOKEN).order_by(TOKEN.c.created_at, TOKEN.c.id)).mappings()
            return [_token(row) for row in rows]

    def offices(self, office: str) -> tuple[str, ...]:
        """The known offices that are this one or below it."""
        now = time.monotonic()
        at, seen = self._offices.get(office, (-1.0, ()))
        if seen and now - at < self._cache_seconds:
            return seen
        seen = self._tree.list_below(office)
        self._offices[office] = now, seen
        return seen

    def forget_offices(self) -> None:
        """Read the tree of offices anew: one was added."""
        self._offices.clear()

    def revoke(self, token: str, *, now: datetime) -> None:
        """Revoke a token; the first revocation is kept.

        Raises:
            WrongUse: ``token.unknown``.
        """
        with self._writing() as c:
            ended = sa.func.coalesce(TOKEN.c.revoked_at, now)
            changed = c.execute(TOKEN.update().where(TOKEN.c.id == token).values(revoked_at=ended))
            if changed.rowcount != 1:
                raise WrongUse(
                    "token.unknown", "there is no such token; see them with: sohoa token list"
                )

    def record_use(self, token: Token, *, now: datetime) -> None:
        """Save that a token was used, to the minute."""
        last = self._used.get(token.id, token.last_used_at)
        if last is not None and now - last < _USE_PRECISION:
            return
        self._used[token.id] = now
        with self._writing() as c:
            c.execute(TOKEN.update().where(TOKEN.c.id == token.id).values(last_used_at=now))


def _token(row: Any) -> Token:  # noqa: ANN401 - a row of SQLAlchemy's
    names: Sequence[str] = Token.__dataclass_fields__.keys()  # type: ignore[assignment]  # keys of a dict are one
    return Token(**{name: row[name] for name in names} | {"scopes": tuple(row["scopes"])})
