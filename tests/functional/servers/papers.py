"""Papers handed in to workers, and a look at whether all of them came home."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from functional.cli.running import Commands
from functional.province import Crew
from planted import small_paper, whole

from dossier.states import PaperState

DOSSIER = "H15.50.05.13-261008-0975"
_SECONDS = 90.0


def hand_in(commands: Commands, folder: Path, papers: int, *, first: int = 1) -> None:
    """Submit so many papers of one page, to be signed unreviewed; do not wait."""
    folder.mkdir(exist_ok=True)
    files = [small_paper.draw(folder / f"{n:03}.png", n) for n in range(first, first + papers)]
    commands.json("ingest", *files, "--dossier", DOSSIER, "--sign", "--accept", "--no-wait")


def until(holds: Callable[[], bool], state: Callable[[], object]) -> None:
    """Wait until it holds; ``state`` describes the failure otherwise."""
    end = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < end, state()
        time.sleep(0.2)


def archived(crew: Crew) -> int:
    """How many papers are archived."""
    with crew.commands.application() as application:
        return len(
            application.ledger.papers.list_papers(
                offices=[application.settings.office], state=PaperState.ARCHIVED
            )
        )


def all_home(crew: Crew, papers: int) -> None:
    """See that everything is archived, and looks as if nothing had happened."""
    until(lambda: archived(crew) == papers, lambda: crew.commands.json("list"))
    assert set(crew.stop()) == {0}, crew.said()
    wrong = whole.faults(crew.commands.var, papers=papers, settings=crew.commands.settings)
    assert wrong == []
    assert "Traceback" not in crew.said()
