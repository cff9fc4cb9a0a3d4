"""Tokens of programs: made, shown, revoked, and found when one asks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from dossier.errors import WrongUse
from workflow.ledger.connections import Connections
from workflow.ledger.tables import OFFICE, TOKEN

# Not every request writes when it came: once in this time is enough to tell an idle token.
_USE_NOTED_EVERY = timedelta(minutes=1)
_MARGIN = 0.05  # seconds between asking whether it is remembered and using it


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept.

    Attributes:
        id: its public half.
        office: whose papers it may see, and those of the offices below.
        digest: SHA-256 of its secret half.
        scopes: what it may do; nothing else.
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
        remember: seconds for which a token and its offices are not asked for again; so long may a
            revoked one still be used.
    """

    def __init__(self, connections: Connections, *, remember: float = 0.0) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._remember = remember
        self._known: dict[str, tuple[float, Token | None]] = {}
        self._seen: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._noted: dict[str, datetime] = {}

    def add(self, token: Token) -> None:
        """Write a new token down.

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
        if known is not None and now - at < self._remember:
            return known
        with self._reading() as c:
            row = c.execute(sa.select(TOKEN).where(TOKEN.c.id == token)).mappings().first()
        found = None if row is None else _token(row)
        if found is not None:  # of numbers that are none there is no end
            self._known[token] = now, found
        return found

    def at_hand(self, token: str, *, now: datetime) -> bool:
        """Whether all that is asked of a genuine token is remembered, and for a while yet.

        Whoever must not wait for the database may then ask ``get``, ``offices``, ``note_use``.
        """
        at, known = self._known.get(token, (-1.0, None))
        if known is None:
            return False
        since, _ = self._seen.get(known.office, (-1.0, ()))
        noted = self._noted.get(token, known.last_used_at)
        return (
            time.monotonic() - min(at, since) < self._remember - _MARGIN
            and noted is not None
            and now - noted < _USE_NOTED_EVERY
        )

    def all(self) -> list[Token]:
        """All tokens, oldest first."""
        with self._reading() as c:
            rows = c.execute(sa.select(TOKEN).order_by(TOKEN.c.created_at, TOKEN.c.id)).mappings()
            return [_token(row) for row in rows]

    def offices(self, office: str) -> tuple[str, ...]:
        """The known offices that are this one or below it."""
        now = time.monotonic()
        at, seen = self._seen.get(office, (-1.0, ()))
        if seen and now - at < self._remember:
            return seen
        below = sa.or_(
            OFFICE.c.code == office, OFFICE.c.code.startswith(f"{office}.", autoescape=True)
        )
        with self._reading() as c:
            seen = tuple(c.execute(sa.select(OFFICE.c.code).where(below)).scalars())
        self._seen[office] = now, seen
        return seen

    def revoke(self, token: str, *, now: datetime) -> None:
        """End a token; one that is ended already stays ended since then.

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

    def note_use(self, token: Token, *, now: datetime) -> None:
        """Write down that a token was used, now and then."""
        last = self._noted.get(token.id, token.last_used_at)
        if last is not None and now - last < _USE_NOTED_EVERY:
            return
        self._noted[token.id] = now
        with self._writing() as c:
            c.execute(TOKEN.update().where(TOKEN.c.id == token.id).values(last_used_at=now))


def _token(row: Any) -> Token:  # noqa: ANN401 - a row of SQLAlchemy's
    names: Sequence[str] = Token.__dataclass_fields__.keys()  # type: ignore[assignment]  # keys of a dict are one
    return Token(**{name: row[name] for name in names} | {"scopes": tuple(row["scopes"])})
