"""Tokens of programs: create, list, revoke, authenticate.

``sohoa_<id>_<secret>``: the ID finds the row; of the secret, 256 random bits, only the SHA-256 is
kept. A slow hash is for passwords that people choose; 256 random bits cannot be guessed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from api.application import Application
from api.desk.caller import ALL_RIGHTS, Caller, Right
from dossier.codes import office_code
from workflow.ledger.tokens import Token, Tokens

__all__ = [
    "Token",
    "authenticate",
    "caller_of",
    "create_token",
    "id_of",
    "is_valid",
    "list_tokens",
    "new_secret",
    "operator",
    "revoke_token",
    "verify",
]

_TOKEN = re.compile(r"sohoa_([a-z2-7]{16})_([A-Za-z0-9_-]{43})")
# Compared with where there is no such token, so that both answers take as long.
_NO_DIGEST = hashlib.sha256(b"").digest()
_MAX_NAME = 60  # characters


def create_token(
    application: Application,
    caller: Caller,
    *,
    name: str,
    rights: Iterable[str],
    office: str | None,
    days: int,
    rate: int,
) -> tuple[Token, str]:
    """Create a token.

    Args:
        application: keeps it.
        caller: creates it.
        name: of the program.
        rights: what it may do.
        office: whose papers, with the offices below; the caller's by default.
        days: until it expires.
        rate: requests a minute.

    Returns:
        The token, and its text, which is shown once.

    Raises:
        WrongUse: ``office.bad-code``, ``office.unknown``.
    """
    number, text, digest = new_secret()
    now = application.clock.now()
    token = Token(
        id=number,
        office=caller.office if office is None else office_code(office),
        name=" ".join(name.split())[:_MAX_NAME],
        digest=digest,
        scopes=tuple(dict.fromkeys(rights)),
        rate=rate,
        created_at=now,
        created_by=caller.author,
        expires_at=now + timedelta(days=days),
    )
    application.tokens.add(token)
    return token, text


def list_tokens(application: Application) -> list[Token]:
    """All tokens, oldest first; without their secrets."""
    return application.tokens.list_tokens()


def revoke_token(application: Application, token: str) -> None:
    """Revoke a token at once; a revoked one stays so.

    Raises:
        WrongUse: ``token.unknown``.
    """
    application.tokens.revoke(token, now=application.clock.now())


def authenticate(application: Application, text: str, *, now: datetime) -> Token | None:
    """The token of this text; None where it is unknown, revoked or expired."""
    return verify(text, application.tokens, now=now)


def caller_of(application: Application, token: Token) -> Caller:
    """The caller that a token stands for."""
    return Caller(
        actor=f"token:{token.id}",
        office=token.office,
        offices=application.tokens.offices(token.office),
        rights=frozenset(Right(scope) for scope in token.scopes),
        session=token.id,
    )


def operator(application: Application, actor: str) -> Caller:
    """The operator at the command line: all rights, for the office of the data.

    Args:
        application: over the data.
        actor: as history names the operator, such as ``cli:an``.
    """
    office = application.settings.office
    return Caller(
        actor=actor,
        office=office,
        offices=application.tokens.offices(office),
        rights=ALL_RIGHTS,
    )


def new_secret() -> tuple[str, str, bytes]:
    """A new token's ID, its text to be shown once, and the digest that is kept."""
    number = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    secret = secrets.token_urlsafe(32)
    return number, f"sohoa_{number}_{secret}", _digest(secret)


def id_of(text: str) -> str:
    """The ID in a token's text; empty where the text is no token."""
    parts = _TOKEN.fullmatch(text)
    return "" if parts is None else parts[1]


def verify(text: str, tokens: Tokens, *, now: datetime) -> Token | None:
    """The token of this text, if its secret is right and it is neither revoked nor expired.

    Takes as long for a wrong secret as for an unknown token; compares in constant time.
    """
    parts = _TOKEN.fullmatch(text)
    if parts is None:
        return None
    token = tokens.get(parts[1])
    kept = _NO_DIGEST if token is None else token.digest
    if not hmac.compare_digest(kept, _digest(parts[2])) or token is None:
        return None
    return token if _is_current(token, now) else None


def is_valid(application: Application, token: str, *, now: datetime) -> bool:
    """Whether a token is still neither revoked nor expired."""
    kept = application.tokens.get(token)
    return kept is not None and _is_current(kept, now)


def _is_current(token: Token, now: datetime) -> bool:
    return token.revoked_at is None and token.expires_at > now


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
