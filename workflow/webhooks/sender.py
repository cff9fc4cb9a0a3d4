"""Sends what the outbox holds; again later where nobody took it.

Only to addresses that the operator gave on the command line, as they stand: no redirect is
followed, and nothing that came in by the API decides where anything is sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from dossier.errors import WrongUse
from dossier.ports import Clock
from dossier.written import dumps
from workflow.ledger.webhooks import Delivery, Outbox, Webhook
from workflow.pipeline.backoff import pause
from workflow.webhooks.exchange import posted
from workflow.webhooks.signature import HEADER, signed

log = structlog.get_logger()

_ANSWER_SECONDS = 10.0
_AT_ONCE = 8  # webhooks that are told at the same time
_LOOK_SECONDS = 1.0
# After so many messages or so long, others have their turn.
_A_TURN = 100
_TURN_SECONDS = 10.0
# Other senders leave a delivery to us for so long; an answer is waited for a sixth of it.
_CLAIM = timedelta(minutes=1)
_FIRST_RETRY = timedelta(seconds=10)
_LONGEST_RETRY = timedelta(hours=1)
_MOST_ATTEMPTS = 80  # some three days; after that it is told again only when somebody asks
_KEPT_TRYING = timedelta(days=3)
# From so many failures in a row on, another message is tried each time: it may be the oldest one
# that the receiver falls silent at.
_DOUBTED = 3
_LONGEST_URL = 500
_TAKEN = range(200, 300)
_NO_ANSWER, _TIMEOUT, _TOO_MANY, _FAILED = 0, 408, 429, 500


def webhook_url(text: str) -> str:
    """An address that messages may be sent to.

    Raises:
        WrongUse: ``webhook.bad-url``.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or parts.fragment
        or port == 0
        or len(text) > _LONGEST_URL
        or not text.isascii()
        or any(c.isspace() for c in text)
    ):
        raise WrongUse(
            "webhook.bad-url",
            "give an address such as https://motcua.example.vn/sohoa, without user, password or #",
        )
    return text


class Sender:
    """Comes round, sends what is due, and writes down how it went.

    Each webhook is told by one thread at a time, in order. Who is slow keeps nobody else waiting,
    unless as many are slow as there are threads.

    Args:
        outbox: what is to be told where.
        clock: decides what is due.
        ended: whether to stop between two messages.
    """

    def __init__(self, outbox: Outbox, *, clock: Clock, ended: Callable[[], bool]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._ended = ended

    def round(self) -> None:
        """Send what is due, and what becomes due meanwhile, until nothing is in hand."""
        turns: dict[UUID, Future[None]] = {}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhook") as pool:
            while not self._ended():
                for webhook in self._outbox.ready(now=self._clock.now()):
                    if webhook.id not in turns:
                        turns[webhook.id] = pool.submit(self._turn, webhook)
                if not turns:
                    return
                over, _ = wait(turns.values(), _LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for turn in over:
                    turn.result()
                turns = {webhook: turn for webhook, turn in turns.items() if turn not in over}

    def _turn(self, webhook: Webhook) -> None:
        """Tell one webhook what is due there, oldest first, until it is silent."""
        end = time.monotonic() + _TURN_SECONDS
        due = self._outbox.due(webhook.id, now=self._clock.now(), limit=_A_TURN)
        if webhook.failures >= _DOUBTED and due:
            due.insert(0, due.pop((webhook.failures - _DOUBTED + 1) % len(due)))
        for delivery in due:
            if self._ended() or time.monotonic() > end:
                return
            now = self._clock.now()
            if not self._outbox.claim(delivery.id, now=now, until=now + _CLAIM):
                continue
            status = self._send(webhook, delivery)
            self._note(delivery, status)
            if _unwell(status):
                self._let_rest(webhook)
                return
            if webhook.failures:
                webhook = replace(webhook, failures=0)
                self._outbox.rest(webhook.id, failures=0, until=None)

    def _let_rest(self, webhook: Webhook) -> None:
        now, failures = self._clock.now(), webhook.failures + 1
        self._outbox.rest(webhook.id, failures=failures, until=_again(now, failures))
        if failures >= _MOST_ATTEMPTS:
            self._outbox.give_up(webhook.id, before=now - _KEPT_TRYING, now=now)

    def _send(self, webhook: Webhook, delivery: Delivery) -> int:
        """The status of the answer; 0 where there was none."""
        body = dumps(delivery.told)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "sohoa",
            "Sohoa-Delivery": str(delivery.id),
            HEADER: signed(webhook.secret, body, at=int(self._clock.now().timestamp())),
        }
        return posted(webhook.url, body, headers, seconds=_ANSWER_SECONDS)

    def _note(self, delivery: Delivery, status: int) -> None:
        now = self._clock.now()
        done = status in _TAKEN
        next_at = None
        if not done:
            log.warning("webhook.not-taken", delivery=delivery.id, status=status)
            attempts = delivery.attempts + 1
            if attempts < _MOST_ATTEMPTS:
                next_at = _again(now, attempts)
        self._outbox.tried(delivery.id, status=status, now=now, next_at=next_at, done=done)


def _unwell(status: int) -> bool:
    """Whether the receiver would take no other message either; else it refused this one."""
    return status in {_NO_ANSWER, _TIMEOUT, _TOO_MANY} or status >= _FAILED


def _again(now: datetime, tries: int) -> datetime:
    """When to try again what failed so many times."""
    return now + pause(tries, first=_FIRST_RETRY, longest=_LONGEST_RETRY)
