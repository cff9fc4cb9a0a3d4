"""Hooks for schemathesis: how a piece of an upload is written into a body."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def as_it_is(ctx: schemathesis.SerializationContext, value: Any) -> bytes:  # noqa: ANN401 - any generated value
    """The bytes themselves."""
    del ctx
    return value if isinstance(value, bytes) else str(value).encode()
