"""What offices type is found; the second set of queries is never used to tune the ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bench.office_queries import RECORDS, Score, catalogue_of, scores

LEAST_FOUND, LEAST_FIRST, LEAST_OF_A_KIND = 0.95, 0.90, 0.80


def test_offices_find_what_they_look_for() -> None:
    with catalogue_of(RECORDS) as catalogue:
        for kept in (False, True):
            by_kind = scores(catalogue, kept=kept)
            assert len(by_kind) >= 15
            total = _sum(by_kind.values())
            assert total["found"] >= LEAST_FOUND * total["asked"]
            assert total["first"] >= LEAST_FIRST * total["asked"]
            for kind, score in by_kind.items():
                assert score.found >= LEAST_OF_A_KIND * score.asked, (kind, score.missed)


def test_a_score_counts_what_was_not_found() -> None:
    assert _sum([Score(3, 2, 1), Score(1, 1, 1)]) == {"asked": 4, "found": 3, "first": 2}


def _sum(scored: Iterable[Score]) -> Counter[str]:
    total: Counter[str] = Counter()
    for score in scored:
        total.update(asked=score.asked, found=score.found, first=score.first)
    return total
