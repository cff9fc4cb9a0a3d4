"""A province as docker-compose.yml lays it out, run for real: its commands, its environment."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import minio
import pikepdf
import pytest
from functional.http.serving import upload, wait_for
from minio.error import S3Error
from planted import small_paper
from servers.layout import Layout

_STORES = ("postgres", "redis", "store")
_OURS = ("api", "worker", "worker-signing", "beat")
_SCOPES = ("intake", "read", "review", "sign", "find")
_TRIAL = {
    "SOHOA_TRIAL": "yes",
    "SOHOA_OFFICE": "H15",
    "SOHOA_OFFICE_NAME": "UBND xã Hoà Bình",
    "SOHOA_CORES": "1",
    "SOHOA_LOG_LEVEL": "INFO",
}


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """The stores, started; ended at the end, if a test has not done so."""
    with tempfile.TemporaryDirectory(prefix="sohoa-layout-") as database:
        made = Layout(tmp_path, Path(database), _TRIAL)
        try:
            for name in _STORES:
                made.start(name)
            yield made
        finally:
            made.stop()


def test_a_paper_goes_all_the_way_through_the_compose_file(layout: Layout) -> None:
    ended = layout.run("init")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for name in _OURS:
        layout.start(name)
    made = layout.run("api", "token", "create", "one-stop", "--json", *_words("--scope", _SCOPES))
    assert made.returncode == 0, made.stderr
    token = json.loads(made.stdout)["secret"]
    with httpx.Client(
        base_url=f"http://127.0.0.1:{layout.ports['api']}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    ) as client:
        paper = _archived(client, layout.folder)
    _the_service_may_not_delete(layout, paper)
    # Once more, as with every `docker compose up`: nothing is made anew, nobody is disturbed.
    again = layout.run("init")
    assert again.returncode == 0, again.stdout + again.stderr
    assert [name for name in (*_STORES, *_OURS) if not layout.is_well(name)] == []

    secrets = [file.read_text() for file in layout.secrets.iterdir() if file.is_file()]
    assert len(secrets) == 7
    shown = [text for text in (*secrets, token) if _is_in_the_list_of_processes(text)]
    assert _is_in_the_list_of_processes(str(layout.folder))  # the look itself sees something
    codes = layout.stop()
    logs = {name: layout.log(name).read_text(errors="replace") for name in (*codes, "init")}
    assert codes == dict.fromkeys(codes, 0), logs
    assert set(codes) == {*_STORES, *_OURS}
    assert all(paper in logs[name] for name in ("worker", "worker-signing"))
    assert shown == []
    assert [n for n, log in logs.items() for s in (*secrets, token) if s in log] == []
    assert [n for n, log in logs.items() if "Traceback" in log] == []


def _words(option: str, values: tuple[str, ...]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _archived(client: httpx.Client, folder: Path) -> str:
    """Send a small paper, have it reviewed, signed and laid down; its id."""
    scan = small_paper.draw(folder / "scan.png").read_bytes()
    paper = upload(client, "H15.50.05.13-261008-0975", scan)
    if wait_for(client, paper, "REVIEW", "DESCRIBED")["state"] == "REVIEW":
        reviewed = client.post(
            f"/v1/papers/{paper}/review", json={"values": {"kind": "certified-copy"}}
        )
        assert reviewed.status_code == 200, reviewed.text
    assert client.post(f"/v1/papers/{paper}/sign").status_code == 202
    wait_for(client, paper, "ARCHIVED")
    whole = client.get(f"/v1/papers/{paper}/pdf")
    with pikepdf.open(io.BytesIO(whole.content)) as pdf:
        assert pdf.Root.AcroForm.Fields[0].FT == "/Sig"
    return paper


def _the_service_may_not_delete(layout: Layout, paper: str) -> None:
    access, secret = (
        (layout.secrets / f"store_{kind}_key").read_text() for kind in ("access", "secret")
    )
    service = minio.Minio(
        f"127.0.0.1:{layout.ports['store']}", access, secret, secure=False, region="us-east-1"
    )
    keys = [each.object_name for each in service.list_objects("sohoa", recursive=True)]
    (key,) = [key for key in keys if key and paper in key and key.endswith("/inventory.json")][:1]
    with pytest.raises(S3Error, match="AccessDenied"):
        service.remove_object("sohoa", key)


def _is_in_the_list_of_processes(text: str) -> bool:
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # ended meanwhile
            if text.encode() in words.read_bytes():
                return True
    return False


def test_a_process_with_a_wrong_password_is_not_well(layout: Layout) -> None:
    (layout.secrets / "broker_password").write_text("another\n")
    assert not layout.is_well("redis")
    assert not layout.is_well("beat")
    # Nobody listens there yet.
    assert not layout.is_well("api")
    assert not layout.is_well("worker")
