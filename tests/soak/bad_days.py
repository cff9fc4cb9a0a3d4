"""Bad days of a province: whatever ends or answers no more, nothing is lost, doubled or halved.

Servers are a test's own, since they are restarted and killed here.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from functional.cli.running import ROOT, Commands
from functional.province import Crew, Province
from planted import small_paper, whole
from servers.minio import Minio
from servers.postgres import postgres
from servers.redis import redis
from soak.random_kills import children_of

from dossier.states import PaperState

DOSSIER = "H15.50.05.13-261008-0975"
_SECONDS = 240.0


@pytest.fixture(scope="module")
def own(minio_server: Minio) -> Iterator[Province]:
    """Servers that may be ended."""
    with postgres() as database, redis() as broker:
        yield Province(database, broker, minio_server)


@pytest.fixture
def crew(own: Province, tmp_path: Path) -> Iterator[Crew]:
    """Workers over new data, none started yet; a beat that is."""
    commands = own.commands(tmp_path / "var")
    crew = Crew(commands, {"SOHOA_CORES": "1", "SOHOA_LOG_LEVEL": "INFO"}, tmp_path / "said")
    try:
        crew.start_beat()
        yield crew
    finally:
        crew.stop()


def _hand_in(commands: Commands, folder: Path, papers: int, *, first: int = 1) -> None:
    folder.mkdir(exist_ok=True)
    files = [small_paper.draw(folder / f"{n:03}.png", n) for n in range(first, first + papers)]
    commands.json("ingest", *files, "--dossier", DOSSIER, "--sign", "--accept", "--no-wait")


def _until(holds: Callable[[], bool], told: Callable[[], object]) -> None:
    end = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < end, told()
        time.sleep(0.2)


def _archived(crew: Crew) -> int:
    return len(crew.commands.json("list", "--state", "ARCHIVED"))


def _all_home(crew: Crew, papers: int) -> None:
    """Everything is archived, and looks as if nothing had happened."""
    _until(lambda: _archived(crew) == papers, lambda: crew.commands.json("list"))
    assert set(crew.stop()) == {0}, crew.said()
    wrong = whole.faults(crew.commands.var, papers=papers, settings=crew.commands.settings)
    assert wrong == []
    assert "Traceback" not in crew.said()


@pytest.mark.parametrize(
    "state",
    [PaperState.RECEIVED, PaperState.RECOGNISED, PaperState.DESCRIBED, PaperState.SIGNED],
)
def test_a_worker_killed_at_a_step(crew: Crew, tmp_path: Path, state: PaperState) -> None:
    _hand_in(crew.commands, tmp_path / "in", 2)
    house = crew.commands.open()
    rows = house.ledger.rows
    crew.start_worker()

    def held_there() -> bool:
        found = rows(offices=house.offices, state=state)
        if found:
            crew.workers[0].kill()
        return bool(found) or len(rows(offices=house.offices, state=PaperState.ARCHIVED)) > 0

    end = time.monotonic() + _SECONDS
    while not held_there():
        assert time.monotonic() < end
    house.close()
    crew.stop_workers(signal.SIGKILL)
    crew.start_worker()
    _all_home(crew, 2)


def test_many_workers_at_few_papers_make_none_double(crew: Crew, tmp_path: Path) -> None:
    _hand_in(crew.commands, tmp_path / "in", 4)
    for _ in range(3):
        crew.start_worker()
    _all_home(crew, 4)


def test_redis_restarted_empty_in_the_middle(own: Province, crew: Crew, tmp_path: Path) -> None:
    assert own.redis.server is not None
    _hand_in(crew.commands, tmp_path / "in", 8)
    crew.start_worker()
    _until(lambda: _archived(crew) >= 1, crew.said)
    own.redis.server.kill()
    # While it is down, papers still come in.
    _hand_in(crew.commands, tmp_path / "in", 2, first=9)
    own.redis.server.start()
    _all_home(crew, 10)


def test_postgres_restarted_in_the_middle(own: Province, crew: Crew, tmp_path: Path) -> None:
    assert own.postgres.server is not None
    _hand_in(crew.commands, tmp_path / "in", 6)
    crew.start_worker()
    _until(lambda: _archived(crew) >= 1, crew.said)
    own.postgres.server.stop()
    assert crew.commands.run("list").code == 5
    time.sleep(2)
    own.postgres.server.start()
    _all_home(crew, 6)


def test_told_to_stop_it_hands_back_and_another_goes_on(crew: Crew, tmp_path: Path) -> None:
    # The engine is held, so that the step cannot come to its end in time.
    _hand_in(crew.commands, tmp_path / "in", 1)
    hanging = {"PYTHONPATH": str(ROOT / "tests" / "planted" / "engine_hangs")}
    crew.start_worker(more={**hanging, "SOHOA_STOP_SECONDS": "1"})
    worker = crew.workers[0]
    _until(lambda: bool(children_of(worker.pid)), crew.said)
    time.sleep(1)
    assert crew.stop_workers() == [0]
    (row,) = crew.commands.json("list")
    assert row["state"] in {"RECEIVED", "RECOGNISED"}
    with ExitStack() as stack:
        house = crew.commands.open()
        stack.callback(house.close)
        held = house.ledger.look(house.ledger.rows(offices=house.offices)[0].paper,
                                 offices=house.offices)  # fmt: skip
        assert held is not None
        assert held.attempts == 0
    crew.start_worker()
    _all_home(crew, 1)


def test_a_clock_that_is_an_hour_off_takes_nothing_from_others(crew: Crew, tmp_path: Path) -> None:
    _hand_in(crew.commands, tmp_path / "in", 4)
    planted = str(ROOT / "tests" / "planted" / "clock_off")
    before = time.time()
    for off in ("-3600", "3600"):
        crew.start_worker(more={"PYTHONPATH": f"{planted}{os.pathsep}{ROOT}",
                                "PLANTED_CLOCK_OFF": off})  # fmt: skip
    _until(lambda: _archived(crew) == 4, lambda: crew.commands.json("list"))
    after = time.time()
    house = crew.commands.open()
    for row in house.ledger.rows(offices=house.offices):
        entry = house.catalogue.get(row.paper, offices=house.offices)
        assert entry is not None
        assert before - 5 < entry.archived_at.timestamp() < after + 5
    house.close()
    _all_home(crew, 4)


def test_a_second_worker_takes_its_share_at_once(crew: Crew, tmp_path: Path) -> None:
    _hand_in(crew.commands, tmp_path / "in", 16)
    crew.start_worker()
    _until(lambda: _archived(crew) >= 2, crew.said)
    crew.start_worker()
    _all_home(crew, 16)
    house = crew.commands.open()
    actors = set()
    for row in house.ledger.rows(offices=house.offices):
        actors |= {move.actor for move in house.ledger.history(row.paper)[1:]}
    house.close()
    assert len(actors) == 2


def test_a_signature_does_not_wait_for_a_thousand_scans(crew: Crew, tmp_path: Path) -> None:
    commands = crew.commands
    file = small_paper.draw(tmp_path / "first.png", 500)
    commands.json("ingest", file, "--dossier", "A-1", "--accept", "--no-wait")
    crew.start_worker()
    _until(lambda: commands.json("list")[0]["state"] == "DESCRIBED", crew.said)
    _hand_in(commands, tmp_path / "in", 30)
    (signed,) = commands.json("sign", "A-1.001")
    assert signed["state"] == "ARCHIVED"
    left = [row for row in commands.json("list") if row["state"] == "RECEIVED"]
    assert len(left) >= 10
    told = commands.run("status", "--json").row
    assert told["to_do"]["RECEIVED"] >= 10
    assert told["seconds_left"] > 0
    _until(lambda: _archived(crew) == 31, lambda: commands.json("list"))


def test_the_oldest_dossier_comes_first(crew: Crew, tmp_path: Path) -> None:
    commands = crew.commands
    for number, dossier in enumerate(("A-1", "B-2", "C-3", "A-1"), 1):
        file = small_paper.draw(tmp_path / f"{number}.png", number)
        commands.json("ingest", file, "--dossier", dossier, "--accept", "--no-wait")
    crew.start_worker(more={"SOHOA_CORES": "1"})
    _until(
        lambda: {row["state"] for row in commands.json("list")} == {"DESCRIBED"},
        lambda: commands.json("list"),
    )
    house = commands.open()
    read_at = {}
    for row in house.ledger.rows(offices=house.offices):
        (read,) = [m for m in house.ledger.history(row.paper) if m.after == "RECOGNISED"]
        read_at[row.source] = read.at
    house.close()
    # The late paper of the oldest dossier is read before those of younger ones.
    assert read_at["4.png"] < read_at["3.png"]
