"""People of an office: invitations, roles, and the names that pages show for actors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from api.application import Application
from api.desk import credentials
from api.desk.caller import PERSON, Caller, Right
from dossier.codes import office_code
from dossier.errors import WrongUse
from dossier.people import Role
from dossier.text import nfc
from workflow.ledger.people import Invitation, NewUser, RoleGrant, User

_INVITATION_KEPT = timedelta(days=3)
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_MAX_NAME = 100  # characters


def invite_person(
    application: Application,
    caller: Caller,
    *,
    login: str,
    name: str,
    office: str,
    roles: Iterable[Role],
) -> str:
    """Add a person, who sets a password by a one-time link.

    Args:
        application: keeps people.
        caller: with the right to keep people of this office.
        login: 2 to 40 letters, digits, dots and hyphens.
        name: as pages show it.
        office: where the person works, and for which the roles hold.
        roles: at least one.

    Returns:
        The secret of the link, shown once.

    Raises:
        WrongUse: ``right.missing``, ``office.unknown``, ``person.bad-login``,
            ``person.no-name``, ``person.no-role``, ``user.login-taken``.
    """
    caller.require(Right.PEOPLE)
    code = _seen(caller, office)
    folded = login.strip().casefold()
    shown = nfc(" ".join(name.split()))[:_MAX_NAME]
    granted = tuple(RoleGrant(code, role) for role in dict.fromkeys(roles))
    if not _LOGIN.fullmatch(folded):
        raise WrongUse(
            "person.bad-login",
            "a login has 2 to 40 small letters, digits, dots and hyphens, and begins with a letter",
        )
    if not shown:
        raise WrongUse("person.no-name", "give the person's name")
    if not granted:
        raise WrongUse("person.no-role", "give the person at least one role")
    now = application.clock.now()
    person = NewUser(
        id=application.ids.new(),
        office=code,
        login=folded,
        name=shown,
        created_at=now,
        created_by=caller.author,
        roles=granted,
    )
    application.people.add_user(person)
    return _invitation(application, caller, person.id)


def invite_again(application: Application, caller: Caller, person: UUID) -> str:
    """A new one-time link for a person; earlier ones end, and so do open sessions.

    Raises:
        WrongUse: ``right.missing``, ``user.unknown``.
    """
    user = _person(application, caller, person)
    application.sessions.revoke_all(user.id, now=application.clock.now())
    return _invitation(application, caller, user.id)


def invited(application: Application, secret: str) -> User:
    """The person whom a link invites.

    Raises:
        WrongUse: ``invitation.invalid``.
    """
    found = application.people.find_invited(
        credentials.digest_of(secret), now=application.clock.now()
    )
    if found is None:
        raise WrongUse(
            "invitation.invalid",
            "this invitation was used or is no longer valid; ask for a new one",
        )
    return found


def accept_invitation(application: Application, secret: str, password: str) -> None:
    """Set the password of an invited person; the link works once.

    Raises:
        WrongUse: ``invitation.invalid``, ``password.too-weak``, ``password.too-long``.
    """
    user = invited(application, secret)
    kept = credentials.hash_password(password, login=user.login)
    now = application.clock.now()
    application.people.accept_invitation(credentials.digest_of(secret), kept, now=now)
    application.sessions.revoke_all(user.id, now=now)


def list_people(application: Application, caller: Caller) -> list[User]:
    """The people of the caller's offices, by login.

    Raises:
        WrongUse: ``right.missing``.
    """
    caller.require(Right.PEOPLE)
    return application.people.list_users(offices=caller.offices)


def find_person(application: Application, caller: Caller, login: str) -> User:
    """A person of the caller's offices by login.

    Raises:
        WrongUse: ``right.missing``, ``user.unknown``.
    """
    found = application.people.find_by_login(login)
    if found is None:
        raise _unknown()
    return _person(application, caller, found.id)


def set_disabled(application: Application, caller: Caller, person: UUID, *, disabled: bool) -> None:
    """Disable a person, whose sessions end at once, or enable one again.

    Raises:
        WrongUse: ``right.missing``, ``user.unknown``, ``person.oneself``.
    """
    user = _person(application, caller, person)
    if disabled and caller.actor == actor_of(user.id):
        raise WrongUse("person.oneself", "nobody locks themselves out; ask another administrator")
    now = application.clock.now()
    if disabled:
        application.people.disable_user(user.id, now=now)
        application.sessions.revoke_all(user.id, now=now)
    else:
        application.people.enable_user(user.id)


def set_role(
    application: Application, caller: Caller, person: UUID, *, office: str, role: Role, held: bool
) -> None:
    """Give a role in an office and those below it, or take it away.

    Raises:
        WrongUse: ``right.missing``, ``user.unknown``, ``office.unknown``, ``person.oneself``.
    """
    user = _person(application, caller, person)
    grant = RoleGrant(_seen(caller, office), role)
    if held:
        now = application.clock.now()
        application.people.grant_role(user.id, grant, at=now, by=caller.author)
        return
    if role is Role.ADMIN and caller.actor == actor_of(user.id):
        raise WrongUse("person.oneself", "nobody locks themselves out; ask another administrator")
    application.people.revoke_role(user.id, grant)


def actor_of(person: UUID) -> str:
    """How history and access log name a person."""
    return f"{PERSON}{person}"


def names_of(application: Application, actors: Sequence[str]) -> dict[str, str]:
    """The names of those actors that are people, for pages to show.

    Args:
        application: keeps people.
        actors: as history and access log name them; others than people are left out.
    """
    names: dict[str, str] = {}
    for actor in dict.fromkeys(actors):
        if not actor.startswith(PERSON):
            continue
        try:
            user = application.people.get_user(UUID(actor.removeprefix(PERSON)))
        except ValueError:
            continue
        if user is not None:
            names[actor] = user.name
    return names


def _person(application: Application, caller: Caller, person: UUID) -> User:
    """A person of the caller's offices; another office's is unknown."""
    caller.require(Right.PEOPLE)
    user = application.people.get_user(person)
    if user is None or user.office not in caller.offices:
        raise _unknown()
    return user


def _unknown() -> WrongUse:
    return WrongUse("user.unknown", "there is no such person")


def _seen(caller: Caller, office: str) -> str:
    code = office_code(office)
    if code not in caller.offices:
        raise WrongUse("office.unknown", "there is no such office here")
    return code


def _invitation(application: Application, caller: Caller, person: UUID) -> str:
    secret, now = credentials.new_secret(), application.clock.now()
    application.people.add_invitation(
        Invitation(
            digest=secret.digest,
            user=person,
            created_at=now,
            created_by=caller.author,
            expires_at=now + _INVITATION_KEPT,
        )
    )
    return secret.text
