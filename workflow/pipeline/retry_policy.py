"""What a failed step means: retried at once, retried later or set aside."""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from dossier.errors import Misconfigured, SohoaError, TransientFault
from workflow.ledger.types import WorkItem
from workflow.pipeline.backoff import backoff_delay

log = structlog.get_logger()

_FIRST_RETRY = timedelta(seconds=5)
_LONGEST_RETRY = timedelta(minutes=10)
# A paper that crashes its child twice is set aside, not retried for ever.
_MAX_CRASHES = 2
# A child killed from outside is rarely the paper's fault; a paper for which it always happens is.
_MAX_KILLS = 10


def retry_time(item: WorkItem, error: SohoaError, now: datetime) -> tuple[datetime | None, bool]:
    """When to retry a failed step (None: set it aside), and whether to do so at once."""
    if not isinstance(error, TransientFault | Misconfigured):
        return None, False
    if not error.code.startswith("child.") or error.code == "child.not-started":
        delay = backoff_delay(item.attempts, first=_FIRST_RETRY, longest=_LONGEST_RETRY)
        return now + delay, False
    limit = _MAX_KILLS if error.code == "child.killed" else _MAX_CRASHES
    return (now, True) if item.attempts < limit else (None, False)


def unexpected_fault(paper: UUID, error: Exception) -> TransientFault:
    """Log the place of a fault, never its text: a foreign exception may quote personal data."""
    where = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    log.error("paper.fault", error=type(error).__name__, where=where[-6:])
    return TransientFault(
        "fault.unexpected",
        f"paper {paper}: a fault of ours ({type(error).__name__}); the paper is kept as it was, "
        "report it to the operator",
    )
