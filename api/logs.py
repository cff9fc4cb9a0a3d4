"""Log output: standard error, one JSON object a line."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog import contextvars


def to_stderr(level: str) -> None:
    """Configure structlog from this level on; call it before the first event.

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
