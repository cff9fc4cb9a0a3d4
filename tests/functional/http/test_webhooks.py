"""Webhooks: signed, retried, replayed; only to where the operator said; never content."""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from functional.cli.running import Commands
from functional.http.serving import SCOPES, Served, png, serving, until, upload, wait_for

from workflow.ledger.tables import WEBHOOK
from workflow.webhooks.signature import HEADER, verify

NUMBER = "001199012345"


@dataclass
class Receiver:
    """The one-stop software's side: takes messages, or refuses them for a while."""

    url: str
    came: queue.SimpleQueue[tuple[dict[str, str], bytes]]
    refusing: threading.Event


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback."""
    came: queue.SimpleQueue[tuple[dict[str, str], bytes]] = queue.SimpleQueue()
    refusing = threading.Event()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/elsewhere":
                raise AssertionError("a redirect was followed")
            if refusing.is_set():
                self.send_response(307)
                self.send_header("Location", "/elsewhere")
            else:
                came.put((dict(self.headers), body))
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Receiver(f"http://127.0.0.1:{server.server_port}/hook", came, refusing)
    server.shutdown()
    server.server_close()


@pytest.fixture
def telling(made: Callable[..., Commands], receiver: Receiver) -> Iterator[Served]:
    """A service that tells the receiver, in each mode."""
    given = made()
    excepted = {**given.settings, "SOHOA_WEBHOOK_EXCEPTIONS": "127.0.0.1"}
    commands = replace(given, settings=excepted)
    (row,) = commands.json("webhook", "add", receiver.url)
    with serving(commands) as service:
        service.token = service.new_token(*[w for s in SCOPES for w in ("--scope", s)])
        service.secret = row["secret"]  # type: ignore[attr-defined]  # for this module only
        yield service


def test_moves_are_delivered_signed_and_without_content(
    telling: Served, receiver: Receiver
) -> None:
    client = telling.client()
    secret: bytes = telling.secret.encode()  # type: ignore[attr-defined]  # as above
    paper = upload(client, "HOOK-1", png(f"Họ tên Nguyễn Văn An\nSố định danh {NUMBER}"))
    wait_for(client, paper, "REVIEW")
    messages = []
    for _ in range(3):
        headers, body = receiver.came.get(timeout=60)
        assert verify(secret, body, headers[HEADER], now=int(time.time()))
        assert not verify(b"other", body, headers[HEADER], now=int(time.time()))
        assert not verify(secret, body + b" ", headers[HEADER], now=int(time.time()))
        assert not verify(secret, body, headers[HEADER], now=int(time.time()) + 400)
        messages.append(json.loads(body))
    assert [message["state"] for message in messages] == ["RECEIVED", "RECOGNISED", "REVIEW"]
    assert {message["paper"] for message in messages} == {paper}
    assert set(messages[0]) == {
        "event", "at", "office", "dossier", "ordinal", "paper", "before", "state", "code",
    }  # fmt: skip
    # A new secret is there: both sign.
    (hook,) = telling.commands.json("webhook", "list")
    (rotated,) = telling.commands.json("webhook", "rotate", hook["webhook"])
    new = rotated["secret"].encode()
    # A reason that a person wrote is not delivered.
    client.post(f"/v1/papers/{paper}/withdraw", json={"reason": f"của ông An {NUMBER}"})
    headers, body = receiver.came.get(timeout=60)
    assert json.loads(body)["code"] == "withdrawn"
    for each in (new, secret):
        assert verify(each, body, headers[HEADER], now=int(time.time()))
    assert new != secret
    assert NUMBER.encode() not in body

    # All were delivered; a replay has the same event numbers.
    rows = client.get("/v1/webhooks/deliveries").json()["deliveries"]
    until(
        lambda: all(
            d["delivered_at"] for d in client.get("/v1/webhooks/deliveries").json()["deliveries"]
        )
    )
    span = {"first": rows[0]["id"], "last": rows[1]["id"]}
    again = client.post("/v1/webhooks/deliveries/replay", json=span)
    assert (again.status_code, again.json()) == (202, {"deliveries": 2})
    events = [json.loads(receiver.came.get(timeout=60)[1])["event"] for _ in range(2)]
    assert events == [messages[0]["event"], messages[1]["event"]]


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def test_a_failed_delivery_is_retried(telling: Served, receiver: Receiver) -> None:
    client = telling.client()
    receiver.refusing.set()
    paper = upload(client, "HOOK-2", png("chờ"))

    def tried() -> bool:
        rows = client.get("/v1/webhooks/deliveries").json()["deliveries"]
        return bool(rows) and rows[0]["attempts"] >= 1

    until(tried)
    row = client.get("/v1/webhooks/deliveries").json()["deliveries"][0]
    assert (row["status"], row["delivered_at"]) == (307, None)
    assert row["next_at"] is not None
    receiver.refusing.clear()
    _, body = receiver.came.get(timeout=120)
    assert json.loads(body)["paper"] == paper
    (listed,) = telling.commands.json("webhook", "list")
    assert "secret" not in listed
    secret: str = telling.secret  # type: ignore[attr-defined]  # as above
    with telling.commands.application() as application, application.engine.connect() as database:
        (kept,) = database.execute(sa.select(WEBHOOK)).all()
    assert not any(secret.encode() in _bytes(value) for value in kept)
    telling.commands.json("webhook", "remove", listed["webhook"])
    until(
        lambda: all(
            d["next_at"] is None for d in client.get("/v1/webhooks/deliveries").json()["deliveries"]
        )
    )


def test_who_never_answers_keeps_nobody_else_waiting(telling: Served, receiver: Receiver) -> None:
    client = telling.client()
    # Connections are taken by the system; nobody ever reads what comes.
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        (added,) = telling.commands.json("webhook", "add", url)
        paper = upload(client, "HOOK-3", png("im lặng"))
        wait_for(client, paper, "REVIEW")
        states = [json.loads(receiver.came.get(timeout=60)[1])["state"] for _ in range(3)]
        assert states == ["RECEIVED", "RECOGNISED", "REVIEW"]

        def rows() -> list[dict[str, Any]]:
            found = client.get("/v1/webhooks/deliveries").json()["deliveries"]
            return [row for row in found if row["webhook"] == added["webhook"]]

        until(lambda: rows()[0]["attempts"] >= 1)
        assert {(row["status"], row["delivered_at"]) for row in rows()} == {(0, None)}
