"""The states of a scan and of a paper, and the one table of allowed moves for each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from dossier.errors import WrongUse


class ScanState(StrEnum):
    """Where a file as received stands."""

    RECEIVED = "RECEIVED"
    SPLIT = "SPLIT"
    REJECTED = "REJECTED"


class PaperState(StrEnum):
    """Where one paper of a dossier stands.

    SIGNED means that all who must sign have. Attempts, lease, last error and level of
    preservation are columns of the ledger, not states.
    """

    RECEIVED = "RECEIVED"
    RECOGNISED = "RECOGNISED"
    REVIEW = "REVIEW"
    DESCRIBED = "DESCRIBED"
    SIGNED = "SIGNED"
    ARCHIVED = "ARCHIVED"
    DISPOSED = "DISPOSED"
    REJECTED = "REJECTED"


SCAN_MOVES: Mapping[ScanState, frozenset[ScanState]] = MappingProxyType(
    {
        ScanState.RECEIVED: frozenset({ScanState.SPLIT, ScanState.REJECTED}),
        ScanState.SPLIT: frozenset(),
        ScanState.REJECTED: frozenset(),
    }
)

PAPER_MOVES: Mapping[PaperState, frozenset[PaperState]] = MappingProxyType(
    {
        PaperState.RECEIVED: frozenset({PaperState.RECOGNISED, PaperState.REJECTED}),
        PaperState.RECOGNISED: frozenset(
            {PaperState.DESCRIBED, PaperState.REVIEW, PaperState.RECEIVED, PaperState.REJECTED}
        ),
        PaperState.REVIEW: frozenset(
            {PaperState.DESCRIBED, PaperState.RECEIVED, PaperState.REJECTED}
        ),
        PaperState.DESCRIBED: frozenset(
            {PaperState.SIGNED, PaperState.REVIEW, PaperState.RECEIVED, PaperState.REJECTED}
        ),
        PaperState.SIGNED: frozenset({PaperState.ARCHIVED}),
        PaperState.ARCHIVED: frozenset({PaperState.DISPOSED}),
        PaperState.DISPOSED: frozenset(),
        PaperState.REJECTED: frozenset(),
    }
)

_State = TypeVar("_State", ScanState, PaperState)


def check_move(table: Mapping[_State, frozenset[_State]], before: _State, after: _State) -> None:
    """Refuse a move that the table does not hold.

    Raises:
        WrongUse: ``state.move-not-allowed``.
    """
    if after not in table[before]:
        raise WrongUse("state.move-not-allowed", f"a move from {before} to {after} is not allowed")
