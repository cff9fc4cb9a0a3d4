"""Bad days of the store: whatever it does not do, papers wait, say why, and go on by themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from functional.province import Crew
from functional.servers.papers import all_home, archived, hand_in, until
from servers.minio import Minio
from servers.proxy import Fault, Proxy, proxy

PAPERS = 3
CODES = {
    Fault.DOWN: "store.no-answer",
    Fault.BUSY: "store.busy",
    Fault.FULL: "store.full",
    Fault.CUTS_ANSWER: "store.no-answer",
    Fault.LOSES_ANSWER: "store.no-answer",
}


@pytest.fixture
def between(minio_server: Minio) -> Iterator[Proxy]:
    """What the workers take for the store."""
    with proxy(minio_server.address) as between:
        yield between


def _waiting(crew: Crew) -> set[str]:
    """Why papers wait."""
    return {row["code"] for row in crew.commands.json("list") if row["code"]}


@pytest.mark.parametrize("fault", CODES, ids=lambda fault: fault.name.lower())
def test_papers_wait_say_why_and_go_on(
    crew: Crew, between: Proxy, minio_server: Minio, tmp_path: Path, fault: Fault
) -> None:
    hand_in(crew.commands, tmp_path / "in", PAPERS)
    direct = crew.commands.settings["SOHOA_STORE"]
    through = direct.replace(minio_server.address, between.address)
    crew.start_worker(more={"SOHOA_STORE": through})
    until(lambda: archived(crew) >= 1, crew.said)
    # A second batch meets the fault at every step, the first one in its middle.
    only = "PUT" if fault is Fault.LOSES_ANSWER else ""
    with between.misbehaving(fault, only=only):
        hand_in(crew.commands, tmp_path / "in", PAPERS, first=PAPERS + 1)
        until(lambda: CODES[fault] in _waiting(crew), crew.said)
        waits = [row for row in crew.commands.json("list") if row["code"] == CODES[fault]]
        (shown,) = crew.commands.json("show", waits[0]["paper"])
        assert shown["code"] == CODES[fault]
        assert shown["reason"]
        status = crew.commands.run("status", "--json").row
        assert status["waiting"][CODES[fault]] >= 1
        time.sleep(2)
    all_home(crew, 2 * PAPERS)
