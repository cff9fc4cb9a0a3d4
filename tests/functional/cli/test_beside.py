"""Two commands over the same data at the same time."""

from __future__ import annotations

import subprocess
from pathlib import Path

from functional.cli.running import SOHOA, Commands
from functional.http.serving import sheet, until


def test_an_ingest_beside_another_waits_for_the_papers_of_both(
    commune: Commands, tmp_path: Path
) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(4):
        sheet(f"Tờ giấy số {number}").save(folder / f"{number}.png", dpi=(100, 100))
    command = ["ingest", str(folder), "--dossier", "BESIDE-1", "--json"]
    with subprocess.Popen(
        [SOHOA, *command],
        env=commune.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as first:
        until(lambda: len(commune.json("list")) == 4)
        rows = commune.json(*command)
        assert first.wait() == 0
    assert [row["known"] for row in rows] == [True] * 4
    assert {row["state"] for row in rows} <= {"REVIEW", "DESCRIBED"}
