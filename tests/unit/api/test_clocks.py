"""The clock, and ids that ascend."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from api.clocks import SystemClock, TimedIds


class _Steps:
    """A clock that shows the given milliseconds one after the other, then the last for ever."""

    def __init__(self, *millis: int) -> None:
        self._millis = list(millis)

    def now(self) -> datetime:
        shown = self._millis[0] if len(self._millis) == 1 else self._millis.pop(0)
        return datetime.fromtimestamp(shown / 1000, UTC)


@given(st.lists(st.integers(1_600_000_000_000, 1_900_000_000_000), min_size=2, max_size=30))
def test_ids_ascend_even_where_the_clock_steps_back(millis: list[int]) -> None:
    ids = TimedIds(cast("SystemClock", _Steps(*millis)))
    made = [ids.new() for _ in millis]
    assert made == sorted(set(made))
    assert all(made_id.version == 7 for made_id in made)
    assert all(made_id.variant == "specified in RFC 4122" for made_id in made)
    assert made[0].int >> 80 == millis[0]


def test_the_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC
