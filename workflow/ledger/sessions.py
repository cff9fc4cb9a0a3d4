"""Sessions of people who signed in, and limits on failed attempts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.ledger.connections import Connections, lock
from workflow.ledger.people_tables import ATTEMPT, SESSION, USER

# Most requests do not write the time of use: this is precise enough for a list of sessions.
_SEEN_PRECISION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session of a person.

    Attributes:
        id: public; names the session in lists and in the access log.
        digest: SHA-256 of the token in the cookie.
        step_up_until: until when password or one-time code need not be given again.
        user_agent: as the browser sent it, cut to 300 characters.
    """

    id: UUID
    office: str
    user: UUID
    digest: bytes
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    step_up_until: datetime | None = None
    user_agent: str = ""


class Sessions:
    """The sessions of all users."""

    def __init__(self, connections: Connections) -> None:
        self._writing, self._reading = connections.writing, connections.reading

    def add(self, session: Session) -> None:
        """Insert a session."""
        values = {name: getattr(session, name) for name in Session.__dataclass_fields__}
        with self._writing() as c:
            c.execute(SESSION.insert().values(values | {"user_agent": session.user_agent[:300]}))

    def get(self, digest: bytes, *, now: datetime) -> Session | None:
        """The valid session of a token; None if it expired, was revoked, or its user is disabled.

        Args:
            digest: SHA-256 of the token.
            now: aware UTC.
        """
        query = (
            sa.select(SESSION)
            .join(USER, USER.c.id == SESSION.c.user)
            .where(SESSION.c.digest == digest, *_valid(now), USER.c.disabled_at.is_(None))
        )
        with self._reading() as c:
            row = c.execute(query).mappings().first()
        return None if row is None else _session(row)

    def list_sessions(self, user: UUID, *, now: datetime) -> list[Session]:
        """The valid sessions of a user, last seen first."""
        query = sa.select(SESSION).where(SESSION.c.user == user, *_valid(now))
        with self._reading() as c:
            rows = c.execute(query.order_by(SESSION.c.last_seen_at.desc(), SESSION.c.id))
            return [_session(row) for row in rows.mappings()]

    def record_use(self, session: Session, *, now: datetime) -> None:
        """Save when a session was last seen, to the minute."""
        if now - session.last_seen_at >= _SEEN_PRECISION:
            self._update(SESSION.c.id == session.id, last_seen_at=now)

    def step_up(self, session: UUID, *, until: datetime) -> None:
        """Save that the person gave password or one-time code again."""
        self._update(SESSION.c.id == session, step_up_until=until)

    def revoke(self, session: UUID, *, user: UUID, now: datetime) -> bool:
        """Revoke a session of a user; False if the user has no such valid session."""
        ours = sa.and_(SESSION.c.id == session, SESSION.c.user == user)
        return self._update(ours, SESSION.c.revoked_at.is_(None), revoked_at=now) == 1

    def revoke_all(self, user: UUID, *, now: datetime, keep: UUID | None = None) -> int:
        """Revoke all sessions of a user.

        Args:
            user: the ID.
            now: aware UTC.
            keep: the session that stays valid, such as the one that changed the password.

        Returns:
            How many sessions were revoked.
        """
        conditions = [SESSION.c.user == user, *_valid(now)]
        if keep is not None:
            conditions.append(SESSION.c.id != keep)
        return self._update(*conditions, revoked_at=now)

    def _update(self, *conditions: sa.ColumnElement[bool], **values: object) -> int:
        with self._writing() as c:
            return c.execute(SESSION.update().where(*conditions).values(**values)).rowcount


class AttemptLimit:
    """Limits failed attempts of one kind: so many in a period, by subject.

    An attempt is counted before it is checked, so that attempts made at the same moment cannot
    exceed the limit. A successful one clears the count.

    Args:
        connections: of the database.
        kind: what is attempted, such as ``login``.
        limit: attempts in a period.
        period: after which an attempt no longer counts.
    """

    def __init__(
        self, connections: Connections, *, kind: str, limit: int, period: timedelta
    ) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._kind, self._limit, self._period = kind, limit, period

    def begin(self, subject: str, *, office: str, now: datetime) -> timedelta | None:
        """Count an attempt.

        Args:
            subject: whose attempts count together: a login, a network address. Stored as a hash.
            office: of the user, or of the service.
            now: aware UTC.

        Returns:
            None if the attempt is allowed; else how long to wait. A refused attempt is not counted.
        """
        digest = _digest(subject)
        with self._writing() as c:
            lock(c, "attempt", self._kind, digest.hex())
            query = (
                sa.select(ATTEMPT.c.at)
                .where(*self._of(digest), ATTEMPT.c.at > now - self._period)
                .order_by(ATTEMPT.c.at.desc())
                .limit(self._limit)
            )
            recent: Sequence[datetime] = c.execute(query).scalars().all()
            if len(recent) >= self._limit:
                return recent[-1] + self._period - now
            c.execute(
                ATTEMPT.insert().values(office=office, kind=self._kind, subject=digest, at=now)
            )
        return None

    def clear(self, subject: str) -> None:
        """Forget the attempts of a subject, after a successful one."""
        with self._writing() as c:
            c.execute(ATTEMPT.delete().where(*self._of(_digest(subject))))

    def prune(self, *, now: datetime) -> None:
        """Delete attempts that no longer count."""
        with self._writing() as c:
            c.execute(
                ATTEMPT.delete().where(
                    ATTEMPT.c.kind == self._kind, ATTEMPT.c.at <= now - self._period
                )
            )

    def _of(self, digest: bytes) -> tuple[sa.ColumnElement[bool], ...]:
        return ATTEMPT.c.kind == self._kind, ATTEMPT.c.subject == digest


def _digest(subject: str) -> bytes:
    return hashlib.sha256(subject.casefold().encode()).digest()


def _valid(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return SESSION.c.revoked_at.is_(None), SESSION.c.expires_at > now


def _session(row: Any) -> Session:  # noqa: ANN401 - a row of SQLAlchemy's
    return Session(**row)
