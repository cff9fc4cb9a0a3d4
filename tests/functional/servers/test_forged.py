"""Somebody with the service's own keys puts other bytes over every object of a record."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

from functional.cli.running import Commands
from functional.province import Province, working_commands
from minio import Minio
from planted import small_paper


def _hashes(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def _put_over_all(commands: Commands) -> set[str]:
    """Put a forgery over each key of the bucket of records, as the service itself could."""
    where, _, bucket = commands.settings["SOHOA_STORE"].removeprefix("s3+http://").partition("/")
    access, secret = (
        Path(commands.settings[f"SOHOA_STORE_{key}_KEY_FILE"]).read_text(encoding="ascii")
        for key in ("ACCESS", "SECRET")
    )
    client = Minio(where, access, secret, secure=False, region="us-east-1")
    names = {found.object_name or "" for found in client.list_objects(bucket, recursive=True)}
    for name in names:
        client.put_object(bucket, name, BytesIO(b"a forgery"), 9)
    return names


def test_a_write_over_a_record_is_never_read_and_is_reported(
    province: Province, tmp_path: Path
) -> None:
    scan = small_paper.draw(tmp_path / "scan.png")
    with working_commands(province, tmp_path / "var") as commands:
        (row,) = commands.json("ingest", scan, "--dossier", "A-1", "--sign", "--accept")
        paper = str(row["paper"])
        exported = Path(commands.run("export", paper, tmp_path / "one", "--json").row["package"])
        before = _hashes(exported)
        assert commands.run("status").code == 0

        names = _put_over_all(commands)
        assert len(names) >= 5

        ended = commands.run("fixity", "--all", "--json")
        assert ended.code == 6
        covered = [a["key"] for a in ended.row["alarms"] if a["code"] == "record.covered"]
        assert set(covered) == names
        ended = commands.run("status", "--json")
        assert ended.code == 6
        assert {alarm["key"] for alarm in ended.row["alarms"]} == names
        again = Path(commands.run("export", paper, tmp_path / "two", "--json").row["package"])
        assert _hashes(again) == before
        # A catalogue made again from the store alone takes nothing of it.
        assert commands.run("rebuild", "--json").row == {"records": 1, "damaged": []}
        assert [row["paper"] for row in commands.json("find", "--dossier", "A-1")] == [paper]
        last = Path(commands.run("export", paper, tmp_path / "three", "--json").row["package"])
        assert _hashes(last) == before
        # Other papers still come in; the alarm stays.
        other = small_paper.draw(tmp_path / "other.png", 2)
        (row,) = commands.json("ingest", other, "--dossier", "A-1", "--sign", "--accept")
        assert row["state"] == "ARCHIVED"
        assert commands.run("status").code == 6
