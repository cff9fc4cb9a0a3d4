"""Settings: paths, bad values, secrets, time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.settings import Settings, read_settings
from dossier.errors import (
    Misconfigured,
)


def test_every_path_follows_var(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOHOA_VAR", "/somewhere")
    settings = read_settings()
    assert settings.database_address() == "sqlite:////somewhere/sohoa.db"
    assert settings.store_address == "file:///somewhere/store"
    assert settings.keys_folder == Path("/somewhere/keys")
    assert settings.scratch_folder == Path("/somewhere/scratch")


@pytest.mark.parametrize(
    ("name", "value"),
    [("OFFICE", "không"), ("TIME_ZONE", "Asia"), ("OCR_DPI", "9"), ("OCR_ENGINE", "x")],
)
def test_a_bad_setting_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SOHOA_{name}", value)
    with pytest.raises(Misconfigured) as raised:
        read_settings()
    assert raised.value.code == "setting.bad"
    assert f"SOHOA_{name}" in raised.value.message


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("SIGNER_PASSPHRASE", "geheim", "SIGNER_PASSPHRASE_FILE"),
        ("STORE_ACCESS_KEY", "geheim", "STORE_ACCESS_KEY_FILE"),
        ("STORE_SECRET_KEY", "geheim", "STORE_SECRET_KEY_FILE"),
        ("DATABASE_PASSWORD", "geheim", "DATABASE_PASSWORD_FILE"),
        ("BROKER_PASSWORD", "geheim", "BROKER_PASSWORD_FILE"),
        ("DATABASE", "postgresql+psycopg://sohoa:geheim@db/sohoa", "DATABASE_PASSWORD_FILE"),
        ("DATABASE", "postgresql://db/sohoa?password=geheim", "DATABASE_PASSWORD_FILE"),
        ("BROKER", "redis://:geheim@redis:6379/0", "BROKER_PASSWORD_FILE"),
        ("STORE", "s3+https://key:geheim@store/bucket", "STORE_SECRET_KEY_FILE"),
    ],
)
def test_a_secret_in_the_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, instead: str
) -> None:
    monkeypatch.setenv(f"SOHOA_{name}", value)
    with pytest.raises(Misconfigured, match=f"set SOHOA_{instead} to its path") as raised:
        read_settings()
    assert raised.value.code == "setting.secret-in-environment"
    assert "geheim" not in raised.value.message
    monkeypatch.setenv(f"SOHOA_{name}", "")
    read_settings()


def test_a_secret_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "pass"
    file.write_text("geheim\n", encoding="utf-8")
    assert Settings(signer_passphrase_file=file).passphrase() == "geheim"
    with pytest.raises(Misconfigured):
        Settings(signer_passphrase_file=tmp_path / "none").passphrase()


def test_zone() -> None:
    at = datetime(2026, 10, 8, 2, 15, tzinfo=UTC)
    assert at.astimezone(Settings().zone).isoformat() == "2026-10-08T09:15:00+07:00"
    assert at.astimezone(Settings(time_zone="-03:30").zone).isoformat().endswith("-03:30")
