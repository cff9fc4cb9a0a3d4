"""Tokens: deny by default, scopes, offices that are never revealed, rates, nothing in the clear."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from functional.cli.running import Commands
from functional.http.serving import SCOPES, Served, png, serving, until, upload, wait_for

from api.desk.tokens import id_of
from workflow.ledger.tables import TOKEN

OPEN = {"/healthz", "/readyz"}
# Routes for tokens of any of several scopes.
_FOR_SEVERAL = {"/v1/kinds"}
ALL = [word for scope in SCOPES for word in ("--scope", scope)]


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[tuple[Served, str, str]]:
    """A service over two offices, one below the other, and a token of each."""
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial", env={"SOHOA_OFFICE": "H15"})
    commands.json("init", env={"SOHOA_OFFICE": "H15.50"})
    with serving(commands, env={"SOHOA_OFFICE": "H15"}) as service:
        tokens = [service.new_token(*ALL, "--office", office) for office in ("H15", "H15.50")]
        yield service, tokens[0], tokens[1]


def _routes(client: httpx.Client) -> list[tuple[str, str]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [
        (method, path)
        for path, operations in paths.items()
        for method in operations
        if path not in OPEN
    ]


def _status(client: httpx.Client, method: str, path: str) -> int:
    """The status alone: some answers never end."""
    with client.stream(method, path, json={}) as answer:
        return answer.status_code


def test_a_stream_ends_with_its_token(served: Served) -> None:
    text = served.new_token("--scope", "read", "--scope", "intake")
    listener = served.client(text)
    with listener.stream("GET", "/v1/events") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        served.commands.json("token", "revoke", id_of(text))
        other = served.client(text)
        until(lambda: other.get("/v1/papers").status_code == 401)
        # Later moves are not sent, and the stream ends.
        upload(served.client(), "TOKENS-9", png("Nguyễn Thị Mai"))
        for line in lines:
            assert not line.startswith("data:")
    assert listener.get("/v1/papers").status_code == 401


def test_no_route_answers_without_a_token(served: Served, client: httpx.Client) -> None:
    routes = _routes(client)
    assert len(routes) > 30
    wrong = ("", "sohoa_aaaaaaaaaaaaaaaa_" + "A" * 43, served.token[:-1] + "!", "x")
    clients = [served.client(token) for token in wrong]
    for method, path in routes:
        if method == "options":
            continue  # what tus asks first: which version, which size
        concrete = re.sub(r"\{[^}]+\}", str(uuid4()), path)
        for other in clients:
            answer = other.request(method, concrete, json={})
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            if method != "head":
                assert answer.json()["code"] == "token.not-valid"


def test_what_is_said_of_a_dossier_of_an_office_below_is_said_of_that_one(
    offices: tuple[Served, str, str],
) -> None:
    served, above_token, below_token = offices
    above, below = served.client(above_token), served.client(below_token)
    paper = upload(below, "BELOW-1", png("giấy của phường"))
    said = above.put("/v1/dossiers/BELOW-1", json={"expected": ["citizen-card"]}).json()
    assert (said["office"], [p["paper"] for p in said["papers"]]) == ("H15.50", [paper])
    assert [one["kind"] for one in below.get("/v1/dossiers/BELOW-1").json()["expected"]] == [
        "citizen-card"
    ]
    assert above.post("/v1/dossiers/BELOW-1/close?anyway=true").json()["office"] == "H15.50"
    assert below.get("/v1/dossiers/BELOW-1").json()["closed_at"]
    # One that nobody knows yet is the own office's.
    own = above.put("/v1/dossiers/ABOVE-1", json={"expected": []}).json()
    assert own["office"] == "H15"


def test_each_route_wants_its_scope(served: Served, client: httpx.Client) -> None:
    without = {
        scope: served.client(
            served.new_token(*[w for s in SCOPES if s != scope for w in ("--scope", s)])
        )
        for scope in SCOPES
    }
    refused = dict.fromkeys(SCOPES, 0)
    for method, path in _routes(client):
        if method == "options":
            continue
        concrete = re.sub(r"\{[^}]+\}", str(uuid4()), path)
        codes = {
            scope: _status(other, method, concrete)
            for scope, other in without.items()
            if method != "head"
        }
        for scope, status in codes.items():
            refused[scope] += status == 403
        if codes:
            one = 0 if path in _FOR_SEVERAL else 1
            assert list(codes.values()).count(403) == one, (method, path, codes)
    assert all(refused.values())


def test_who_reads_sends_or_finds_may_know_the_kinds_of_paper(served: Served) -> None:
    answers = {
        scope: served.client(served.new_token("--scope", scope)).get("/v1/kinds").status_code
        for scope in SCOPES
    }
    known = {scope for scope, status in answers.items() if status == 200}
    assert known == {"intake", "read", "review", "find"}
    assert set(answers.values()) == {200, 403}


def test_one_token_does_not_take_all_streams(served: Served) -> None:
    with ExitStack() as open_ones:
        greedy = served.client(served.new_token("--scope", "read"))
        limits = httpx.Limits(max_connections=None)
        with httpx.Client(base_url=served.url, headers=greedy.headers, limits=limits) as client:
            streams = []
            for _ in range(20):
                stream = open_ones.enter_context(client.stream("GET", "/v1/events")).iter_lines()
                assert next(stream).startswith("retry:")
                streams.append(stream)  # kept, or it would be closed
            refused = client.get("/v1/events")
            assert (refused.status_code, refused.json()["code"]) == (503, "events.full")
            other = served.client(served.new_token("--scope", "read"))
            assert _status(other, "GET", "/v1/events") == 200
            open_ones.close()


def test_who_may_send_may_not_have_it_signed_too(served: Served) -> None:
    dossier = base64.b64encode(b"TOKENS-8").decode()
    for scopes, status in ((("intake",), 403), (("intake", "sign"), 202)):
        text = served.new_token(*[word for scope in scopes for word in ("--scope", scope)])
        client = served.client(text)
        scan = png(f"ký bởi {len(scopes)}")
        answer = client.post("/v1/dossiers/TOKENS-8/papers?sign=true", content=scan)
        assert answer.status_code == status, answer.text
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "9"}
        headers["Upload-Metadata"] = f"dossier {dossier},sign dHJ1ZQ=="
        begun = client.post("/v1/uploads", headers=headers)
        assert begun.status_code == (201 if status == 202 else status)
        if status == 403:
            assert {answer.json()["code"], begun.json()["code"]} == {"token.scope-missing"}
            continue
        entry = served.client().get(answer.headers["location"]).json()["history"][0]
        actor = f"token:{id_of(text)}"
        assert (entry["code"], entry["actor"]) == ("sign-requested", actor)
        assert entry["code_title"] == "Có người yêu cầu ký giấy này."


def test_revoked_and_expired_it_is_worth_nothing(served: Served) -> None:
    commands = served.commands
    (row,) = commands.json("token", "create", "gone", "--scope", "read")
    client = served.client(row["secret"])
    assert client.get("/v1/papers").status_code == 200
    listed = {token["token"]: token for token in commands.json("token", "list")}
    assert listed[row["token"]]["last_used_at"]
    assert "secret" not in listed[row["token"]]
    commands.json("token", "revoke", row["token"])
    # Within a second, in which what was known of it is remembered.
    until(lambda: client.get("/v1/papers").status_code == 401)
    (row,) = commands.json("token", "create", "old", "--scope", "read")
    with commands.application() as application, application.engine.begin() as database:
        past = datetime(2026, 1, 1, tzinfo=UTC)
        its = TOKEN.c.id == row["token"]
        database.execute(TOKEN.update().where(its).values(expires_at=past))
    assert served.client(row["secret"]).get("/v1/papers").status_code == 401


def test_the_secret_stands_nowhere(served: Served) -> None:
    # sohoa_ID_SECRET; the secret itself may hold further underscores.
    secret = served.token.split("_", 2)[2].encode()
    assert len(secret) == 43
    served.client().get("/v1/papers")
    for file in served.commands.var.rglob("*"):
        if file.is_file():
            assert secret not in file.read_bytes(), file.name
    assert secret not in served.log.read_bytes()


def test_who_asks_too_often_waits(served: Served) -> None:
    client = served.client(served.new_token("--scope", "read", "--rate", 30))
    answers = [client.get("/v1/papers") for _ in range(40)]
    assert [a.status_code for a in answers[:30]] == [200] * 30
    late = [a for a in answers if a.status_code == 429]
    assert late
    assert late[0].json()["code"] == "token.too-many-requests"
    assert 1 <= int(late[0].headers["retry-after"]) <= 60
    assert served.client().get("/v1/papers").status_code == 200


def test_another_office_is_never_revealed(offices: tuple[Served, str, str]) -> None:
    service, above, below = offices
    high, low = service.client(above), service.client(below)
    mine = upload(high, "SAME-1", png("giấy của cấp trên"))
    theirs = upload(low, "SAME-1", png("giấy của cấp trên"))
    # The same bytes in a dossier of the same code, but of another office: not reported as known.
    assert mine != theirs
    wait_for(high, mine, "REVIEW")
    nobody = str(uuid4())
    reads = ("", "/review", "/words", "/description", "/validation", "/pdf", "/package", "/events",
             "/pages/1/picture", "/values/paper.number/picture")  # fmt: skip
    for path in reads:
        hidden = low.get(f"/v1/papers/{mine}{path}")
        missing = low.get(f"/v1/papers/{nobody}{path}")
        assert hidden.status_code == missing.status_code == 404, path
        assert hidden.text == missing.text
    for act, body in (
        ("review", {}), ("sign", None), ("send-back", {"reason": "x"}),
        ("withdraw", {"reason": "x"}), ("move", {"dossier": "D"}),
    ):  # fmt: skip
        hidden, missing = (low.post(f"/v1/papers/{p}/{act}", json=body) for p in (mine, nobody))
        assert hidden.status_code == missing.status_code == 404, act
        assert hidden.text == missing.text
    assert [row["paper"] for row in low.get("/v1/papers").json()["papers"]] == [theirs]
    assert {row["paper"] for row in high.get("/v1/papers").json()["papers"]} == {mine, theirs}
    shown = low.get("/v1/dossiers/SAME-1").json()
    assert (shown["office"], [p["paper"] for p in shown["papers"]]) == ("H15.50", [theirs])
    assert low.put(f"/v1/papers/{mine}/pages", json={"pages": [{"number": 1}]}).status_code == 404
    assert low.post(f"/v1/papers/{mine}/scan", content=png("x")).status_code == 404
    wait_for(low, theirs, "REVIEW")


def test_commands_refuse_what_cannot_be(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    assert commands.run("token", "create", "x", "--scope", "all").code == 2
    assert commands.run("token", "create", "x").code == 2
    ended = commands.run("token", "create", "x", "--scope", "read", "--office", "H99")
    sentence, code, *_ = ended.err.removeprefix("sohoa: ").replace(" / ", ":").split(":")
    assert (ended.code, sentence, code) == (2, "Không có cơ quan này.", "office.unknown")
    assert commands.run("token", "revoke", "nope").code == 2
    for url in (
        "ftp://x/",
        "http://",
        "http://u:p@x/",
        "http://x/#f",
        "file:///etc",
        "http://x/ y",
        "http://motcua.example.vn/",
        "https://motcua.example.vn/?token=x",
    ):
        assert commands.run("webhook", "add", url).code == 2, url
    assert commands.run("webhook", "remove", str(uuid4())).code == 2
    assert json.loads(commands.run("token", "list", "--json").out or "[]") == []
