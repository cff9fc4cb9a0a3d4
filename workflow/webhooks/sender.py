"""Delivers the messages of the outbox, and retries failed deliveries.

Messages go only to the URLs that the operator gave on the command line. No redirect is followed,
and no input of the API decides where a message goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from dossier.errors import WrongUse
from dossier.ports import Clock
from dossier.written import dumps
from workflow.ledger.webhooks import Delivery, Outbox, Webhook
from workflow.pipeline.backoff import backoff_delay
from workflow.webhooks.http_client import post
from workflow.webhooks.signature import HEADER, sign
from workflow.webhooks.targets import TargetPolicy, TargetRefused

log = structlog.get_logger()

_ANSWER_SECONDS = 10.0
_CONCURRENCY = 8  # webhooks served at once
_POLL_SECONDS = 1.0
# A batch ends after so many messages or so long; then other webhooks have their turn.
_BATCH = 100
_BATCH_SECONDS = 10.0
# For so long no other sender claims the delivery: six times the timeout of an answer.
_CLAIM = timedelta(minutes=1)
_FIRST_RETRY = timedelta(seconds=10)
_LONGEST_RETRY = timedelta(hours=1)
_MAX_ATTEMPTS = 80  # about three days; after that only a replay sends it
_RETRY_PERIOD = timedelta(days=3)
# From so many consecutive failures on, each attempt sends another message: the oldest one may be
# the cause of the failure.
_SUSPECT_AFTER = 3
_ACCEPTED = range(200, 300)
_NO_ANSWER, _TIMEOUT, _TOO_MANY, _FAILED = 0, 408, 429, 500


class Sender:
    """Sends due deliveries and records their results.

    One thread at a time serves a webhook, in order. A slow receiver delays no other one, unless as
    many are slow as there are threads.

    Args:
        outbox: webhooks and deliveries.
        policy: which targets are allowed.
        clock: decides which deliveries are due.
        stopped: whether to stop between two messages.
    """

    def __init__(
        self, outbox: Outbox, *, policy: TargetPolicy, clock: Clock, stopped: Callable[[], bool]
    ) -> None:
        self._outbox = outbox
        self._policy = policy
        self._clock = clock
        self._stopped = stopped

    def deliver_due(self) -> None:
        """Send due deliveries, also those that become due meanwhile, until none is left."""
        batches: dict[UUID, Future[None]] = {}
        with ThreadPoolExecutor(_CONCURRENCY, thread_name_prefix="webhook") as pool:
            while not self._stopped():
                for webhook in self._outbox.list_ready(now=self._clock.now()):
                    if webhook.id not in batches:
                        batches[webhook.id] = pool.submit(self._deliver_batch, webhook)
                if not batches:
                    return
                done, _ = wait(batches.values(), _POLL_SECONDS, return_when=FIRST_COMPLETED)
                for batch in done:
                    batch.result()
                batches = {
                    webhook: batch for webhook, batch in batches.items() if batch not in done
                }

    def _deliver_batch(self, webhook: Webhook) -> None:
        """Send one webhook its due deliveries, oldest first, until it fails."""
        end = time.monotonic() + _BATCH_SECONDS
        due = self._outbox.list_due(webhook.id, now=self._clock.now(), limit=_BATCH)
        if webhook.failures >= _SUSPECT_AFTER and due:
            due.insert(0, due.pop((webhook.failures - _SUSPECT_AFTER + 1) % len(due)))
        for delivery in due:
            if self._stopped() or time.monotonic() > end:
                return
            now = self._clock.now()
            if not self._outbox.claim(delivery.id, now=now, until=now + _CLAIM):
                continue
            status = self._send(webhook, delivery)
            self._record(delivery, status)
            if _receiver_failed(status):
                self._suspend(webhook)
                return
            if webhook.failures:
                webhook = replace(webhook, failures=0)
                self._outbox.pause(webhook.id, failures=0, until=None)

    def _suspend(self, webhook: Webhook) -> None:
        now, failures = self._clock.now(), webhook.failures + 1
        self._outbox.pause(webhook.id, failures=failures, until=_retry_at(now, failures))
        if failures >= _MAX_ATTEMPTS:
            self._outbox.give_up(webhook.id, before=now - _RETRY_PERIOD, now=now)

    def _send(self, webhook: Webhook, delivery: Delivery) -> int:
        """The status of the answer; 0 where there was none."""
        body, now = dumps(delivery.payload), self._clock.now()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "sohoa",
            "Sohoa-Delivery": str(delivery.id),
            HEADER: sign(webhook.secrets(now=now), body, at=int(now.timestamp())),
        }
        try:
            # Judged again: the exceptions may have changed since the webhook was added.
            url = self._policy.check_url(webhook.url)
            return post(url, body, headers, seconds=_ANSWER_SECONDS, policy=self._policy)
        except (TargetRefused, WrongUse) as error:
            log.warning("webhook.target-refused", webhook=str(webhook.id), code=error.code)
            return _NO_ANSWER

    def _record(self, delivery: Delivery, status: int) -> None:
        now = self._clock.now()
        done = status in _ACCEPTED
        next_at = None
        if not done:
            log.warning("webhook.delivery-failed", delivery=delivery.id, status=status)
            attempts = delivery.attempts + 1
            if attempts < _MAX_ATTEMPTS:
                next_at = _retry_at(now, attempts)
        self._outbox.record_attempt(delivery.id, status=status, now=now, next_at=next_at, done=done)


def _receiver_failed(status: int) -> bool:
    """Whether the receiver fails for any message; otherwise it has refused this one."""
    return status in {_NO_ANSWER, _TIMEOUT, _TOO_MANY} or status >= _FAILED


def _retry_at(now: datetime, failures: int) -> datetime:
    """When to retry after so many failures."""
    return now + backoff_delay(failures, first=_FIRST_RETRY, longest=_LONGEST_RETRY)
