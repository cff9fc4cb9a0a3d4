"""Users, their roles in offices, and the invitations by which they set a password."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import WrongUse
from dossier.people import Role
from workflow.ledger.connections import Connections, lock
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.people_tables import INVITATION, USER, USER_ROLE
from workflow.ledger.tables import OFFICE


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role in an office and the offices below it."""

    office: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to be added; the password is set by accepting an invitation.

    Attributes:
        login: stored case-folded.
        created_by: the actor, for the record.
    """

    id: UUID
    office: str
    login: str
    name: str
    created_at: datetime
    created_by: str
    roles: tuple[RoleGrant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may sign in.

    Attributes:
        office: where the person works; rights come from ``roles`` alone.
        password_hash: Argon2id in PHC format; None until an invitation is accepted.
        totp_secret: Base32; None where no authenticator is set up.
        totp_step: the time step of the last accepted one-time code.
        roles: in the order of office and role.
    """

    id: UUID
    office: str
    login: str
    name: str
    password_hash: str | None
    totp_secret: str | None
    totp_step: int
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    roles: tuple[RoleGrant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A one-time link for a user to set a password.

    Attributes:
        digest: SHA-256 of its secret.
    """

    digest: bytes
    user: UUID
    created_at: datetime
    created_by: str
    expires_at: datetime


class People:
    """The users of all offices.

    Args:
        connections: of the database.
        cipher: encrypts TOTP secrets.
    """

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._cipher = cipher

    def add_user(self, user: NewUser) -> None:
        """Insert a user with roles.

        Raises:
            WrongUse: ``office.unknown``, ``user.login-taken``.
        """
        login = user.login.casefold()
        with self._writing() as c:
            lock(c, "login", login)
            _require_offices(c, {user.office, *(grant.office for grant in user.roles)})
            if c.execute(sa.select(USER.c.id).where(USER.c.login == login)).first() is not None:
                raise WrongUse("user.login-taken", "another user has this login; choose another")
            c.execute(
                USER.insert().values(
                    id=user.id,
                    office=user.office,
                    login=login,
                    name=user.name,
                    totp_step=0,
                    created_at=user.created_at,
                    created_by=user.created_by,
                )
            )
            for grant in user.roles:
                _insert_role(c, user.id, grant, at=user.created_at, by=user.created_by)

    def has_users(self) -> bool:
        """Whether any user exists."""
        with self._reading() as c:
            return c.execute(sa.select(USER.c.id).limit(1)).first() is not None

    def get_user(self, user: UUID) -> User | None:
        """A user by ID."""
        return next(iter(self._users(USER.c.id == user)), None)

    def find_by_login(self, login: str) -> User | None:
        """A user by login, in any case."""
        return next(iter(self._users(USER.c.login == login.casefold())), None)

    def list_users(self, *, offices: Sequence[str]) -> list[User]:
        """The users of these offices, by login."""
        return self._users(USER.c.office.in_(offices))

    def _users(self, condition: sa.ColumnElement[bool]) -> list[User]:
        with self._reading() as c:
            rows = c.execute(sa.select(USER).where(condition).order_by(USER.c.login)).mappings()
            found = rows.all()
            query = sa.select(USER_ROLE).where(USER_ROLE.c.user.in_([row["id"] for row in found]))
            roles = defaultdict(list)
            for row in c.execute(query.order_by(USER_ROLE.c.office, USER_ROLE.c.role)):
                roles[row.user].append(RoleGrant(row.office, Role(row.role)))
        return [self._user(row, roles[row["id"]]) for row in found]

    def _user(self, row: Any, roles: Iterable[RoleGrant]) -> User:  # noqa: ANN401 - a row of SQLAlchemy's
        secret = row["totp_secret"]
        if secret is not None:
            secret = self._cipher.decrypt(secret, row["id"]).decode()
        return User(**{**row, "totp_secret": secret, "roles": tuple(roles)})

    def rename_user(self, user: UUID, name: str) -> None:
        """Change the name of a user.

        Raises:
            WrongUse: ``user.unknown``.
        """
        self._update(user, name=name)

    def set_password_hash(self, user: UUID, password_hash: str) -> None:
        """Replace the password of a user. Revoke the user's sessions besides.

        Raises:
            WrongUse: ``user.unknown``.
        """
        self._update(user, password_hash=password_hash)

    def set_totp_secret(self, user: UUID, secret: str | None) -> None:
        """Set up an authenticator, or remove it.

        Raises:
            WrongUse: ``user.unknown``.
        """
        closed = None if secret is None else self._cipher.encrypt(secret.encode(), user)
        self._update(user, totp_secret=closed, totp_step=0)

    def use_totp_step(self, user: UUID, step: int) -> bool:
        """Mark a one-time code as used; False if it, or a later one, was used before.

        Args:
            user: the ID.
            step: the time step of the code (RFC 6238 §4.2).
        """
        with self._writing() as c:
            changed = c.execute(
                USER.update()
                .where(USER.c.id == user, USER.c.totp_step < step)
                .values(totp_step=step)
            )
            return changed.rowcount == 1

    def disable_user(self, user: UUID, *, now: datetime) -> None:
        """Disable a user; sessions end at once. Disabling again changes nothing.

        Raises:
            WrongUse: ``user.unknown``.
        """
        self._update(user, disabled_at=sa.func.coalesce(USER.c.disabled_at, now))

    def enable_user(self, user: UUID) -> None:
        """Enable a disabled user.

        Raises:
            WrongUse: ``user.unknown``.
        """
        self._update(user, disabled_at=None)

    def _update(self, user: UUID, **values: object) -> None:
        with self._writing() as c:
            changed = c.execute(USER.update().where(USER.c.id == user).values(**values))
            if changed.rowcount != 1:
                raise _unknown_user()

    def grant_role(self, user: UUID, grant: RoleGrant, *, at: datetime, by: str) -> None:
        """Give a user a role; one that the user has already is left as it is.

        Raises:
            WrongUse: ``user.unknown``, ``office.unknown``.
        """
        with self._writing() as c:
            lock(c, "user", user.hex)
            if c.execute(sa.select(USER.c.id).where(USER.c.id == user)).first() is None:
                raise _unknown_user()
            _require_offices(c, {grant.office})
            if c.execute(sa.select(USER_ROLE.c.user).where(*_is(user, grant))).first() is None:
                _insert_role(c, user, grant, at=at, by=by)

    def revoke_role(self, user: UUID, grant: RoleGrant) -> None:
        """Take a role from a user; one that the user does not have is ignored."""
        with self._writing() as c:
            c.execute(USER_ROLE.delete().where(*_is(user, grant)))

    def add_invitation(self, invitation: Invitation) -> None:
        """Store an invitation; earlier ones of the user become invalid.

        Raises:
            WrongUse: ``user.unknown``.
        """
        with self._writing() as c:
            query = sa.select(USER.c.office).where(USER.c.id == invitation.user)
            office = c.execute(query).scalar()
            if office is None:
                raise _unknown_user()
            c.execute(
                INVITATION.update()
                .where(INVITATION.c.user == invitation.user, INVITATION.c.used_at.is_(None))
                .values(used_at=invitation.created_at)
            )
            c.execute(
                INVITATION.insert().values(
                    digest=invitation.digest,
                    office=office,
                    user=invitation.user,
                    created_at=invitation.created_at,
                    created_by=invitation.created_by,
                    expires_at=invitation.expires_at,
                )
            )

    def find_invited(self, digest: bytes, *, now: datetime) -> User | None:
        """The user of a valid invitation; None if it is unknown, used or expired."""
        with self._reading() as c:
            user = c.execute(sa.select(INVITATION.c.user).where(*_valid(digest, now))).scalar()
        found = None if user is None else self.get_user(user)
        return None if found is None or found.disabled_at is not None else found

    def accept_invitation(self, digest: bytes, password_hash: str, *, now: datetime) -> UUID:
        """Set the password of the invited user; the invitation cannot be used again.

        Returns:
            The ID of the user. Revoke the user's sessions besides.

        Raises:
            WrongUse: ``invitation.invalid``: unknown, used, expired, or the user is disabled.
        """
        with self._writing() as c:
            used = INVITATION.update().where(*_valid(digest, now)).values(used_at=now)
            user: UUID | None = c.execute(used.returning(INVITATION.c.user)).scalar()
            enabled = USER.update().where(USER.c.id == user, USER.c.disabled_at.is_(None))
            if c.execute(enabled.values(password_hash=password_hash)).rowcount != 1 or user is None:
                raise WrongUse(
                    "invitation.invalid",
                    "this invitation was used or is no longer valid; ask for a new one",
                )
            return user


def _is(user: UUID, grant: RoleGrant) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        USER_ROLE.c.user == user,
        USER_ROLE.c.office == grant.office,
        USER_ROLE.c.role == grant.role,
    )


def _valid(digest: bytes, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        INVITATION.c.digest == digest,
        INVITATION.c.used_at.is_(None),
        INVITATION.c.expires_at > now,
    )


def _insert_role(
    connection: sa.Connection, user: UUID, grant: RoleGrant, *, at: datetime, by: str
) -> None:
    connection.execute(
        USER_ROLE.insert().values(
            user=user, office=grant.office, role=grant.role, granted_at=at, granted_by=by
        )
    )


def _require_offices(connection: sa.Connection, offices: set[str]) -> None:
    known = sa.select(OFFICE.c.code).where(OFFICE.c.code.in_(offices))
    if set(connection.execute(known).scalars()) != offices:
        raise WrongUse(
            "office.unknown", "there is no such office here; see them with: sohoa status"
        )


def _unknown_user() -> WrongUse:
    return WrongUse("user.unknown", "there is no such user")
