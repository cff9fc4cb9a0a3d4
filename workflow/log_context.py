"""Fields of every log event of a request or step: its request ID and its paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from structlog import contextvars


@contextmanager
def bind(request: str = "", **more: str) -> Iterator[str]:
    """Add a request ID and other fields to every log event for as long as the context lasts.

    Args:
        request: an ID that came from outside, already checked; a new one by default.
        more: further fields; no personal data.

    Yields:
        The request ID.
    """
    request = request or uuid4().hex
    with contextvars.bound_contextvars(request=request, **more):
        yield request


def request_id() -> str:
    """The ID of the request being served; empty outside a request."""
    return str(contextvars.get_contextvars().get("request", ""))
