"""Secrets made at random, and the service's own user of the store."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from servers.compose import ROOT, read
from servers.minio import Minio


def _make_secrets(folder: Path, *, owner: int | None = None) -> subprocess.CompletedProcess[str]:
    user = os.getuid() if owner is None else owner
    return subprocess.run(
        [ROOT / "setup" / "secrets.sh", folder],
        cwd=folder.parent,
        env={"PATH": os.defpath, "SOHOA_UID": str(user), "SOHOA_GID": str(os.getgid())},
        capture_output=True,
        text=True,
        check=False,
    )


def _contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}


def test_secrets_are_random_private_and_made_once(tmp_path: Path) -> None:
    folder, other = tmp_path / "secrets", tmp_path / "other"
    assert _make_secrets(folder).returncode == 0
    made = _contents(folder)
    assert set(made) == set(read()["secrets"])
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir() if file.is_file()} == {
        0o600
    }
    assert {stat.S_IMODE(each.stat().st_mode) for each in (folder, folder / "signing")} == {0o700}
    (folder / "broker_password").unlink()
    (folder / "database_password").write_text("given by an operator\n")
    again = _make_secrets(folder)
    assert again.stdout == f"secrets: made {folder}/broker_password\n"
    expected = {**made, "database_password": "given by an operator\n"}
    left = _contents(folder)
    assert left.pop("broker_password") != expected.pop("broker_password")
    assert left == expected
    # Nothing that is printed is a secret, and no two are the same, here or elsewhere.
    assert _make_secrets(other).returncode == 0
    everything = [*made.values(), *_contents(other).values()]
    assert len(set(everything)) == len(everything) == 14
    assert not [text for text in everything if text in again.stdout + again.stderr]


def test_secrets_belong_to_who_runs_the_containers(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    other = os.getuid() + 12345
    made = _make_secrets(folder, owner=other)
    if os.getuid() == 0:
        assert made.returncode == 0
        assert {file.stat().st_uid for file in (folder, *folder.rglob("*"))} == {other}
    else:
        assert made.returncode == 4
        assert f"SOHOA_UID={os.getuid()}" in made.stderr
        assert not folder.exists()


def _make_user(
    minio: Minio, folder: Path, *, access: str = "", password: str = ""
) -> subprocess.CompletedProcess[str]:
    keys = {
        "SOHOA_STORE_ACCESS_KEY_FILE": minio.user,
        "SOHOA_STORE_SECRET_KEY_FILE": password or minio.password,
        "STORE_USER_ACCESS_KEY_FILE": access,
        "STORE_USER_SECRET_KEY_FILE": "0123456789abcdef",
    }
    for name, key in keys.items():
        (folder / name).write_text(key)
    return subprocess.run(
        [sys.executable, ROOT / "setup" / "store_user.py"],
        env={
            "SOHOA_STORE": f"s3+http://{minio.address}/{minio.new_bucket_name()}",
            **{name: str(folder / name) for name in keys},
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("given", "code", "reported"),
    [
        ({"access": "administrator"}, 4, "store.same-user"),
        ({"access": ""}, 4, "setting.unreadable"),
        ({"access": "somebody", "password": "a-wrong-password"}, 4, "store.refused"),
    ],
)
def test_a_user_unfit_for_the_service_is_reported(
    minio_server: Minio, tmp_path: Path, given: dict[str, str], code: int, reported: str
) -> None:
    if given["access"] == "administrator":
        given = {"access": minio_server.user}
    ended = _make_user(minio_server, tmp_path, **given)
    assert (ended.returncode, ended.stderr.split(": ")[:2]) == (code, ["sohoa", reported])
    assert "Traceback" not in ended.stderr
    assert minio_server.password not in ended.stderr


def test_the_user_is_made_and_made_again(minio_server: Minio, tmp_path: Path) -> None:
    for _ in range(2):
        ended = _make_user(minio_server, tmp_path, access="servicetwice")
        assert (ended.returncode, ended.stderr) == (0, "")
