"""Who does not take messages, or takes them slowly, keeps nobody else from theirs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from unit.workflow.fakes import OFFICE, SEALING, START, StandingClock, new_ledger

from workflow.ledger.connections import Connections
from workflow.ledger.tables import DELIVERY
from workflow.ledger.webhooks import Delivery, Outbox, Webhook
from workflow.webhooks import sender as sender_module
from workflow.webhooks.sender import Sender
from workflow.webhooks.targets import TargetPolicy

PATIENCE = 60.0  # seconds; no test that passes waits so long
ELSEWHERE = "H16"
ONE, OTHER = UUID(int=1), UUID(int=2)
SILENT, TAKEN, REFUSED, FAILED = 0, 204, 404, 502
URLS = {ONE: "https://one/", OTHER: "https://other/"}
POLICY = TargetPolicy()


class Receivers:
    """Receivers that record messages and answer as configured.

    Attributes:
        sent: each message: the address, the number of the delivery.
        answers: the status of a message, by its address and number.
    """

    def __init__(self, connections: Connections) -> None:
        self.sent: list[tuple[str, int]] = []
        self.answers: Callable[[str, int], int] = lambda _url, _number: TAKEN
        self._connections = connections

    def post(
        self,
        url: str,
        _body: bytes,
        headers: dict[str, str],
        *,
        seconds: float,
        policy: TargetPolicy,
    ) -> int:
        assert policy is POLICY
        assert seconds <= 10
        number = int(headers["Sohoa-Delivery"])
        self.sent.append((url, number))
        return self.answers(url, number)

    def of(self, webhook: UUID) -> list[int]:
        """What was sent to a webhook, in order."""
        return [number for url, number in self.sent if url == URLS[webhook]]

    def enqueue(self, webhook: UUID, *numbers: int, clock: StandingClock) -> None:
        """Write messages down as a move does."""
        rows = [
            {
                "id": number, "office": OFFICE, "webhook": webhook, "paper": UUID(int=number),
                "payload": {}, "created_at": clock.now(), "attempts": 0, "next_at": clock.now(),
                "status": 0,
            }
            for number in numbers
        ]  # fmt: skip
        with self._connections.writing() as connection:
            connection.execute(DELIVERY.insert(), rows)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def connections(tmp_path: Path) -> Connections:
    ledger = new_ledger(tmp_path)
    ledger.offices.add(ELSEWHERE, "UBND")
    return ledger.connections


@pytest.fixture
def outbox(connections: Connections) -> Outbox:
    """Two webhooks of two offices."""
    box = Outbox(connections, cipher=SEALING)
    for webhook, office in ((ONE, OFFICE), (OTHER, ELSEWHERE)):
        box.add(
            Webhook(
                id=webhook, office=office, url=URLS[webhook], secret=b"s", created_at=START,
                created_by="x",
            )
        )  # fmt: skip
    return box


@pytest.fixture
def receivers(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> Receivers:
    made = Receivers(connections)
    monkeypatch.setattr(sender_module, "post", made.post)
    return made


@pytest.fixture
def sender(outbox: Outbox, clock: StandingClock) -> Sender:
    return Sender(outbox, policy=POLICY, clock=clock, stopped=lambda: False)


def _rows(outbox: Outbox) -> dict[int, Delivery]:
    return {row.id: row for row in outbox.list_deliveries(offices=[OFFICE], after=0, limit=9999)}


def test_a_webhook_that_is_silent_starves_no_other(
    sender: Sender, receivers: Receivers, clock: StandingClock
) -> None:
    receivers.answers = lambda url, _: SILENT if url == URLS[ONE] else TAKEN
    receivers.enqueue(ONE, *range(1, 301), clock=clock)
    receivers.enqueue(OTHER, 301, 302, clock=clock)
    sender.deliver_due()
    assert receivers.of(OTHER) == [301, 302]
    assert receivers.of(ONE) == [1]


@pytest.mark.parametrize("answer", [SILENT, 429, 500, FAILED])
def test_who_is_not_well_is_asked_once_and_then_later_and_later(
    sender: Sender, receivers: Receivers, clock: StandingClock, answer: int
) -> None:
    receivers.answers = lambda _url, _number: answer
    receivers.enqueue(ONE, *range(1, 51), clock=clock)
    sent_at = []
    for second in range(0, 160, 2):
        if second == 4:
            receivers.enqueue(ONE, 51, clock=clock)
        before = len(receivers.sent)
        sender.deliver_due()
        sent_at += [second] * (len(receivers.sent) - before)
        clock.pass_by(seconds=2)
    assert sent_at == [0, 10, 30, 70, 150]


def test_after_a_silence_all_is_delivered_in_order(
    sender: Sender, receivers: Receivers, clock: StandingClock, outbox: Outbox
) -> None:
    receivers.enqueue(ONE, *range(1, 251), clock=clock)
    receivers.answers = lambda _url, _number: SILENT
    for seconds in (10, 20):
        sender.deliver_due()
        clock.pass_by(seconds=seconds)
    receivers.answers = lambda _url, _number: TAKEN
    receivers.sent.clear()
    sender.deliver_due()
    assert receivers.of(ONE) == list(range(1, 251))
    assert all(row.delivered_at == clock.now() for row in _rows(outbox).values())
    # And a new silence begins from the beginning.
    receivers.answers = lambda _url, _number: SILENT
    receivers.enqueue(ONE, 251, clock=clock)
    sender.deliver_due()
    assert _rows(outbox)[251].next_at == clock.now() + timedelta(seconds=10)


def test_a_message_that_is_refused_holds_no_other_up(
    sender: Sender, receivers: Receivers, clock: StandingClock, outbox: Outbox
) -> None:
    receivers.answers = lambda _url, number: REFUSED if number < 4 else TAKEN
    receivers.enqueue(ONE, *range(1, 7), clock=clock)
    sender.deliver_due()
    assert receivers.of(ONE) == [1, 2, 3, 4, 5, 6]
    sender.deliver_due()
    assert len(receivers.sent) == 6
    rows = _rows(outbox)
    assert {rows[n].next_at for n in (1, 2, 3)} == {clock.now() + timedelta(seconds=10)}
    clock.pass_by(seconds=10)
    sender.deliver_due()
    assert receivers.of(ONE)[6:] == [1, 2, 3]


def test_a_message_at_which_the_receiver_falls_silent_holds_no_other_up_for_long(
    sender: Sender, receivers: Receivers, clock: StandingClock, outbox: Outbox
) -> None:
    receivers.answers = lambda _url, number: SILENT if number == 1 else TAKEN
    receivers.enqueue(ONE, *range(1, 6), clock=clock)
    for _ in range(60):
        sender.deliver_due()
        clock.pass_by(seconds=10)
    rows = _rows(outbox)
    assert [n for n, row in rows.items() if row.delivered_at is None] == [1]
    # Only its retries become rarer; other deliveries go on.
    receivers.enqueue(ONE, 6, clock=clock)
    sender.deliver_due()
    assert receivers.of(ONE)[-1] == 6


def test_a_delivery_is_given_up_after_three_days_and_can_be_replayed(
    sender: Sender, receivers: Receivers, clock: StandingClock, outbox: Outbox
) -> None:
    receivers.answers = lambda _url, _number: SILENT
    receivers.enqueue(ONE, *range(1, 21), clock=clock)
    for hour in range(24 * 5):
        if hour == 24 * 4:
            receivers.enqueue(ONE, 21, clock=clock)
        sender.deliver_due()
        clock.pass_by(hours=1)
    rows = _rows(outbox)
    assert [number for number, row in rows.items() if row.next_at is not None] == [21]
    # A replay assumes that the receiver is back: it is tried at once.
    receivers.answers = lambda _url, _number: TAKEN
    receivers.sent.clear()
    assert outbox.replay(offices=[OFFICE], first=1, last=20, now=clock.now()) == 20
    sender.deliver_due()
    assert receivers.of(ONE) == list(range(1, 22))


def test_what_waited_while_the_service_was_off_is_not_given_up_at_the_first_silence(
    sender: Sender, receivers: Receivers, clock: StandingClock, outbox: Outbox
) -> None:
    receivers.answers = lambda _url, _number: SILENT
    receivers.enqueue(ONE, 1, 2, clock=clock)
    sender.deliver_due()
    clock.pass_by(days=9)
    sender.deliver_due()
    assert all(row.next_at is not None for row in _rows(outbox).values())


def test_a_message_that_is_always_refused_is_given_up(
    sender: Sender, receivers: Receivers, clock: StandingClock, outbox: Outbox
) -> None:
    receivers.answers = lambda _url, _number: REFUSED
    receivers.enqueue(ONE, 1, clock=clock)
    for _ in range(90):
        sender.deliver_due()
        clock.pass_by(hours=1)
    assert _rows(outbox)[1].next_at is None
    assert len(receivers.sent) == _rows(outbox)[1].attempts == 80


@pytest.fixture
def held(receivers: Receivers) -> Iterator[threading.Event]:
    """The one receiver takes its messages only once this is set."""
    released = threading.Event()

    def answer(url: str, _number: int) -> int:
        if url == URLS[ONE]:
            assert released.wait(PATIENCE)
        return TAKEN

    receivers.answers = answer
    yield released
    released.set()


def _until(holds: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if holds():
            return
        waited.wait(0.05)
    raise AssertionError("it did not come to that")


def test_who_takes_messages_slowly_keeps_no_other_waiting(
    sender: Sender, receivers: Receivers, clock: StandingClock, held: threading.Event
) -> None:
    receivers.enqueue(ONE, 1, 2, clock=clock)
    receivers.enqueue(OTHER, 3, clock=clock)
    rounds = threading.Thread(target=sender.deliver_due, daemon=True)
    rounds.start()
    try:
        _until(lambda: receivers.of(OTHER) == [3])
        # Also not what comes only now.
        receivers.enqueue(OTHER, 4, clock=clock)
        _until(lambda: receivers.of(OTHER) == [3, 4])
        # It has one message in flight, not one for each round.
        assert receivers.of(ONE) == [1]
    finally:
        held.set()
        rounds.join(PATIENCE)
    assert not rounds.is_alive()
    assert receivers.of(ONE) == [1, 2]


def test_many_webhooks_are_served_in_parallel_and_each_in_order(
    sender: Sender, receivers: Receivers, clock: StandingClock, outbox: Outbox
) -> None:
    for n in range(10, 40):
        URLS[UUID(int=n)] = f"https://{n}/"
        outbox.add(
            Webhook(
                id=UUID(int=n), office=OFFICE, url=f"https://{n}/", secret=b"s",
                created_at=START, created_by="x",
            )
        )  # fmt: skip
        receivers.enqueue(UUID(int=n), *range(n * 100, n * 100 + 5), clock=clock)
    in_flight: Counter[str] = Counter()
    most: list[tuple[int, int]] = []
    lock = threading.Lock()

    def answer(url: str, _number: int) -> int:
        with lock:
            in_flight[url] += 1
            most.append((in_flight[url], in_flight.total()))
        threading.Event().wait(0.005)
        with lock:
            in_flight[url] -= 1
        return TAKEN

    receivers.answers = answer
    sender.deliver_due()
    for n in range(10, 40):
        assert receivers.of(UUID(int=n)) == list(range(n * 100, n * 100 + 5))
    assert {each for each, _ in most} == {1}
    assert max(together for _, together in most) <= 8


def test_who_ends_begins_no_other_message(
    outbox: Outbox, receivers: Receivers, clock: StandingClock
) -> None:
    receivers.enqueue(ONE, 1, 2, 3, clock=clock)
    Sender(
        outbox, policy=POLICY, clock=clock, stopped=lambda: len(receivers.sent) > 0
    ).deliver_due()
    assert receivers.of(ONE) == [1]


def test_a_failure_in_a_thread_is_raised_by_the_round(
    sender: Sender, receivers: Receivers, clock: StandingClock
) -> None:
    def broken(_url: str, _number: int) -> int:
        raise RuntimeError("planted")

    receivers.answers = broken
    receivers.enqueue(ONE, 1, clock=clock)
    with pytest.raises(RuntimeError, match="planted"):
        sender.deliver_due()


def test_a_target_that_is_no_exception_any_more_gets_nothing(
    receivers: Receivers, clock: StandingClock, outbox: Outbox, sender: Sender
) -> None:
    outbox.add(
        Webhook(
            id=UUID(int=9), office=OFFICE, url="http://plain/", secret=b"s", created_at=START,
            created_by="x",
        )
    )  # fmt: skip
    receivers.enqueue(UUID(int=9), 1, clock=clock)
    sender.deliver_due()
    assert receivers.sent == []
    row = _rows(outbox)[1]
    assert (row.attempts, row.status) == (1, 0)
    assert row.next_at is not None
