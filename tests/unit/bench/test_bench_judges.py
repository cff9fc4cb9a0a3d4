"""The judges of the benchmarks judge: planted faults are counted, right answers are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.fields import judge
from bench.heldout.draw import PaperTruth, PersonTruth
from bench.pages import distance

_OWNER, _OTHER = "001190012345", "079088054321"


_TRUTH = PaperTruth(
    file="clean-000.jpg",
    condition="clean",
    kind="marital-status",
    certified=False,
    stamp_number="",
    people=(PersonTruth(role="owner", number=_OWNER, name="Trần Thị An"),),
    mentioned=(_OTHER,),
    number="12/UBND-XNTTHN",
    layout="",
    family="",
    leader="none",
    pages=1,
)


def _shown(
    *ids: tuple[str, str, str], state: str = "REVIEW", kind: str = "marital-status"
) -> dict[str, Any]:
    values = [{"field": f"{r}.citizen_id", "text": t, "doubt": d} for r, t, d in ids]
    return {"state": state, "kind": kind, "description": {"values": values}}


def test_a_right_number_under_its_role_is_found() -> None:
    score = judge(_TRUTH, _shown(("owner", _OWNER, "")))
    assert score["found"] == 1
    assert score["wrong and certain"] == 0


def test_a_person_who_is_only_mentioned_may_have_a_role_of_their_own() -> None:
    score = judge(_TRUTH, _shown(("owner", _OWNER, ""), ("partner", _OTHER, "")))
    assert score["wrong and certain"] == 0


@pytest.mark.parametrize(
    ("ids", "state", "line"),
    [
        ([("owner", _OTHER, "")], "REVIEW", "wrong and certain"),
        ([("owner", _OTHER, "citizen_id.read-once")], "REVIEW", "wrong, doubtful"),
        ([("owner", _OTHER, "citizen_id.read-once")], "DESCRIBED", "wrong and certain"),
        ([("owner", _OWNER, ""), ("wife", _OWNER, "")], "REVIEW", "wrong and certain"),
        ([("husband", _OWNER, "x")], "REVIEW", "missed: under another role"),
        ([("owner", _OTHER, "x")], "REVIEW", "missed: misread"),
        ([], "REVIEW", "missed: left empty"),
    ],
)
def test_a_planted_fault_is_counted(ids: list[tuple[str, str, str]], state: str, line: str) -> None:
    score = judge(_TRUTH, _shown(*ids, state=state))
    assert score[line] == 1


def test_a_certified_copy_may_be_reported_as_either_kind() -> None:
    truth = replace(_TRUTH, certified=True, stamp_number="881")
    assert judge(truth, _shown(kind="certified-copy"))["kinds right"] == 1
    assert judge(truth, _shown(kind="marital-status"))["kinds right"] == 1
    assert judge(_TRUTH, _shown(kind="certified-copy"))["kinds right"] == 0


def _slow_distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


@given(st.text("abcđ", max_size=12), st.text("abcđ", max_size=12))
def test_the_distance_is_levenshteins(one: str, other: str) -> None:
    assert distance(one, other) == _slow_distance(one, other)
