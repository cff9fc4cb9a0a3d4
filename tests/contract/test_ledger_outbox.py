"""The outbox of many webhooks, on every database: none starves, none stays for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, SEALING, START, ledger_on, scan

from workflow.ledger import webhooks as outbox_module
from workflow.ledger.connections import Connections
from workflow.ledger.tables import DELIVERY
from workflow.ledger.types import IncomingScan
from workflow.ledger.webhooks import Delivery, Outbox, Webhook

MINUTE = timedelta(minutes=1)
BELOW = "H15.01"
ONE = Webhook(
    id=UUID(int=5), office=OFFICE, url="http://x/", secret=b"ab", created_at=START, created_by="x"
)
OTHER = replace(ONE, id=UUID(int=6), office=BELOW)
OFFICES = (OFFICE, BELOW)


@pytest.fixture
def connections(engine: sa.Engine) -> Connections:
    ledger = ledger_on(engine)
    ledger.offices.add(BELOW, "UBND")
    return ledger.connections


@pytest.fixture
def outbox(connections: Connections) -> Outbox:
    """Fifty messages wait at one webhook, then two at another; 1 to 52."""
    box = Outbox(connections, cipher=SEALING)
    for webhook in (ONE, OTHER):
        box.add(webhook)
    rows = [
        {
            "id": number, "office": webhook.office, "webhook": webhook.id,
            "paper": UUID(int=number), "payload": {}, "created_at": START + number * MINUTE,
            "attempts": 0, "next_at": START + number * MINUTE, "status": 0,
        }
        for number, webhook in enumerate([ONE] * 50 + [OTHER] * 2, start=1)
    ]  # fmt: skip
    with connections.writing() as connection:
        connection.execute(DELIVERY.insert(), rows)
    return box


LATER = START + 60 * MINUTE


def _due(outbox: Outbox, webhook: Webhook, **since: Any) -> list[int]:  # noqa: ANN401 - of a timedelta
    return [
        each.id for each in outbox.list_due(webhook.id, now=LATER + timedelta(**since), limit=9)
    ]


def _all(outbox: Outbox) -> dict[int, Delivery]:
    return {each.id: each for each in outbox.list_deliveries(offices=OFFICES, after=0, limit=99)}


def test_what_waits_at_one_webhook_hides_nothing_of_another(outbox: Outbox) -> None:
    assert outbox.list_ready(now=START) == []
    assert outbox.list_ready(now=START + MINUTE) == [ONE]
    assert outbox.list_ready(now=LATER) == [ONE, OTHER]
    assert _due(outbox, ONE) == list(range(1, 10))
    assert _due(outbox, OTHER) == [51, 52]
    for number in (51, 52):
        assert outbox.claim(number, now=LATER, until=LATER + MINUTE)
    assert outbox.list_ready(now=LATER) == [ONE]


def test_a_webhook_that_rests_is_not_ready_until_then(outbox: Outbox) -> None:
    outbox.pause(ONE.id, failures=2, until=LATER + MINUTE)
    assert outbox.list_ready(now=LATER) == [OTHER]
    resting = replace(ONE, failures=2, paused_until=LATER + MINUTE)
    assert outbox.list_ready(now=LATER + MINUTE) == [resting, OTHER]
    outbox.pause(ONE.id, failures=0, until=None)
    assert outbox.list_ready(now=LATER) == [ONE, OTHER]


def test_who_asks_for_it_again_ends_the_rest_of_his_own_webhooks(outbox: Outbox) -> None:
    for webhook in (ONE, OTHER):
        outbox.pause(webhook.id, failures=9, until=LATER + MINUTE)
    assert outbox.replay(offices=[BELOW], first=1, last=99, now=LATER) == 2
    assert outbox.list_ready(now=LATER) == [OTHER]


def test_what_is_given_up_waits_no_more_and_what_is_younger_does(outbox: Outbox) -> None:
    outbox.give_up(ONE.id, before=START + 48 * MINUTE, now=LATER)
    assert _due(outbox, ONE) == [49, 50]
    assert _due(outbox, OTHER) == [51, 52]
    assert outbox.replay(offices=[OFFICE], first=3, last=4, now=LATER) == 2
    assert _due(outbox, ONE) == [3, 4, 49, 50]


def test_a_webhook_that_was_stopped_is_never_ready(outbox: Outbox) -> None:
    outbox.stop(ONE.id, now=LATER)
    outbox.record_attempt(1, status=0, now=LATER, next_at=LATER, done=False)
    assert outbox.list_ready(now=LATER) == [OTHER]


def test_what_came_to_its_end_long_ago_is_forgotten_and_what_waits_is_not(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "_ROWS_PER_DELETE", 2)
    outbox.give_up(ONE.id, before=START + 5 * MINUTE, now=LATER)
    outbox.record_attempt(6, status=204, now=LATER, next_at=None, done=True)
    outbox.record_attempt(7, status=204, now=LATER + MINUTE, next_at=None, done=True)
    outbox.record_attempt(8, status=0, now=LATER, next_at=LATER, done=False)
    outbox.prune(before=LATER - MINUTE, now=LATER)
    assert set(_all(outbox)) == set(range(1, 53))
    # What was statements for again has no end any more.
    assert outbox.replay(offices=[OFFICE], first=5, last=6, now=LATER) == 2
    outbox.prune(before=LATER, now=LATER)
    assert set(_all(outbox)) == set(range(5, 53))
    assert outbox.replay(offices=[OFFICE], first=1, last=7, now=LATER) == 3
    assert _due(outbox, ONE) == [5, 6, 7, 8, 9, 10, 11, 12, 13]


def test_deliveries_of_a_stopped_webhook_are_pruned(outbox: Outbox) -> None:
    outbox.stop(ONE.id, now=LATER)
    # A sender that was just delivering records a retry; it never happens.
    outbox.record_attempt(1, status=0, now=LATER, next_at=LATER, done=False)
    outbox.prune(before=LATER - MINUTE, now=LATER + MINUTE)
    assert set(_all(outbox)) == set(range(1, 53))
    outbox.prune(before=LATER, now=LATER + MINUTE)
    assert set(_all(outbox)) == {1, 51, 52}
    outbox.prune(before=LATER + MINUTE, now=LATER + 2 * MINUTE)
    assert set(_all(outbox)) == {51, 52}


def test_a_number_is_given_once_also_where_all_was_forgotten(
    engine: sa.Engine, connections: Connections
) -> None:
    box = Outbox(connections, cipher=SEALING)
    box.add(ONE)
    given = []
    for number in (1, 2, 3):
        new = IncomingScan(
            scan=scan(number, content=bytes([number])), paper=UUID(int=number), dossier="D1"
        )
        ledger_on(engine).intake.receive(new)
        (delivery,) = box.list_due(ONE.id, now=START, limit=9)
        given.append(delivery.id)
        box.record_attempt(delivery.id, status=204, now=START, next_at=None, done=True)
        box.prune(before=START, now=START)
    assert given == sorted(set(given))


def test_waiting_deliveries_are_found_without_reading_past_ones(
    outbox: Outbox, engine: sa.Engine
) -> None:
    statements: list[tuple[str, Any]] = []

    def note(*said: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        statements.append((said[2], said[3]))

    sa.event.listen(engine, "before_cursor_execute", note)
    outbox.list_ready(now=LATER)
    outbox.list_due(ONE.id, now=LATER, limit=9)
    outbox.stop(ONE.id, now=LATER)
    outbox.prune(before=START, now=LATER)
    sa.event.remove(engine, "before_cursor_execute", note)
    queries = [(text, values) for text, values in statements if "delivery" in text]
    assert len(queries) == 5
    on_postgres = engine.dialect.name == "postgresql"
    with engine.connect() as connection:
        if on_postgres:
            # A table of fifty rows is read faster as a whole.
            connection.exec_driver_sql("SET enable_seqscan = off")
        for text, values in queries:
            plan = connection.exec_driver_sql(
                f"EXPLAIN {'' if on_postgres else 'QUERY PLAN '}{text}", values
            )
            index = "ended_at" if text.startswith("DELETE") else "waiting"
            assert f"ix_delivery_{index}" in str(plan.all()), text
