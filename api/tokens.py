"""Tokens of programs: what they look like, what they may allow, whether one is genuine.

``sohoa_<id>_<secret>``: the id finds the row, the secret is 256 random bits of which only the
SHA-256 is kept. (A slow hash is for what people choose; nobody guesses 256 bits.)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from enum import StrEnum

from workflow.ledger.tokens import Token, Tokens

_WRITTEN = re.compile(r"sohoa_([a-z2-7]{16})_([A-Za-z0-9_-]{43})")
_NOBODYS = hashlib.sha256(b"").digest()


class Scope(StrEnum):
    """What a token may allow."""

    INTAKE = "intake"
    READ = "read"
    REVIEW = "review"
    SIGN = "sign"
    FIND = "find"
    WEBHOOKS = "webhooks"
    METRICS = "metrics"


def new_token() -> tuple[str, str, bytes]:
    """A new token: its id, its whole text to be shown once, and the digest that is kept."""
    number = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    secret = secrets.token_urlsafe(32)
    return number, f"sohoa_{number}_{secret}", _digest(secret)


def public_half(text: str) -> str:
    """The id in a token's text; empty where it is none of ours."""
    parts = _WRITTEN.fullmatch(text)
    return "" if parts is None else parts[1]


def genuine(text: str, tokens: Tokens, *, now: datetime) -> Token | None:
    """The token of this text, if it is one of ours that is neither revoked nor expired.

    As long for a wrong secret as for none: the digests are compared in constant time.
    """
    parts = _WRITTEN.fullmatch(text)
    if parts is None:
        return None
    token = tokens.get(parts[1])
    kept = _NOBODYS if token is None else token.digest
    if not hmac.compare_digest(kept, _digest(parts[2])) or token is None:
        return None
    return token if _lasts(token, now) else None


def still_lasts(token: Token, tokens: Tokens, *, now: datetime) -> bool:
    """Whether a token that was genuine is neither revoked nor expired meanwhile."""
    kept = tokens.get(token.id)
    return kept is not None and _lasts(kept, now)


def _lasts(token: Token, now: datetime) -> bool:
    return token.revoked_at is None and token.expires_at > now


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
