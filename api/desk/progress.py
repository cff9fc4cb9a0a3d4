"""How far a paper is: its stages, pages read, and who acts next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dossier.states import PaperState
from workflow.ledger.types import HistoryEntry, PaperSummary


class WaitsFor(StrEnum):
    """Who acts next on a paper."""

    MACHINE = "machine"
    TIME = "time"
    CLERK = "clerk"
    OFFICIAL = "official"
    OPERATOR = "operator"
    NOBODY = "nobody"


class StageStatus(StrEnum):
    """How far one stage of a paper is."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One of the stages of a paper: receive, read, describe, review, sign, archive.

    Attributes:
        at: aware UTC; when it was done.
    """

    name: str
    status: StageStatus
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesRead:
    """Pages read of all pages; ``pages`` is 0 while they are not counted."""

    pages_read: int
    pages: int

    @staticmethod
    def of(summary: PaperSummary, *, read_here: tuple[int, int] | None) -> PagesRead:
        """The progress of a paper.

        Args:
            summary: its row, with the progress that another process reported.
            read_here: pages read and pages, while this process reads it.
        """
        now = read_here or summary.progress
        if now is not None and summary.state is PaperState.RECEIVED:
            return PagesRead(pages_read=now[0], pages=now[1])
        read = 0 if summary.state is PaperState.RECEIVED else summary.pages
        return PagesRead(pages_read=read, pages=summary.pages)


# Each stage with the state a paper has during it; the first one is over once a paper exists.
_STAGES: tuple[tuple[str, PaperState | None], ...] = (
    ("receive", None),
    ("read", PaperState.RECEIVED),
    ("describe", PaperState.RECOGNISED),
    ("review", PaperState.REVIEW),
    ("sign", PaperState.DESCRIBED),
    ("archive", PaperState.SIGNED),
)
_ENDED = frozenset({PaperState.ARCHIVED, PaperState.REJECTED, PaperState.DISPOSED})


def waits_for(summary: PaperSummary) -> WaitsFor:
    """Who acts next on a paper."""
    if summary.state in _ENDED:
        return WaitsFor.NOBODY
    if summary.state is PaperState.REVIEW:
        return WaitsFor.CLERK
    if summary.set_aside:
        return WaitsFor.OPERATOR
    if summary.state is PaperState.DESCRIBED and not summary.sign_requested:
        return WaitsFor.OFFICIAL
    return WaitsFor.MACHINE if summary.retry_at is None else WaitsFor.TIME


def stages_of(summary: PaperSummary, history: Sequence[HistoryEntry]) -> tuple[Stage, ...]:
    """The stages of a paper, by its history since the newest scan."""
    start = max((i for i, m in enumerate(history) if m.after == PaperState.RECEIVED), default=0)
    left = {move.before: move for move in history[start:] if move.before}
    received_at = history[start].at if history else summary.received_at
    return tuple(
        Stage(name="receive", status=StageStatus.DONE, at=received_at)
        if state is None
        else _stage(name, state, summary, left.get(state))
        for name, state in _STAGES
    )


def _stage(name: str, state: PaperState, summary: PaperSummary, left: HistoryEntry | None) -> Stage:
    """One stage; ``left`` is the move that ended it."""
    if summary.state is state:
        return Stage(name=name, status=StageStatus.NOW, at=None)
    if left is not None and _index(left.after) > _index(left.before):
        return Stage(name=name, status=StageStatus.DONE, at=left.at)
    passed = summary.state in _ENDED or _index(summary.state) > _index(state)
    return Stage(name=name, status=StageStatus.SKIPPED if passed else StageStatus.AHEAD, at=None)


def _index(state: str) -> int:
    return next((i for i, (_, during) in enumerate(_STAGES) if during == state), len(_STAGES))
