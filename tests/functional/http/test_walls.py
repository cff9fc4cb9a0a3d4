"""What stands around the routes: limits before reading, safe headers, problems without a trace."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from functional.cli.running import Commands
from functional.http.serving import SCOPES, Served, png, serving, until, upload, wait_for

from api.http.middleware import HEADERS

NUMBER = "001199012345"


def _raw(served: Served, request: bytes) -> bytes:
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as raw:
        raw.sendall(request)
        raw.settimeout(60)
        got = b""
        while piece := raw.recv(65536):
            got += piece
        return got


def _head(served: Served, method: str, path: str, *lines: str) -> bytes:
    first = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n"
    return (first + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode()


def test_a_body_too_large_is_refused_before_it_is_read(served: Served) -> None:
    # Nothing of the body is ever sent: the answer comes all the same.
    raw = _raw(
        served,
        _head(served, "POST", "/v1/dossiers/BIG-1/papers", f"Content-Length: {10**12}"),
    )
    assert raw.startswith(b"HTTP/1.1 413 ")
    assert json.loads(raw.rpartition(b"\r\n\r\n")[2])["code"] == "http.too-large"
    raw = _raw(served, _head(served, "POST", "/v1/find/text", "Content-Length: 300000"))
    assert raw.startswith(b"HTTP/1.1 413 ")


def test_headers_without_end_are_not_kept(served: Served) -> None:
    endless = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 70_000
    assert _raw(served, endless).startswith(b"HTTP/1.1 400 ")
    body = _head(served, "POST", "/v1/find/text", "Transfer-Encoding: chunked")
    trailers = b"0\r\nX-Long: " + b"a" * 70_000
    assert b"HTTP/1.1 400 " in _raw(served, body + trailers)
    assert served.client("").get("/healthz", headers={"X-Long": "a" * 8_000}).is_success


def test_a_body_that_does_not_say_its_length_is_counted(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    with serving(commands, env={"SOHOA_LIMIT_BYTES": "50000"}) as service:
        service.token = service.new_token(*[w for s in SCOPES for w in ("--scope", s)])
        client = service.client()

        def much() -> Iterator[bytes]:
            for _ in range(100):
                yield bytes(1000)

        answer = client.post("/v1/dossiers/BIG-2/papers", content=much())
        assert (answer.status_code, answer.json()["code"]) == (413, "http.too-large")
        answer = client.post(
            "/v1/find/text",
            content=(bytes(1000) for _ in range(1000)),
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "http.too-large")
        assert list((commands.var / "scratch").rglob("body-*")) == []
        packed = client.post(
            "/v1/dossiers/BIG-2/papers", content=b"x", headers={"Content-Encoding": "gzip"}
        )
        assert (packed.status_code, packed.json()["code"]) == (415, "http.bad-encoding")


def test_a_body_that_no_file_can_be_made_for_is_to_come_again(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    with serving(commands) as service:
        service.token = service.new_token("--scope", "intake")
        (folder,) = (commands.var / "scratch").glob("*/incoming")
        folder.rename(folder.with_name("gone"))
        answer = service.client().post("/v1/dossiers/ROOM-1/papers", content=bytes(1_100_000))
        assert (answer.status_code, answer.json()["code"]) == (503, "store.full")
        assert answer.headers["retry-after"]


def test_headers_are_safe_and_no_other_site_may_call(served: Served, client: httpx.Client) -> None:
    for path in ("/", "/healthz", "/openapi.json", "/v1/papers", "/nowhere"):
        answer = client.get(path, headers={"Origin": "https://evil.example"})
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers
    asked = client.options(
        "/v1/papers",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
    )
    assert asked.status_code == 405
    assert not any(name.startswith("access-control") for name in asked.headers)
    assert served.process.poll() is None


def test_another_site_may_call_where_the_operator_says(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    origins = "https://motcua.example , https://kho.example"
    with serving(commands, env={"SOHOA_CORS_ORIGINS": origins}) as service:
        token = service.new_token("--scope", "intake")
        client = service.client(token)
        for ours in ("https://motcua.example", "https://kho.example"):
            good = client.get("/healthz", headers={"Origin": ours})
            assert good.headers["access-control-allow-origin"] == ours
        bad = client.get("/healthz", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in bad.headers
        # The page can read refusals of the walls too, and what tus needs may be read.
        here = {"Origin": "https://motcua.example"}
        large = client.post("/v1/find/text", content=bytes(300_000), headers=here)
        assert large.status_code == 413
        assert large.headers["access-control-allow-origin"] == here["Origin"]
        asked = client.options(
            "/v1/uploads",
            headers=here
            | {
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "tus-resumable,upload-offset,content-type",
            },
        )
        assert asked.status_code == 200
        upload = client.post(
            "/v1/uploads",
            headers=here
            | {
                "Tus-Resumable": "1.0.0",
                "Upload-Length": "10",
                "Upload-Metadata": f"dossier {b64encode(b'CORS-1').decode()}",
            },
        )
        assert upload.status_code == 201
        readable = {
            name.strip().lower()
            for name in upload.headers["access-control-expose-headers"].split(",")
        }
        head = client.head(upload.headers["location"], headers=here | {"Tus-Resumable": "1.0.0"})
        for answer in (upload, head, large):
            # These any page may read, or no page needs.
            safe = {"date", "content-type", "content-length", "cache-control", "vary", "connection"}
            for name in set(answer.headers) - safe - set(HEADERS):
                assert name in readable or name.startswith("access-control-"), name


def test_every_error_is_a_problem_with_a_code(client: httpx.Client) -> None:
    paper = "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11"
    for method, path, body, status, code in (
        ("GET", "/nowhere", None, 404, "http.no-such-path"),
        ("DELETE", "/v1/papers", None, 405, "http.method-not-allowed"),
        ("GET", f"/v1/papers/{paper}", None, 404, "paper.unknown"),
        ("GET", "/v1/papers/nonsense", None, 422, "http.invalid-request"),
        ("POST", "/v1/find/citizen", "{", 400, "http.bad-request"),
        ("POST", "/v1/find/citizen", '{"number": "12", "purpose": "đối chiếu sổ"}', 422,
         "find.bad-number"),
        ("POST", "/v1/find/citizen", '{"number": "999199012345", "purpose": "đối chiếu sổ"}', 422,
         "find.bad-number"),
        ("POST", "/v1/find/text", '{"words": "x", "purpose": " "}', 422, "http.invalid-request"),
    ):  # fmt: skip
        answer = client.request(
            method, path, content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (problem["code"], problem["status"]) == (code, status)
        assert problem["type"] == f"urn:sohoa:problem:{code}"
        assert problem["title"]
        assert len(problem["detail"]) > 10


def test_an_invalid_header_is_reported_by_name(client: httpx.Client) -> None:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "long"}
    errors = client.post("/v1/uploads", headers=headers).json()["errors"]
    assert [one["where"] for one in errors] == [["header", "Upload-Length"]]


def test_what_was_sent_is_never_sent_back_or_logged(served: Served, client: httpx.Client) -> None:
    name = "Nguyễn Thị Không Ai"
    for answer in (
        client.post("/v1/find/citizen", json={"number": [NUMBER], "purpose": name}),
        client.post("/v1/find/citizen", json={"number": NUMBER, "purpose": name, NUMBER: name}),
        client.post("/v1/find/text", json={"words": NUMBER, "purpose": name}),
        client.get(f"/v1/papers?state={NUMBER}"),
        client.get(f"/{NUMBER}"),
        client.get(f"/v1/dossiers/{NUMBER}"),
    ):
        assert NUMBER not in answer.text
        assert name not in answer.text
    log = served.log.read_text(encoding="utf-8")
    assert NUMBER not in log
    assert name not in log
    assert "Traceback" not in log
    assert '"route": "/v1/find/citizen"' in log


def _wait_for_checks(client: httpx.Client) -> None:
    """Wait until the service has looked at everything once."""
    until(lambda: "not-checked-yet" not in client.get("/readyz").text)


def test_healthz_and_readyz_tell_the_truth(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    env = {"SOHOA_TSA_URL": "http://127.0.0.1:1/", "SOHOA_OCR_LANGUAGE": "xxx"}
    with serving(commands, env=env) as service:
        client = service.client("")
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.head("/healthz").status_code == 200
        _wait_for_checks(client)
        assert client.head("/readyz").status_code == 503
        answer = client.get("/readyz")
        body = answer.json()
        assert (answer.status_code, body["status"]) == (503, "not-ready")
        assert {name: part["ok"] for name, part in body["parts"].items()} == {
            "service": True, "database": True, "store": True, "disk": True, "queue": True,
            "workers": True, "sandbox": True, "tesseract": False, "tsa": False, "catalogue": True,
        }  # fmt: skip
        assert body["parts"]["tesseract"]["code"] == "ocr.language-missing"
        assert body["parts"]["tsa"]["code"] == "tsa.no-answer"
    env = {"SOHOA_TSA_URL": "http://127.0.0.1:1/", "SOHOA_DISK_WARN_BYTES": str(10**18)}
    with serving(commands, env=env) as service:
        client = service.client("")
        _wait_for_checks(client)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        # A warning, not an error.
        assert answer.json()["parts"]["disk"]["code"] == "disk.low"
        # The store goes away.
        (commands.var / "store").rename(commands.var / "gone")
        (commands.var / "store").write_text("no folder")
        until(lambda: not client.get("/readyz").json()["parts"]["store"]["ok"])
        assert client.get("/readyz").status_code == 503
        with sqlite3.connect(commands.var / "sohoa.db", timeout=120) as database:
            database.execute("ALTER TABLE alembic_version RENAME TO gone")
        body = client.get("/readyz").json()
        assert client.get("/healthz").status_code == 200
        assert not body["parts"]["database"]["ok"]


def test_sigterm_finishes_or_releases_work(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    with serving(commands) as service:
        service.token = service.new_token(*[w for s in SCOPES for w in ("--scope", s)])
        client = service.client()
        papers = [upload(client, "STOP-1", png(f"tờ giấy số {n}")) for n in range(12)]
        token = service.token
        assert service.stop() == 0
    rows = {row["paper"]: row for row in commands.json("list")}
    assert set(rows) == set(papers)
    assert not any(row["code"].startswith(("set-aside", "child")) for row in rows.values())
    assert {row["state"] for row in rows.values()} <= {"RECEIVED", "RECOGNISED", "REVIEW"}
    assert "RECEIVED" in {row["state"] for row in rows.values()}
    with serving(commands) as service:
        client = service.client(token)
        for paper in papers:
            shown = wait_for(client, paper, "REVIEW")
            assert [m["after"] for m in shown["history"]] == ["RECEIVED", "RECOGNISED", "REVIEW"]


def test_a_locked_database_blocks_neither_reads_nor_shutdown(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    stop_seconds = 2
    with (
        serving(commands, env={"SOHOA_STOP_SECONDS": str(stop_seconds)}) as service,
        closing(sqlite3.connect(commands.var / "sohoa.db", isolation_level=None)) as database,
    ):
        service.token = service.new_token("--scope", "intake", "--rate", 1000)
        client = service.client("")
        _wait_for_checks(client)
        asking = service.client()
        assert asking.get("/v1/kinds").is_success
        database.execute("BEGIN IMMEDIATE")
        # More than there are threads for requests; what becomes of each is not asked here.
        waiting = [
            threading.Thread(target=_sent, args=(service, f"LOCKED-{n}"), daemon=True)
            for n in range(60)
        ]
        for thread in waiting:
            thread.start()
        until(lambda: not _answers_intake(asking))
        quick = httpx.Timeout(30)
        assert client.get("/healthz", timeout=quick).status_code == 200
        assert "database" in client.get("/readyz", timeout=quick).json()["parts"]
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(stop_seconds + 90) == 0
        database.execute("ROLLBACK")
        for thread in waiting:
            thread.join()


def _sent(service: Served, dossier: str) -> None:
    with suppress(httpx.HTTPError):
        service.client().post(f"/v1/dossiers/{dossier}/papers", content=png("một tờ"))


def _answers_intake(client: httpx.Client) -> bool:
    """Whether a thread is free for a request."""
    try:
        return client.get("/v1/kinds", timeout=3).is_success
    except httpx.ReadTimeout:
        return False


def test_nobody_is_sent_where_their_host_says(client: httpx.Client) -> None:
    for path in ("/v1/papers/", "/v1/find/citizen/"):
        answer = client.post(path, json={}, headers={"Host": "evil.example"})
        assert answer.status_code == 404
        assert "location" not in answer.headers
