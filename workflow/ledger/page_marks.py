"""What was seen on the pages of papers before they were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dossier.reports import PageFinding, PageMarks
from workflow.ledger.connections import Connections
from workflow.ledger.tables import PAPER


class PageMarking:
    """Saves the marks of pages. They change nothing else of a paper, not its version either."""

    def __init__(self, connections: Connections) -> None:
        self._writing = connections.writing

    def save(self, paper: UUID, scan: UUID, marks: Sequence[PageMarks]) -> None:
        """Save what was seen on the pages of a scan, if it is still the paper's."""
        with self._writing() as c:
            c.execute(
                PAPER.update()
                .where(PAPER.c.id == paper, PAPER.c.scan == scan)
                .values(page_marks=marks_to_json(marks))
            )


def marks_to_json(marks: Sequence[PageMarks]) -> list[list[Any]]:
    """Marks as JSON."""
    return [
        [mark.number, [[what.value, where] for what, where in mark.findings], mark.separator]
        for mark in marks
    ]


def marks_from_json(kept: list[list[Any]]) -> tuple[PageMarks, ...]:
    """Marks from JSON."""
    return tuple(
        PageMarks(number, tuple((PageFinding(what), where) for what, where in findings), separator)
        for number, findings, separator in kept
    )
