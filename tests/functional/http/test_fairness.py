"""A long paper of one office delays another office's letter by a page, and withdrawal ends it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from functional.cli.running import Commands
from functional.http.long_tiff import long_tiff
from functional.http.serving import SCOPES, Served, png, serving, until, upload, wait_for
from soak.random_kills import children_of

ALL = [word for scope in SCOPES for word in ("--scope", scope)]
PAGES = 400


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[tuple[Served, str, str]]:
    """A service with one child process over two offices, and a token of each."""
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial", env={"SOHOA_OFFICE": "H15"})
    commands.json("init", env={"SOHOA_OFFICE": "H16"})
    settings = {"SOHOA_OFFICE": "H15", "SOHOA_CORES": "1", "SOHOA_LIMIT_PAPER_PIXELS": str(10**12)}
    with serving(commands, env=settings) as service:
        tokens = [service.new_token(*ALL, "--office", office) for office in ("H15", "H16")]
        yield service, tokens[0], tokens[1]


def _cpu_seconds(pid: int) -> float:
    """The CPU time of the processes below one, and of those that they have seen end."""
    seconds = 0.0
    for child in children_of(pid):
        with suppress(OSError):
            stat = Path(f"/proc/{child}/stat").read_text(encoding="utf-8", errors="replace")
            times = stat.rpartition(")")[2].split()[11:15]
            seconds += sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
        seconds += _cpu_seconds(child)
    return seconds


def _idle(service: Served) -> bool:
    before = _cpu_seconds(service.process.pid)
    time.sleep(1)
    return _cpu_seconds(service.process.pid) - before < 0.1


def test_a_letter_is_archived_while_another_office_s_long_paper_is_read(
    offices: tuple[Served, str, str],
) -> None:
    service, long_token, letter_token = offices
    theirs, ours = service.client(long_token), service.client(letter_token)
    # Two of them, more than there are children: none may block a thread that the letter needs.
    long = [upload(theirs, f"LONG-{n}", long_tiff(PAGES + n)) for n in range(2)]
    until(lambda: theirs.get(f"/v1/papers/{long[0]}").json()["progress"]["pages_read"] >= 1)
    assert not _idle(service)

    letter = upload(ours, "LETTER-1", png("GIẤY MỜI\nKính mời ông bà dự họp."))
    if wait_for(ours, letter, "REVIEW", "DESCRIBED")["state"] == "REVIEW":
        values = {"kind": "certified-copy", "mentioned.citizen_id": "001199012345",
                  "mentioned.name": "Nguyễn Thị Hoà"}  # fmt: skip
        reviewed = ours.post(f"/v1/papers/{letter}/review", json={"values": values})
        assert reviewed.status_code == 200, reviewed.text
    assert ours.post(f"/v1/papers/{letter}/sign").status_code == 202
    wait_for(ours, letter, "ARCHIVED")
    for paper in long:
        standing = theirs.get(f"/v1/papers/{paper}").json()
        assert standing["state"] == "RECEIVED"
        assert standing["progress"]["pages_read"] < PAGES

    for paper in long:
        withdrawn = theirs.post(f"/v1/papers/{paper}/withdraw", json={"reason": "quét nhầm"})
        assert withdrawn.json()["state"] == "REJECTED"
    until(lambda: _idle(service))
    assert {theirs.get(f"/v1/papers/{paper}").json()["state"] for paper in long} == {"REJECTED"}


def test_a_paper_beyond_the_budget_of_pixels_is_rejected(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    file = tmp_path / "long.tif"
    file.write_bytes(long_tiff(PAGES))
    ended = commands.run("ingest", file, "--dossier", "A-1", "--json")
    assert ended.row["code"] == "scan.too-costly"


def test_a_paper_beyond_the_budget_of_cpu_time_is_rejected(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    file = tmp_path / "long.tif"
    file.write_bytes(long_tiff(40))
    ended = commands.run(
        "ingest", file, "--dossier", "A-1", "--json", env={"SOHOA_PAPER_CPU_SECONDS": "2"}
    )
    assert ended.row["code"] == "scan.too-costly"
