"""Signing in and out, step-up, sessions and one-time codes of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from api.application import Application
from api.desk import credentials
from dossier.errors import WrongUse
from workflow.ledger.people import User
from workflow.ledger.sessions import AttemptLimit, Session

_TRIES = 10
_TRIES_PER_ADDRESS = 60
_TRY_PERIOD = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person and the session in which they work."""

    user: User
    session: Session


def sign_in(
    application: Application,
    *,
    login: str,
    password: str,
    code: str,
    address: str,
    user_agent: str,
) -> tuple[SignedIn, str]:
    """Begin a session.

    Args:
        application: holds people and sessions.
        login: of the person, in any case.
        password: as typed.
        code: one-time code; may be empty where the person has no authenticator.
        address: of the network peer, for the limit of tries.
        user_agent: as the browser sent it.

    Returns:
        The session, and the text for the cookie, which is stored nowhere else.

    Raises:
        WrongUse: ``login.empty``; ``login.failed``; ``login.code-needed``: the password is right,
            a code is missing; ``login.too-many``.
    """
    if not login.strip() or not password:
        raise _empty()
    now = application.clock.now()
    limits = ((_by_login(application), login), (_by_address(application), address))
    for limit, subject in limits:
        wait = limit.begin(subject, office=application.settings.office, now=now)
        if wait is not None:
            raise _too_many(wait)
    user = application.people.find_by_login(login)
    known = user is not None and user.disabled_at is None
    right = credentials.password_is_right(
        password, user.password_hash if user is not None and known else None
    )
    if user is None or not right:
        raise _failed()
    if user.totp_secret is not None:
        if not code.strip():
            raise WrongUse("login.code-needed", "type the one-time code of the authenticator too")
        _spend_code(application, user, code)
    _by_login(application).clear(login)
    if credentials.needs_new_hash(user.password_hash or ""):
        renewed = credentials.hash_password(password, login=user.login)
        application.people.set_password_hash(user.id, renewed)
    secret = credentials.new_secret()
    session = Session(
        id=application.ids.new(),
        office=user.office,
        user=user.id,
        digest=secret.digest,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=application.settings.session_hours),
        step_up_until=now + timedelta(minutes=application.settings.step_up_minutes),
        user_agent=user_agent,
    )
    application.sessions.add(session)
    return SignedIn(user, session), secret.text


def current(application: Application, secret: str) -> SignedIn | None:
    """The person of a cookie; None where its session ended, was revoked or never was."""
    if not secret:
        return None
    now = application.clock.now()
    session = application.sessions.get(credentials.digest_of(secret), now=now)
    user = None if session is None else application.people.get_user(session.user)
    if session is None or user is None or user.disabled_at is not None:
        return None
    application.sessions.record_use(session, now=now)
    return SignedIn(user, session)


def sign_out(application: Application, signed_in: SignedIn) -> None:
    """End the session."""
    application.sessions.revoke(
        signed_in.session.id, user=signed_in.user.id, now=application.clock.now()
    )


def needs_step_up(application: Application, signed_in: SignedIn) -> bool:
    """Whether password or code must be given again before signing and look-ups by citizen ID."""
    until = signed_in.session.step_up_until
    return until is None or until <= application.clock.now()


def step_up(application: Application, signed_in: SignedIn, proof: str) -> None:
    """Take password or one-time code again.

    Args:
        application: holds the session.
        signed_in: the person.
        proof: the password, or a one-time code where the person has an authenticator.

    Raises:
        WrongUse: ``login.empty``, ``login.failed``, ``login.too-many``.
    """
    if not proof.strip():
        raise _empty()
    user, now = signed_in.user, application.clock.now()
    wait = _by_login(application).begin(user.login, office=user.office, now=now)
    if wait is not None:
        raise _too_many(wait)
    typed = "".join(proof.split())
    if user.totp_secret is not None and typed.isdigit() and len(typed) == 6:  # noqa: PLR2004 - the digits of a code
        _spend_code(application, user, proof)
    elif not credentials.password_is_right(proof, user.password_hash):
        raise _failed()
    _by_login(application).clear(user.login)
    until = now + timedelta(minutes=application.settings.step_up_minutes)
    application.sessions.step_up(signed_in.session.id, until=until)


def change_password(application: Application, signed_in: SignedIn, *, old: str, new: str) -> None:
    """Replace the password; all other sessions of the person end.

    Raises:
        WrongUse: ``login.failed``, ``login.too-many``, ``password.too-weak``.
    """
    user = signed_in.user
    kept = credentials.hash_password(new, login=user.login)
    step_up(application, signed_in, old)
    application.people.set_password_hash(user.id, kept)
    application.sessions.revoke_all(user.id, now=application.clock.now(), keep=signed_in.session.id)


def list_sessions(application: Application, signed_in: SignedIn) -> list[Session]:
    """The sessions of the person, last seen first."""
    return application.sessions.list_sessions(signed_in.user.id, now=application.clock.now())


def revoke_session(application: Application, signed_in: SignedIn, session: UUID) -> None:
    """End another session of the person.

    Raises:
        WrongUse: ``session.unknown``.
    """
    now = application.clock.now()
    if not application.sessions.revoke(session, user=signed_in.user.id, now=now):
        raise WrongUse("session.unknown", "there is no such session")


def set_up_authenticator(
    application: Application, signed_in: SignedIn, *, secret: str, code: str
) -> None:
    """Keep the key of an authenticator whose first code is right.

    Raises:
        WrongUse: ``login.failed``.
    """
    now = application.clock.now()
    step = credentials.totp_step(code, secret, at=now, last_step=0)
    if step is None:
        raise _failed()
    application.people.set_totp_secret(signed_in.user.id, secret)
    application.people.use_totp_step(signed_in.user.id, step)


def remove_authenticator(application: Application, signed_in: SignedIn, proof: str) -> None:
    """Forget the authenticator.

    Raises:
        WrongUse: ``login.failed``, ``login.too-many``.
    """
    step_up(application, signed_in, proof)
    application.people.set_totp_secret(signed_in.user.id, None)


def _spend_code(application: Application, user: User, code: str) -> None:
    step = credentials.totp_step(
        code, user.totp_secret or "", at=application.clock.now(), last_step=user.totp_step
    )
    if step is None or not application.people.use_totp_step(user.id, step):
        raise _failed()


def _too_many(wait: timedelta) -> WrongUse:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return WrongUse("login.too-many", f"too many tries; wait {minutes} minutes")


def _empty() -> WrongUse:
    return WrongUse("login.empty", "type the password")


def _failed() -> WrongUse:
    return WrongUse("login.failed", "login, password or code is wrong")


def _by_login(application: Application) -> AttemptLimit:
    return _limit(application, "login", _TRIES)


def _by_address(application: Application) -> AttemptLimit:
    return _limit(application, "login-address", _TRIES_PER_ADDRESS)


def _limit(application: Application, kind: str, limit: int) -> AttemptLimit:
    return AttemptLimit(application.ledger.connections, kind=kind, limit=limit, period=_TRY_PERIOD)
