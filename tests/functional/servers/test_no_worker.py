"""A province where no worker runs: submitted papers are safe, and monitoring reports it."""

from __future__ import annotations

import sqlalchemy as sa
from functional.http.serving import SCOPES, certified, serving, until, upload, wait_for
from functional.province import Crew


def test_readyz_tells_that_papers_wait_and_nobody_takes_them_up(crew: Crew) -> None:
    with serving(crew.commands) as served:
        served.token = served.new_token(*[word for scope in SCOPES for word in ("--scope", scope)])
        client = served.client()
        paper = upload(client, "NOBODY-1", certified("chưa ai đọc"), accept=True)
        until(lambda: "not-checked-yet" not in client.get("/readyz").text)
        workers = client.get("/readyz").json()["parts"]["workers"]
        assert workers == {"ok": True, "code": "", "detail": ""}

        _let_time_pass(crew, minutes=2)
        ready = client.get("/readyz")
        assert ready.json()["parts"]["queue"]["ok"]
        assert ready.json()["parts"]["workers"]["code"] == "queue.no-active-worker"
        # What is sent in is safe all the same.
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")

        crew.start_worker()
        wait_for(client, paper, "DESCRIBED")
        assert client.get("/readyz").json()["parts"]["workers"]["ok"]


def _let_time_pass(crew: Crew, *, minutes: int) -> None:
    """Let all that the ledger tells of papers be so much older."""
    engine = sa.create_engine(crew.commands.settings["SOHOA_DATABASE"])
    ago = f"- interval '{minutes} minutes'"
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE paper SET updated_at = updated_at {ago}"))  # noqa: S608 - a number of ours
        connection.execute(sa.text(f'UPDATE move SET "at" = "at" {ago}'))  # noqa: S608 - the same
    engine.dispose()
