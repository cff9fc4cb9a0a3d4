"""The one table of allowed moves."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.errors import WrongUse
from dossier.states import PAPER_MOVES, SCAN_MOVES, PaperState, ScanState, check_move

_STATES = st.sampled_from(PaperState)


def test_every_state_stands_in_its_table() -> None:
    assert set(PAPER_MOVES) == set(PaperState)
    assert set(SCAN_MOVES) == set(ScanState)


@given(_STATES, _STATES)
def test_a_move_is_allowed_exactly_where_the_table_says(
    before: PaperState, after: PaperState
) -> None:
    if after in PAPER_MOVES[before]:
        check_move(PAPER_MOVES, before, after)
    else:
        with pytest.raises(WrongUse) as raised:
            check_move(PAPER_MOVES, before, after)
        assert raised.value.code == "state.move-not-allowed"


@given(st.lists(_STATES, min_size=2, max_size=12))
def test_what_is_signed_never_comes_back_into_work(walk: list[PaperState]) -> None:
    signed = False
    for before, after in itertools.pairwise(walk):
        if after not in PAPER_MOVES[before]:
            return
        signed = signed or before is PaperState.SIGNED
        if signed:
            assert after in {PaperState.ARCHIVED, PaperState.DISPOSED}


def test_rejection_is_possible_before_signing_and_never_after() -> None:
    may = {state for state in PaperState if PaperState.REJECTED in PAPER_MOVES[state]}
    assert may == {
        PaperState.RECEIVED,
        PaperState.RECOGNISED,
        PaperState.REVIEW,
        PaperState.DESCRIBED,
    }
