"""Numbers that are alike: one of two may be the other, misread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from itertools import combinations, pairwise


def similar_to_others(numbers: Collection[str], *, by: int) -> set[str]:
    """Those that differ from another one in few places.

    Each is looked at as often as ``by`` places can be chosen of it, not with each other: a paper
    may hold thousands, and twice as many take twice as long.

    Args:
        numbers: no two the same, all of one length.
        by: places by which two may differ.
    """
    near: set[str] = set()
    length = len(next(iter(numbers), ""))
    for left_out in combinations(range(length), by):
        kept = [slice(a + 1, b) for a, b in pairwise((-1, *left_out, length))]
        alike: dict[str, list[str]] = defaultdict(list)
        for number in numbers:
            alike["".join([number[part] for part in kept])].append(number)
        near.update(*(group for group in alike.values() if len(group) > 1))
    return near
