"""Where events of ours go: standard error, one JSON object a line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import structlog
from structlog import contextvars


def to_stderr(level: str) -> None:
    """Tell events from this level on; may be called again with another, before the first event.

    Args:
        level: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
    """
    structlog.configure(
        processors=[
            contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


@contextmanager
def following(request: str = "", **more: str) -> Iterator[str]:
    """Let every event bear the id of a request for as long as the context lasts.

    Args:
        request: an id that came from outside, already checked; a new one by default.
        more: what every event is to bear besides; no personal data.

    Yields:
        The id.
    """
    request = request or uuid4().hex
    with contextvars.bound_contextvars(request=request, **more):
        yield request


def request() -> str:
    """The id of the request that this is done for; empty where nobody asked."""
    return str(contextvars.get_contextvars().get("request", ""))
