"""Signatures of webhook messages: sender and time.

    Sohoa-Signature: t=1791425700,v1=<hex>
    v1 = HMAC-SHA-256(secret, "<t>." + body)

The receiver computes it over the received bytes, compares in constant time, and refuses a ``t``
that is more than five minutes off, so that a recorded message cannot be replayed later.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

HEADER = "Sohoa-Signature"
_WRITTEN = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_SKEW_SECONDS = 300


def new_secret() -> str:
    """A new secret, to be shown once; its ASCII bytes are the key."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def sign(secret: bytes, body: bytes, *, at: int) -> str:
    """The value of the signature header.

    Args:
        secret: the webhook's.
        body: the bytes that are sent.
        at: seconds since 1970.
    """
    return f"t={at},v1={_mac(secret, body, at)}"


def verify(secret: bytes, body: bytes, header: str, *, now: int) -> bool:
    """Whether a message carries a valid, recent signature; the check of a receiver."""
    parts = _WRITTEN.fullmatch(header)
    if parts is None or abs(now - int(parts[1])) > _SKEW_SECONDS:
        return False
    return hmac.compare_digest(parts[2], _mac(secret, body, int(parts[1])))


def _mac(secret: bytes, body: bytes, at: int) -> str:
    return hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
