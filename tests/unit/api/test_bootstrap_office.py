"""Whose data it is, the data says: not the shell from which a command is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.bootstrap import init, open_application
from api.settings import Settings
from dossier.errors import Misconfigured


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("OFFICE", "OFFICE_NAME", "TIME_ZONE"):
        monkeypatch.delenv(f"SOHOA_{name}", raising=False)
    init(
        Settings(var=tmp_path, office="H15.01", office_name="UBND xã", time_zone="+08:00"),
        trial=False,
    )
    return tmp_path


def _opened(settings: Settings) -> tuple[str, str, str]:
    application = open_application(settings)
    application.close()
    known = application.settings
    return known.office, known.office_name, known.time_zone


def test_without_settings_the_office_of_the_data_is_used(folder: Path) -> None:
    assert _opened(Settings(var=folder)) == ("H15.01", "UBND xã", "+08:00")
    assert init(Settings(var=folder), trial=False).office == "H15.01"
    assert _opened(Settings(var=folder)) == ("H15.01", "UBND xã", "+08:00")


def test_equal_settings_are_accepted(folder: Path) -> None:
    settings = Settings(var=folder, office="H15.01", office_name="UBND xã", time_zone="+08:00")
    assert _opened(settings) == ("H15.01", "UBND xã", "+08:00")


@pytest.mark.parametrize(
    ("differs", "code"),
    [
        ({"office": "H16"}, "office.not-here"),
        ({"office_name": "UBND khác"}, "office.differs"),
        ({"time_zone": "+07:00"}, "office.differs"),
    ],
    ids=str,
)
def test_other_settings_are_refused(folder: Path, differs: dict[str, str], code: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        open_application(Settings(var=folder, **differs))  # type: ignore[arg-type]  # all are strings
    assert raised.value.code == code


def test_init_writes_what_is_to_change(folder: Path) -> None:
    init(Settings(var=folder, office_name="UBND phường"), trial=False)
    assert _opened(Settings(var=folder)) == ("H15.01", "UBND phường", "+08:00")
