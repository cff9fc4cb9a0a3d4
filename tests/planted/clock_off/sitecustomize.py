"""This process's own clock is an hour slow, or as many seconds off as PLANTED_CLOCK_OFF says."""

from __future__ import annotations

import datetime as dt
import importlib
import os

_OFF = dt.timedelta(seconds=float(os.environ.get("PLANTED_CLOCK_OFF", "-3600")))


class _Wrong(dt.datetime):
    """A clock that is off."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> _Wrong:
        """The wrong time."""
        return super().now(tz) + _OFF


vars(importlib.import_module("api.clocks"))["datetime"] = _Wrong
