"""Uploads in pieces, as tus 1.0.0 has them."""

from __future__ import annotations

import base64
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from functional.cli.running import Commands
from functional.http.serving import SCOPES, Served, png, serving, until, wait_for

from api.desk import uploads
from workflow.ledger.uploads import Upload

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


def _metadata(**said: str) -> dict[str, str]:
    pairs = (f"{name} {base64.b64encode(v.encode()).decode()}" for name, v in said.items())
    return {"Upload-Metadata": ",".join(pairs)}


def begin(client: httpx.Client, length: int, **said: str) -> str:
    answer = client.post(
        "/v1/uploads", headers=TUS | {"Upload-Length": str(length)} | _metadata(**said)
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["upload-offset"] == "0" or not length
    assert answer.headers["upload-expires"].endswith("GMT")
    return str(answer.headers["location"])


def _offset(client: httpx.Client, upload: str) -> int:
    answer = client.head(upload, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def test_pieces_become_a_paper(client: httpx.Client) -> None:
    scan = png("Một tờ giấy gửi từng phần")
    upload = begin(client, len(scan), dossier="TUS-1", filename="quét 1.png")
    half = len(scan) // 2
    first = client.patch(upload, content=scan[:half], headers=PIECE | {"Upload-Offset": "0"})
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(half))
    assert _offset(client, upload) == half
    wrong = client.patch(upload, content=scan[:9], headers=PIECE | {"Upload-Offset": "0"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "upload.wrong-offset")
    last = client.patch(upload, content=scan[half:], headers=PIECE | {"Upload-Offset": str(half)})
    assert last.status_code == 204, last.text
    paper = last.headers["location"].rpartition("/")[2]
    assert client.head(upload, headers=TUS).headers["location"].endswith(paper)
    shown = wait_for(client, paper, "REVIEW")
    assert (shown["dossier"], shown["source"]) == ("TUS-1", "quét 1.png")


def test_an_upload_that_became_a_paper_can_be_given_up_and_the_paper_stays(
    client: httpx.Client,
) -> None:
    scan = png("gửi xong rồi bỏ")
    upload = begin(client, len(scan), dossier="TUS-6")
    last = client.patch(upload, content=scan, headers=PIECE | {"Upload-Offset": "0"})
    assert client.delete(upload, headers=TUS).status_code == 204
    assert client.head(upload, headers=TUS).status_code == 404
    assert client.get(last.headers["location"]).status_code == 200


def test_a_broken_connection_loses_no_piece(served: Served, client: httpx.Client) -> None:
    scan = png("đứt mạng giữa chừng") + bytes(3_000_000)
    upload = begin(client, len(scan), dossier="TUS-2")
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port)) as raw:
        head = (
            f"PATCH {upload} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n"
            "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Upload-Offset: 0\r\nContent-Length: {len(scan)}\r\n\r\n"
        )
        raw.sendall(head.encode() + scan[:2_000_000])
    until(lambda: _offset(client, upload) > 0)
    there = _offset(client, upload)
    assert 0 < there <= 2_000_000
    rest = client.patch(upload, content=scan[there:], headers=PIECE | {"Upload-Offset": str(there)})
    assert rest.status_code == 204, rest.text
    paper = rest.headers["location"].rpartition("/")[2]
    shown = client.get(f"/v1/papers/{paper}").json()
    import hashlib  # noqa: PLC0415 - the only use

    assert shown["scans"][0]["sha256"] == hashlib.sha256(scan).hexdigest()


def test_every_answer_about_uploads_speaks_tus_errors_too(served: Served) -> None:
    client = served.client()
    upload = begin(client, 10, dossier="TUS-7")
    nowhere = "/v1/uploads/0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11"
    old = client.post("/v1/uploads", headers={"Tus-Resumable": "0.2.2"})
    assert (old.status_code, old.headers["tus-version"]) == (412, "1.0.0")
    for answer in (
        old,
        client.options("/v1/uploads"),
        client.head(upload, headers=TUS),
        client.head(nowhere, headers=TUS),
        client.patch(upload, content=b"x", headers=PIECE | {"Upload-Offset": "5"}),
        client.post("/v1/uploads", content=bytes(300_000), headers=TUS),
        client.put(upload),
        served.client("").head(upload, headers=TUS),
        client.delete(upload, headers=TUS),
    ):
        assert answer.headers.get_list("tus-resumable") == ["1.0.0"], answer
    assert "tus-resumable" not in client.get("/v1/papers").headers


def _close(client: httpx.Client, dossier: str) -> None:
    assert client.put(f"/v1/dossiers/{dossier}", json={"expected": []}).is_success
    assert client.post(f"/v1/dossiers/{dossier}/close?anyway=true").is_success


