"""Exponential backoff between retries."""

from __future__ import annotations

from datetime import timedelta


def backoff_delay(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """The delay before the next attempt: doubled each time, up to a limit.

    Args:
        attempts: that have failed, from 1.
        first: the delay after the first.
        longest: the limit.
    """
    # The exponent is bounded too: a retry may go on for months.
    return min(first * (1 << min(attempts - 1, 20)), longest)
