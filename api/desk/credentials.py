"""Passwords, one-time codes and secret links of people. Nothing here knows a table or a page."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dossier.errors import WrongUse

SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 200
_STEP_SECONDS = 30
# One step before and after: clocks of telephones are not exact (RFC 6238 §5.2).
_STEPS_AROUND = (0, -1, 1)

# RFC 9106 §4, second recommended option: 64 MiB, three passes.
_hasher = PasswordHasher()
# Verified where there is no such person, so that an answer takes as long as for a known one.
_NOBODY = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that a person or a browser keeps, and what the database keeps of it.

    Attributes:
        text: 256 bits, fit for an address or a cookie.
        digest: SHA-256 of it, 32 bytes.
    """

    text: str
    digest: bytes


def new_secret() -> Secret:
    """A secret for a session or an invitation."""
    text = secrets.token_urlsafe(32)
    return Secret(text, digest_of(text))


def digest_of(text: str) -> bytes:
    """SHA-256 of a secret; a secret of 256 bits needs no salt."""
    return hashlib.sha256(text.encode()).digest()


def hash_password(password: str, *, login: str) -> str:
    """The Argon2id hash of a new password (RFC 9106).

    Args:
        password: as typed.
        login: of the person, which the password must not hold.

    Raises:
        WrongUse: ``password.too-weak``, ``password.too-long``.
    """
    if len(password) > _LONGEST_PASSWORD:
        raise WrongUse("password.too-long", f"a password has at most {_LONGEST_PASSWORD} letters")
    folded = password.casefold()
    if (
        len(password) < SHORTEST_PASSWORD
        or len(set(password)) < SHORTEST_PASSWORD // 2
        or (login and login.casefold() in folded)
    ):
        raise WrongUse(
            "password.too-weak",
            f"a password has at least {SHORTEST_PASSWORD} letters, not the same few again and "
            "again, and not the login name",
        )
    return _hasher.hash(password)


def password_is_right(password: str, kept: str | None) -> bool:
    """Whether a password is the one of a hash; takes as long where there is no hash.

    Args:
        password: as typed.
        kept: its Argon2id hash, or None where there is no such person.
    """
    if len(password) > _LONGEST_PASSWORD:
        return False
    try:
        _hasher.verify(kept or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def needs_new_hash(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than are used now."""
    return _hasher.check_needs_rehash(kept)


def new_totp_secret() -> str:
    """A key for one-time codes, in Base32 (160 bits, RFC 4226 §4)."""
    return pyotp.random_base32()


def totp_address(secret: str, *, login: str, issuer: str) -> str:
    """The address that an authenticator application reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def totp_step(code: str, secret: str, *, at: datetime, last_step: int) -> int | None:
    """The time step of a right one-time code; None where it is wrong or was used before.

    Args:
        code: six digits, spaces ignored.
        secret: Base32.
        at: now.
        last_step: the step of the last code that was accepted: a code works once
            (RFC 6238 §5.2).
    """
    typed = "".join(code.split())
    now = int(at.timestamp()) // _STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for around in _STEPS_AROUND:
        step = now + around
        # All are compared, so that the time says nothing.
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            found = step
    return found if found is not None and found > last_step else None
