"""Signatures of webhook messages: sender and time.

    Sohoa-Signature: t=1791425700,v1=<hex>[,v1=<hex>]
    v1 = HMAC-SHA-256(secret, "<t>." + body)

There are two while a secret is being replaced, one of each secret; one that fits is enough.

The receiver computes it over the received bytes, compares in constant time, and refuses a ``t``
that is more than five minutes off, so that a recorded message cannot be replayed later.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

HEADER = "Sohoa-Signature"
_WRITTEN = re.compile(r"t=(\d{1,12})((?:,v1=[0-9a-f]{64}){1,2})")
_SKEW_SECONDS = 300


def new_secret() -> str:
    """A new secret, to be shown once; its ASCII bytes are the key."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def sign(secrets: Sequence[bytes], body: bytes, *, at: int) -> str:
    """The value of the signature header.

    Args:
        secrets: the webhook's; two while one replaces the other.
        body: the bytes that are sent.
        at: seconds since 1970.
    """
    return f"t={at}" + "".join(f",v1={_mac(secret, body, at)}" for secret in secrets)


def verify(secret: bytes, body: bytes, header: str, *, now: int) -> bool:
    """Whether a message carries a valid, recent signature; the check of a receiver."""
    parts = _WRITTEN.fullmatch(header)
    if parts is None or abs(now - int(parts[1])) > _SKEW_SECONDS:
        return False
    wanted = _mac(secret, body, int(parts[1]))
    found = parts[2].removeprefix(",v1=").split(",v1=")
    return any(hmac.compare_digest(each, wanted) for each in found)


def _mac(secret: bytes, body: bytes, at: int) -> str:
    return hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
