"""How much waits, for whom, and since when: for people who ask and machines that watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from dossier.states import PaperState
from workflow.ledger.connections import Connections
from workflow.ledger.papers import MOVING, to_do
from workflow.ledger.tables import MOVE, PAPER

_PACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How things stand.

    Attributes:
        states: papers by state.
        waiting: papers that a step is to be done for, by the state they stand in.
        oldest: since when the oldest of them stands there.
        codes: unfinished papers by the code why they go on no further.
        moved: papers that left each state in the last minutes.
    """

    states: Mapping[PaperState, int]
    waiting: Mapping[PaperState, int]
    oldest: Mapping[PaperState, timedelta]
    codes: Mapping[str, int]
    moved: Mapping[PaperState, int]

    def left(self) -> timedelta | None:
        """How long the work that waits will take at the pace of the last minutes.

        None where nothing waits, or nothing has moved by which to tell.
        """
        longest = None
        for state, number in self.waiting.items():
            before = sum(n for s, n in self.waiting.items() if _ORDER[s] < _ORDER[state])
            if self.moved.get(state):
                takes = _PACE * ((number + before) / self.moved[state])
                longest = takes if longest is None else max(longest, takes)
        return longest


_ORDER = {state: number for number, state in enumerate(MOVING)}


class Backlog:
    """Counts what waits.

    Args:
        connections: of the database.
        offices: whose papers; None for all.
    """

    def __init__(self, connections: Connections, *, offices: Sequence[str] | None = None) -> None:
        self._reading = connections.reading
        self._whose = sa.true() if offices is None else PAPER.c.office.in_(offices)
        self._moves = sa.true() if offices is None else MOVE.c.office.in_(offices)

    def told(self, *, now: datetime) -> Told:
        """How things stand now."""
        count = sa.func.count()
        states = sa.select(PAPER.c.state, count).where(self._whose).group_by(PAPER.c.state)
        waiting = (
            sa.select(PAPER.c.state, count, sa.func.min(PAPER.c.updated_at))
            .where(*to_do(MOVING, now), self._whose)
            .group_by(PAPER.c.state)
        )
        codes = (
            sa.select(PAPER.c.code, count)
            .where(PAPER.c.state.in_((*MOVING, PaperState.REVIEW)), PAPER.c.code != "", self._whose)
            .group_by(PAPER.c.code)
        )
        moved = (
            sa.select(MOVE.c.before, count)
            .where(MOVE.c.at > now - _PACE, MOVE.c.before.in_(MOVING), self._moves)
            .group_by(MOVE.c.before)
        )
        with self._reading() as c:
            found = c.execute(waiting).all()
            return Told(
                states={PaperState(s): n for s, n in c.execute(states)},
                waiting={PaperState(s): n for s, n, _ in found},
                oldest={PaperState(s): now - at for s, _, at in found},
                codes={str(code): n for code, n in c.execute(codes)},
                moved={PaperState(s): n for s, n in c.execute(moved)},
            )
