"""Free disk space: measured by place, and a warning below the limit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from unit.api.office import new_office

from api import disk_space
from api.metrics import DiskCollector, Measured
from api.settings import Settings
from dossier.errors import TransientFault

_NO_DISK_HAS = 10**18  # bytes


def test_each_place_is_measured_before_it_is_made(tmp_path: Path) -> None:
    free = disk_space.free_bytes(Settings(var=tmp_path / "none" / "var"))
    assert free.keys() == {"var", "scratch", "store"}
    assert all(0 < number <= shutil.disk_usage(tmp_path).total for number in free.values())


def test_a_store_elsewhere_has_no_disk_here(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, store="s3+https://store.example:9000/sohoa")
    assert disk_space.free_bytes(settings).keys() == {"var", "scratch"}


def test_little_space_is_a_warning_that_names_the_places(tmp_path: Path) -> None:
    with pytest.raises(TransientFault, match=r"var .* MB") as raised:
        disk_space.check_disk(Settings(var=tmp_path, disk_warn_bytes=_NO_DISK_HAS))
    assert raised.value.code == "disk.low"
    disk_space.check_disk(Settings(var=tmp_path, disk_warn_bytes=0))


def test_free_space_is_a_metric(tmp_path: Path) -> None:
    measured = Measured()
    measured.registry.register(DiskCollector(Settings(var=tmp_path)))
    for place in ("var", "scratch", "store"):
        value = measured.registry.get_sample_value("sohoa_disk_free_bytes", {"place": place})
        assert value is not None
        assert value > 0


def test_status_warns_and_still_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = new_office(tmp_path / "var", monkeypatch)
    assert office.run("status", "--json").row["disk"]["low"] == []
    assert "disk space" not in office.run("status").out
    monkeypatch.setenv("SOHOA_DISK_WARN_BYTES", str(_NO_DISK_HAS))
    ended = office.run("status", "--json")
    assert ended.code == 0
    assert set(ended.row["disk"]["low"]) == {"var", "scratch", "store"}
    assert "little free disk space: var" in office.run("status").out
