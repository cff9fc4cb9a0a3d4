"""Bad days of a province: whatever ends or answers no more, nothing is lost, doubled or halved.

Servers are a test's own, since they are restarted and killed here.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from functional.cli.running import ROOT
from functional.province import Crew, Province
from functional.servers.papers import all_home, archived, hand_in, until
from planted import small_paper
from soak.random_kills import children_of

from dossier.states import PaperState
from workflow.ledger.tables import PAPER

_SECONDS = 240.0


@pytest.mark.parametrize(
    "state",
    [PaperState.RECEIVED, PaperState.RECOGNISED, PaperState.DESCRIBED, PaperState.SIGNED],
)
def test_a_worker_killed_at_a_step(crew: Crew, tmp_path: Path, state: PaperState) -> None:
    hand_in(crew.commands, tmp_path / "in", 4)
    held = sa.select(PAPER.c.id).where(PAPER.c.state == state, PAPER.c.lease_until.is_not(None))
    with crew.commands.application() as application:
        engine = application.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as database:
            crew.start_worker()
            end = time.monotonic() + _SECONDS
            while database.execute(held).first() is None:
                assert time.monotonic() < end
    assert crew.stop_workers(signal.SIGKILL) == [-signal.SIGKILL]
    crew.start_worker()
    all_home(crew, 4)


def test_many_workers_at_few_papers_make_none_double(crew: Crew, tmp_path: Path) -> None:
    hand_in(crew.commands, tmp_path / "in", 4)
    for _ in range(3):
        crew.start_worker()
    all_home(crew, 4)


def test_redis_restarted_empty_in_the_middle(own: Province, crew: Crew, tmp_path: Path) -> None:
    assert own.redis.server is not None
    hand_in(crew.commands, tmp_path / "in", 8)
    crew.start_worker()
    until(lambda: archived(crew) >= 1, crew.said)
    own.redis.server.kill()
    # While it is down, papers still come in.
    hand_in(crew.commands, tmp_path / "in", 2, first=9)
    own.redis.server.start()
    all_home(crew, 10)


def test_postgres_restarted_in_the_middle(own: Province, crew: Crew, tmp_path: Path) -> None:
    assert own.postgres.server is not None
    hand_in(crew.commands, tmp_path / "in", 6)
    crew.start_worker()
    until(lambda: archived(crew) >= 1, crew.said)
    own.postgres.server.stop()
    assert crew.commands.run("list").code == 5
    time.sleep(2)
    own.postgres.server.start()
    all_home(crew, 6)


def test_sigterm_releases_work_and_another_worker_goes_on(crew: Crew, tmp_path: Path) -> None:
    # The engine is held, so that the step cannot come to its end in time.
    file = small_paper.draw(tmp_path / "two.tif", pages=2)
    crew.commands.json("ingest", file, "--dossier", "A-1", "--sign", "--accept", "--no-wait")
    planted = ROOT / "tests" / "planted" / "engine_hangs"
    hanging = {"PYTHONPATH": f"{planted}{os.pathsep}{ROOT / 'tests'}"}
    crew.start_worker(more={**hanging, "SOHOA_STOP_SECONDS": "1"})
    worker = crew.workers[0]
    until(lambda: bool(children_of(worker.pid)), crew.said)
    time.sleep(1)
    assert crew.stop_workers() == [0]
    (row,) = crew.commands.json("list")
    assert row["state"] in {"RECEIVED", "RECOGNISED"}
    with crew.commands.application() as application, application.engine.connect() as database:
        (left,) = database.execute(sa.select(PAPER.c.lease_until, PAPER.c.attempts))
    assert tuple(left) == (None, 0)
    crew.start_worker()
    all_home(crew, 1)


def test_a_clock_that_is_an_hour_off_takes_nothing_from_others(crew: Crew, tmp_path: Path) -> None:
    hand_in(crew.commands, tmp_path / "in", 4)
    planted = str(ROOT / "tests" / "planted" / "clock_off")
    before = time.time()
    for off in ("-3600", "3600"):
        crew.start_worker(more={"PYTHONPATH": f"{planted}{os.pathsep}{ROOT}",
                                "PLANTED_CLOCK_OFF": off})  # fmt: skip
    until(lambda: archived(crew) == 4, lambda: crew.commands.json("list"))
    after = time.time()
    with crew.commands.application() as application:
        for row in application.ledger.papers.list_papers(offices=[application.settings.office]):
            entry = application.catalogue.get(row.paper, offices=[application.settings.office])
            assert entry is not None
            assert before - 5 < entry.archived_at.timestamp() < after + 5
    all_home(crew, 4)


def test_a_second_worker_takes_its_share_at_once(crew: Crew, tmp_path: Path) -> None:
    # So many that there is still enough to do when it has started.
    hand_in(crew.commands, tmp_path / "in", 40)
    crew.start_worker()
    until(lambda: archived(crew) >= 2, crew.said)
    crew.start_worker()
    all_home(crew, 40)
    actors = set()
    with crew.commands.application() as application:
        for row in application.ledger.papers.list_papers(offices=[application.settings.office]):
            actors |= {move.actor for move in application.ledger.papers.list_history(row.paper)[1:]}
    assert len(actors) == 2


def test_a_signature_does_not_wait_for_a_thousand_scans(crew: Crew, tmp_path: Path) -> None:
    commands = crew.commands
    file = small_paper.draw(tmp_path / "first.png", 500)
    commands.json("ingest", file, "--dossier", "A-1", "--accept", "--no-wait")
    crew.start_worker()
    until(lambda: commands.json("list")[0]["state"] == "DESCRIBED", crew.said)
    hand_in(commands, tmp_path / "in", 24)
    (signed,) = commands.json("sign", "A-1.001")
    assert signed["state"] == "ARCHIVED"
    status = commands.run("status", "--json").row
    assert status["to_do"]["RECEIVED"] >= 4
    assert status["seconds_left"] > 0
    until(lambda: archived(crew) == 25, lambda: commands.json("list"))


def test_dossiers_take_turns_and_the_oldest_goes_first(crew: Crew, tmp_path: Path) -> None:
    # Decision 0120: six papers of the oldest dossier, then one of each of two others.
    commands = crew.commands
    for number, dossier in enumerate(("A",) * 6 + ("B", "C"), 1):
        file = small_paper.draw(tmp_path / f"{dossier}{number}.png", number)
        commands.json("ingest", file, "--dossier", f"{dossier}-1", "--accept", "--no-wait")
    crew.start_worker(more={"SOHOA_CORES": "1"})
    until(
        lambda: {row["state"] for row in commands.json("list")} == {"DESCRIBED"},
        lambda: commands.json("list"),
    )
    order = [name[0] for name in _recognised_in_order(crew)]
    # One core processes two papers of an office at once, so that neighbours may change places.
    assert "A" in order[:2]
    assert {"B", "C"} <= set(order[:5])


def _recognised_in_order(crew: Crew) -> list[str]:
    """The file names of all papers, in the order in which they were read."""
    read_at = {}
    with crew.commands.application() as application:
        for row in application.ledger.papers.list_papers(offices=[application.settings.office]):
            (read,) = [
                move
                for move in application.ledger.papers.list_history(row.paper)
                if move.after == "RECOGNISED"
            ]
            read_at[row.source] = read.at
    return sorted(read_at, key=lambda name: read_at[name])
