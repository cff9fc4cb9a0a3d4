"""Counts of papers by state, and how long the backlog will take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from dossier.states import PaperState
from workflow.ledger.connections import Connections
from workflow.ledger.papers import PIPELINE_STATES, runnable
from workflow.ledger.tables import MOVE, PAPER

_PERIOD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogReport:
    """The backlog at one moment.

    Attributes:
        states: papers by state.
        waiting: papers that wait for a step, by state.
        oldest: the longest time a paper has been in each of these states.
        codes: unfinished papers by the code of what stops them.
        finished: steps finished in the last ten minutes, by the state before.
    """

    states: Mapping[PaperState, int]
    waiting: Mapping[PaperState, int]
    oldest: Mapping[PaperState, timedelta]
    codes: Mapping[str, int]
    finished: Mapping[PaperState, int]

    def time_left(self) -> timedelta | None:
        """How long the backlog will take at the pace of the last ten minutes.

        None if nothing waits, or no step finished in that time.
        """
        longest = None
        for state, number in self.waiting.items():
            before = sum(n for s, n in self.waiting.items() if _ORDER[s] < _ORDER[state])
            if self.finished.get(state):
                takes = _PERIOD * ((number + before) / self.finished[state])
                longest = takes if longest is None else max(longest, takes)
        return longest


_ORDER = {state: number for number, state in enumerate(PIPELINE_STATES)}


class Backlog:
    """Counts papers.

    Args:
        connections: of the database.
        offices: whose papers; None for all offices.
    """

    def __init__(self, connections: Connections, *, offices: Sequence[str] | None = None) -> None:
        self._reading = connections.reading
        self._whose = sa.true() if offices is None else PAPER.c.office.in_(offices)
        self._moves = sa.true() if offices is None else MOVE.c.office.in_(offices)

    def count(self, state: PaperState) -> int:
        """How many papers are in a state."""
        query = sa.select(sa.func.count()).where(PAPER.c.state == state, self._whose)
        with self._reading() as c:
            return c.execute(query).scalar_one()

    def report(self, *, now: datetime) -> BacklogReport:
        """The backlog now."""
        count = sa.func.count()
        states = sa.select(PAPER.c.state, count).where(self._whose).group_by(PAPER.c.state)
        waiting = (
            sa.select(PAPER.c.state, count, sa.func.min(PAPER.c.updated_at))
            .where(*runnable(PIPELINE_STATES, now), self._whose)
            .group_by(PAPER.c.state)
        )
        codes = (
            sa.select(PAPER.c.code, count)
            .where(
                PAPER.c.state.in_((*PIPELINE_STATES, PaperState.REVIEW)),
                PAPER.c.code != "",
                self._whose,
            )
            .group_by(PAPER.c.code)
        )
        finished = (
            sa.select(MOVE.c.before, count)
            .where(MOVE.c.at > now - _PERIOD, MOVE.c.before.in_(PIPELINE_STATES), self._moves)
            .group_by(MOVE.c.before)
        )
        with self._reading() as c:
            found = c.execute(waiting).all()
            return BacklogReport(
                states={PaperState(s): n for s, n in c.execute(states)},
                waiting={PaperState(s): n for s, n, _ in found},
                oldest={PaperState(s): now - at for s, _, at in found},
                codes={str(code): n for code, n in c.execute(codes)},
                finished={PaperState(s): n for s, n in c.execute(finished)},
            )
