"""What is kept beside papers, on every database: messages, uploads, tokens, dossiers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from contract.ledger_acts import ask_to_sign, hold, take
from unit.workflow.fakes import OFFICE, SEALING, START, ledger_on, scan

from dossier.errors import WrongUse
from dossier.states import PaperState
from workflow.ledger.connections import Connections
from workflow.ledger.dossiers import Dossier, Dossiers
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.tables import WEBHOOK
from workflow.ledger.tokens import Token, Tokens
from workflow.ledger.types import IncomingScan, Outcome
from workflow.ledger.uploads import Upload, Uploads
from workflow.ledger.webhooks import Outbox, Webhook

MINUTE = timedelta(minutes=1)
ASKED_BY = "t"
HOOK = Webhook(
    id=UUID(int=5), office=OFFICE, url="http://x/", secret=b"s", created_at=START, created_by="x"
)
ASKING = Token(
    id=ASKED_BY, office=OFFICE, name="n", digest=b"d", scopes=("read", "write"), rate=9,
    created_at=START, created_by="x", expires_at=START,
)  # fmt: skip
UPLOAD = Upload(
    id=UUID(int=7), office=OFFICE, token=ASKED_BY, dossier="D1", source="a.pdf", sign=True,
    length=10, offset=0, created_at=START, expires_at=START + MINUTE,
)  # fmt: skip


@pytest.fixture
def connections(engine: sa.Engine) -> Connections:
    ledger = ledger_on(engine)
    ledger.offices.add("H15.01", "UBND")
    return ledger.connections


@pytest.fixture
def outbox(engine: sa.Engine) -> Outbox:
    """Two moves are to be delivered to one address."""
    ledger = ledger_on(engine)
    box = Outbox(ledger.connections, cipher=SEALING)
    box.add(HOOK)
    for number in (1, 2):
        ledger.intake.receive(
            IncomingScan(
                scan=scan(number, content=bytes([number])), paper=UUID(int=number), dossier="D1"
            )
        )
    return box


def _due(outbox: Outbox, *, minutes: int = 0) -> list[int]:
    return [each.id for each in outbox.list_due(HOOK.id, now=START + minutes * MINUTE, limit=9)]


def test_a_secret_lies_closed(outbox: Outbox, engine: sa.Engine) -> None:
    assert outbox.list_webhooks() == [HOOK]
    outbox.add(replace(HOOK, id=UUID(int=6), secret=b"secret"))
    with engine.connect() as connection:
        kept = set(connection.execute(sa.select(WEBHOOK.c.secret)).scalars())
    assert kept == {b"s", b"terces"}
    with pytest.raises(WrongUse):
        outbox.add(replace(HOOK, id=UUID(int=8), office="H99"))


def test_each_scan_of_a_batch_is_delivered_with_its_own_move(
    outbox: Outbox, engine: sa.Engine
) -> None:
    ledger = ledger_on(engine)
    group = [
        IncomingScan(
            scan=scan(number, content=bytes([number])),
            paper=UUID(int=number),
            dossier=f"D{number % 2}",
        )
        for number in (13, 12, 11)
    ]
    ledger.intake.receive_batch(group)
    payloads = [
        each.payload for each in outbox.list_deliveries(offices=[OFFICE], after=0, limit=9)
    ][2:]
    moves = ledger.papers.list_events(offices=[OFFICE], limit=9)[2:]
    assert [UUID(each["paper"]).int for each in payloads] == [13, 12, 11]
    assert [each["event"] for each in payloads] == [move.sequence for move in moves]
    assert [move.paper.int for move in moves] == [13, 12, 11]
    assert [(each["dossier"], each["ordinal"]) for each in payloads] == [
        ("D1", 3),
        ("D0", 1),
        ("D1", 4),
    ]


def test_what_a_killed_sender_took_is_due_again(outbox: Outbox) -> None:
    first, second = _due(outbox)
    assert first < second
    assert outbox.claim(first, now=START, until=START + MINUTE)
    assert not outbox.claim(first, now=START, until=START + MINUTE)
    assert _due(outbox) == [second]
    assert _due(outbox, minutes=1) == [first, second]
    assert outbox.claim(first, now=START + MINUTE, until=START + 2 * MINUTE)


def test_a_delivered_message_is_not_due_and_a_failed_one_is_due_later(outbox: Outbox) -> None:
    first, second = _due(outbox)
    for delivery in (first, second):
        assert outbox.claim(delivery, now=START, until=START + MINUTE)
    outbox.record_attempt(first, status=204, now=START, next_at=None, done=True)
    outbox.record_attempt(second, status=0, now=START, next_at=START + 3 * MINUTE, done=False)
    assert _due(outbox, minutes=2) == []
    assert _due(outbox, minutes=3) == [second]
    deliveries = outbox.list_deliveries(offices=[OFFICE], after=0, limit=9)
    assert [(d.attempts, d.status, d.delivered_at) for d in deliveries] == [
        (1, 204, START),
        (1, 0, None),
    ]
    assert outbox.list_deliveries(offices=["H99"], after=0, limit=9) == []
    assert outbox.replay(offices=["H99"], first=first, last=second, now=START) == 0
    assert outbox.replay(offices=[OFFICE], first=first, last=first, now=START) == 1
    assert _due(outbox) == [first]


def test_a_stopped_webhook_receives_nothing(outbox: Outbox) -> None:
    first, second = _due(outbox)
    assert outbox.claim(first, now=START, until=START + MINUTE)
    outbox.stop(HOOK.id, now=START)
    assert _due(outbox) == []
    # Who was just sending writes down that it comes again: it does not.
    outbox.record_attempt(first, status=500, now=START, next_at=START + MINUTE, done=False)
    assert _due(outbox, minutes=1) == []
    assert not outbox.claim(first, now=START + MINUTE, until=START + 2 * MINUTE)
    assert outbox.replay(offices=[OFFICE], first=first, last=second, now=START) == 0
    with pytest.raises(WrongUse):
        outbox.stop(UUID(int=9), now=START)


def test_an_upload_grows_and_becomes_a_paper(connections: Connections) -> None:
    Tokens(connections).add(ASKING)
    uploads = Uploads(connections, cipher=SEALING)
    uploads.add(UPLOAD)
    assert uploads.get(UPLOAD.id, token=ASKED_BY) == UPLOAD
    assert uploads.get(UPLOAD.id, token=ASKED_BY * 2) is None
    uploads.advance(UPLOAD.id, offset=10)
    # Another process that came with an older piece takes nothing back.
    uploads.advance(UPLOAD.id, offset=4)
    assert [found.offset for found in uploads.list_unprocessed()] == [10]
    assert uploads.count_unfinished(token=ASKED_BY) == 1
    uploads.finish(UPLOAD.id, paper=UUID(int=1), code="", reason="")
    uploads.finish(UPLOAD.id, paper=UUID(int=2), code="a.b", reason="r")
    assert uploads.count_unfinished(token=ASKED_BY) == 0
    assert uploads.list_unprocessed() == []
    found = uploads.get(UPLOAD.id, token=ASKED_BY)
    assert found == replace(UPLOAD, offset=10, paper=UUID(int=1))
    uploads.prune(now=START, answers_before=START)
    assert uploads.list_ids() == {UPLOAD.id}
    uploads.prune(now=START + MINUTE, answers_before=START)
    assert uploads.list_ids() == set()


def test_a_token_is_found_seen_and_ended(connections: Connections) -> None:
    tokens = Tokens(connections)
    tokens.add(ASKING)
    with pytest.raises(WrongUse):
        tokens.add(replace(ASKING, id="u", office="H99"))
    tokens.record_use(ASKING, now=START)
    tokens.record_use(ASKING, now=START + MINUTE / 2)
    assert tokens.get(ASKED_BY) == replace(ASKING, last_used_at=START)
    assert tokens.get("u") is None
    # `H15` and what is below it.
    assert set(tokens.offices("H15")) == {"H15", "H15.01"}
    assert tokens.offices("H15.01") == ("H15.01",)
    for later in (0, 1):
        tokens.revoke(ASKED_BY, now=START + later * MINUTE)
    assert [token.revoked_at for token in tokens.list_tokens()] == [START]
    with pytest.raises(WrongUse):
        tokens.revoke("u", now=START)


def test_what_is_said_of_a_dossier(connections: Connections) -> None:
    dossiers = Dossiers(connections, cipher=SEALING)

    def found() -> list[Dossier]:
        return dossiers.list_by_code("D1", offices=[OFFICE])

    assert found() == []
    dossiers.set_expected("D1", office=OFFICE, kinds=["b", "a", "b"], now=START)
    for who in ("x", "y"):
        dossiers.close("D1", office=OFFICE, actor=who, now=START)
    expected = Dossier(
        office=OFFICE, code="D1", expected=("b", "a", "b"), closed_at=START, closed_by="x"
    )
    assert found() == [expected]
    assert dossiers.list_by_code("D1", offices=["H15.01"]) == []


def test_what_changes_in_a_closed_dossier_is_to_be_written(engine: sa.Engine) -> None:
    ledger = ledger_on(engine)
    records = ledger.dossier_records

    def written() -> None:
        state = records.state(OFFICE, "D1")
        assert state is not None
        records.set_written(OFFICE, "D1", revision=state.revision, keep_years=5)
        assert records.list_unwritten(limit=9) == []

    _archive(ledger, take(ledger, 1, b"1"))
    assert records.list_unwritten(limit=9) == []  # it was never closed
    waiting = take(ledger, 2, b"2")
    for _ in range(2):
        ledger.dossiers.close("D1", office=OFFICE, actor="x", now=START)
        assert records.list_unwritten(limit=9) == [(OFFICE, "D1")]
    written()
    ledger.dossiers.close("D1", office=OFFICE, actor="x", now=START)
    assert records.list_unwritten(limit=9) == []  # it was closed already
    _archive(ledger, waiting)
    assert records.list_unwritten(limit=9) == [(OFFICE, "D1")]
    written()
    ledger.dossiers.reopen("D1", office=OFFICE, actor="x", now=START)
    assert records.list_unwritten(limit=9) == [(OFFICE, "D1")]


def _archive(ledger: SqlLedger, paper: UUID) -> None:
    for state in ("RECOGNISED", "DESCRIBED", "SIGNED", "ARCHIVED"):
        if state == "SIGNED":
            ask_to_sign(ledger, paper)
        outcome = Outcome(after=PaperState(state))
        assert ledger.queue.finish(hold(ledger, paper), outcome, now=START, actor="x")
