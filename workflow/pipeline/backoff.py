"""How long to wait before what failed is tried again."""

from __future__ import annotations

from datetime import timedelta


def pause(tries: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Twice as long each time, but not for ever.

    Args:
        tries: so many have failed, from 1.
        first: after the first one.
        longest: in any case.
    """
    # The power is bounded too: something may be tried for months.
    return min(first * (1 << min(tries - 1, 20)), longest)
