"""How a message is signed, so that its receiver knows who sent it and when.

    Sohoa-Signature: t=1791425700,v1=<hex>
    v1 = HMAC-SHA-256(secret, "<t>." + body)

The receiver computes it over the bytes it got, compares in constant time, and refuses a ``t`` that
is more than five minutes off: a message that was overheard cannot be sent again later.
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
    """A secret to be shown once; its bytes, as ASCII, are the key."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def signed(secret: bytes, body: bytes, *, at: int) -> str:
    """The header's value.

    Args:
        secret: the webhook's.
        body: the bytes that are sent.
        at: seconds since 1970.
    """
    return f"t={at},v1={_mac(secret, body, at)}"


def genuine(secret: bytes, body: bytes, header: str, *, now: int) -> bool:
    """What a receiver does: whether a message is ours and fresh."""
    parts = _WRITTEN.fullmatch(header)
    if parts is None or abs(now - int(parts[1])) > _SKEW_SECONDS:
        return False
    return hmac.compare_digest(parts[2], _mac(secret, body, int(parts[1])))


def _mac(secret: bytes, body: bytes, at: int) -> str:
    return hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