def test_an_upload_to_a_closed_dossier_does_not_begin(client: httpx.Client) -> None:
    _close(client, "TUS-8")
    headers = TUS | {"Upload-Length": "10"} | _metadata(dossier="TUS-8")
    answer = client.post("/v1/uploads", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier.closed")


def test_an_upload_ends_with_its_dossier(client: httpx.Client) -> None:
    half = begin(client, 10, dossier="TUS-9")
    first = client.patch(half, content=b"x" * 5, headers=PIECE | {"Upload-Offset": "0"})
    assert first.status_code == 204
    _close(client, "TUS-9")
    # HEAD fails early, so the client does not upload the rest for nothing.
    assert client.head(half, headers=TUS).status_code == 409
    last = client.patch(half, content=b"x" * 5, headers=PIECE | {"Upload-Offset": "5"})
    assert (last.status_code, last.json()["code"]) == (409, "dossier.closed")
    # The upload is gone: a client that polls it gets 404, and starts over or gives up.
    assert client.head(half, headers=TUS).status_code == 404
    assert client.get("/v1/papers", params={"dossier": "TUS-9"}).json()["papers"] == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"Tus-Resumable": "0.2.0"}, 412, "upload.bad-version"),
        ({"Upload-Length": "99999999999"}, 413, "scan.too-large"),
        ({"Upload-Metadata": ""}, 422, "upload.bad-metadata"),
        ({"Upload-Metadata": "dossier not_base64!"}, 422, "upload.bad-metadata"),
        ({"Upload-Metadata": "dossier MDAxMTk5MDEyMzQ1"}, 422, "dossier.bad-code"),
        ({"Upload-Length": "-1"}, 422, "http.invalid-request"),
    ],
)
def test_what_cannot_begin(
    client: httpx.Client, change: dict[str, str], status: int, code: str
) -> None:
    headers = TUS | {"Upload-Length": "10"} | _metadata(dossier="TUS-3") | change
    answer = client.post("/v1/uploads", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_is_no_scan_is_turned_away_and_given_up_is_gone(client: httpx.Client) -> None:
    upload = begin(client, 10, dossier="TUS-4")
    more = client.patch(upload, content=b"x" * 11, headers=PIECE | {"Upload-Offset": "0"})
    assert (more.status_code, more.json()["code"]) == (413, "http.too-large")
    bad = client.patch(upload, content=b"x" * 10, headers=PIECE | {"Upload-Offset": "0"})
    assert (bad.status_code, bad.json()["code"]) == (415, "scan.not-a-known-type")
    other = begin(client, 10, dossier="TUS-4")
    assert client.delete(other, headers=TUS).status_code == 204
    assert client.head(other, headers=TUS).status_code == 404
    empty = begin(client, 0, dossier="TUS-4")
    paper = client.head(empty, headers=TUS).headers["location"]
    assert client.get(paper).json()["code"] == "scan.empty"


def test_a_restart_goes_on_from_what_was_there(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    scan = png("khởi động lại")
    with serving(commands) as service:
        service.token = service.new_token(*[w for s in SCOPES for w in ("--scope", s)])
        upload = begin(service.client(), len(scan), dossier="TUS-5")
        head = PIECE | {"Upload-Offset": "0"}
        assert service.client().patch(upload, content=scan[:50], headers=head).status_code == 204
        token = service.token
        service.process.kill()
        service.process.wait()
    with serving(commands) as service:
        client = service.client(token)
        assert _offset(client, upload) == 50
        rest = client.patch(upload, content=scan[50:], headers=PIECE | {"Upload-Offset": "50"})
        wait_for(client, rest.headers["location"].rpartition("/")[2], "REVIEW")


@pytest.mark.parametrize("content", [b"no scan at all", png("một lần thôi")])
def test_a_crash_before_it_is_noted_makes_no_second_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    (row,) = commands.json("token", "create", "test", "--scope", "intake")
    with commands.application() as application:
        now = application.clock.now()
        upload = Upload(
            id=application.ids.new(), office=application.settings.office, token=row["token"],
            dossier="TUS-10",
            source="", sign=False, length=len(content), offset=len(content), created_at=now,
            expires_at=now + timedelta(hours=1),
        )  # fmt: skip
        application.uploads.add(upload)
        with application.upload_files.locked(replace(upload, offset=0)):
            application.upload_files.append(upload.id, content, at=0)
        with monkeypatch.context() as crash:
            crash.setattr(application.uploads, "finish", _crashed)
            with pytest.raises(_CrashError):
                uploads.finish(application, upload)
        became = uploads.finish(application, upload)
        papers = application.ledger.papers.list_papers(
            offices=[upload.office], dossier="TUS-10", limit=9
        )
        assert [paper.paper for paper in papers] == [became.paper]
        assert became.code == papers[0].code


class _CrashError(Exception):
    pass


def _crashed(*_: object, **__: object) -> None:
    raise _CrashError
