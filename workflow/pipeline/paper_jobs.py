"""The jobs of one step of a paper: in fair turns, within a budget, until they are cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pages.children import Children, JobGroup
from workflow.pipeline.fair_scheduler import Owner, Turns


class PaperJobs:
    """Runs jobs of one paper in child processes; a ``JobRunner``.

    Args:
        children: run the jobs.
        turns: decide whose job is next.
        owner: the paper's office and dossier.
        cpu_seconds: the CPU time that the step may take, s.
    """

    def __init__(
        self, children: Children, *, turns: Turns, owner: Owner, cpu_seconds: float
    ) -> None:
        self._children = children
        self._turns = turns
        self._owner = owner
        self._group = JobGroup(cpu_seconds=cpu_seconds)

    @property
    def size(self) -> int:
        """How many jobs at most run side by side."""
        return self._children.size

    def cancel(self) -> None:
        """End running jobs and refuse new ones: they raise ``child.cancelled``."""
        self._group.cancel()

    def run(
        self,
        job: str,
        arguments: dict[str, Any],
        *,
        deadline: float,
        what: str,
        reads: Mapping[str, Path | bytes] | None = None,
        writes: Mapping[str, Path] | None = None,
        scratch: str | None = None,
        prepare: tuple[str, dict[str, Any]] | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Wait for a turn and run a job, as ``Children.run``."""
        with self._turns.turn(self._owner, cancelled=lambda: self._group.cancelled):
            return self._children.run(
                job,
                arguments,
                deadline=deadline,
                what=what,
                reads=reads,
                writes=writes,
                scratch=scratch,
                prepare=prepare,
                group=self._group,
            )
